"""The time of change of a record as its source writes it, read without reading the record."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from sipas.contracts import feedback
from sipas.contracts.mapping import load_mapping
from sipas.sources.configuration import HttpSource


def reader_of_changes(source: HttpSource, path: str) -> Callable[[msgspec.Raw], datetime | None]:
    """A function from the bytes of one record of `path` (dossiers or feedback) to its time of
    change, or to None when it has none that can be read (the loader says why)."""
    mapping = (feedback.load_mapping if path == "feedback" else load_mapping)(source.mapping)
    kind = msgspec.defstruct(
        "ChangedAt",
        [("at", str)],
        rename={"at": mapping.fields["source_updated_at"]},
    )
    decoder = msgspec.json.Decoder(kind)

    def changed_at(record: msgspec.Raw) -> datetime | None:
        try:
            return mapping.moment(decoder.decode(record).at)
        except (ValueError, msgspec.MsgspecError):
            return None

    return changed_at
