"""The first records of a file, read as the loader reads them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sipas.contracts.mapping import Mapping
from sipas.contracts.rejection import DeliveryRefused
from sipas.errors import UserError
from sipas.loading.dossier_files import (
    TABLE_SUFFIXES,
    JsonPage,
    is_lines,
    line_pages,
    table_pages,
)


def sample_of_file(source_code: str, path: Path, mapping: Mapping) -> Iterator[tuple[str, Any]]:
    """Place and value of each record of a file; raises UserError when it cannot be read."""
    try:
        with path.open("rb") as file:
            if is_lines(path.name):
                pages = line_pages(source_code, path.name, file)
            elif path.name.lower().endswith(TABLE_SUFFIXES):
                pages = table_pages(path.name, file.read(), mapping)
            else:
                pages = iter([JsonPage(source_code, path.name, file.read())])
            for page in pages:
                yield from page.records()
    except DeliveryRefused as refusal:
        raise UserError(str(refusal)) from refusal
