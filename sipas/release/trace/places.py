"""Rows of reference files as contributing rows."""

from collections.abc import Iterable, Iterator

from sipas.release.trace.result import Place

PLACE_COLUMNS = (
    "table",
    "document",
    "place",
    "printed_text",
    "batch_id",
    "position",
    "delivery_id",
    "file_name",
    "line",
)


def place_rows(places: Iterable[Place]) -> Iterator[tuple]:
    """One row a place, in the order of PLACE_COLUMNS."""
    for place in places:
        yield (
            place.table,
            place.document,
            place.place,
            place.text,
            place.batch_id,
            place.position,
            place.delivery_id,
            place.file_name,
            place.line,
        )
