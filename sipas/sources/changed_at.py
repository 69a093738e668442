"""The time of change of a record as its source writes it, read without reading the record."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from sipas.contracts.mapping import load_mapping
from sipas.sources.configuration import HttpSource


def reader_of_changes(source: HttpSource, path: str) -> Callable[[msgspec.Raw], datetime | None]:
    """A function from the bytes of one record to its time of change; None when it has none that
    can be read (the loader says why), or for records other than dossiers."""
    if path != "dossiers":
        return lambda record: None
    mapping = load_mapping(source.mapping)
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
