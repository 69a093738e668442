"""The fast way of reading dossiers: whole pages, as the type that the mapping file makes of them.

A page is decoded into records of that type, and turned into rows column by column. What this way
cannot judge is left to that of the single record (`dossier`); both give the same rows.
"""

from typing import Any

import msgspec

from sipas.contracts.dossier import LISTS, MOMENTS, Dossier, keyed_hash
from sipas.contracts.dossier_columns import (
    CELL,
    NULL,
    UNREAD,
    Entries,
    Known,
    Nothing,
    Words,
    arriving_type,
    column_of,
    when_absent,
)
from sipas.contracts.dossier_rows import KEYS, SCALARS, Row, RowWriter, array_cell
from sipas.contracts.mapping import Mapping


class PageReader:
    """Reads pages of one mapping into rows of one batch."""

    def __init__(self, mapping: Mapping, writer: RowWriter, hash_key: bytes) -> None:
        self.mapping, self.writer = mapping, writer
        fields = {field.name: field for field in msgspec.structs.fields(Dossier)}
        self.agencies = column_of("agency_code", fields["agency_code"], mapping, CELL)
        self.words = Words()
        handlers = Known(lambda name: keyed_hash(str(name), hash_key) if name else NULL, NULL)
        self.lists = {
            name: Entries(name, mapping) if name in mapping.lists else Nothing() for name in LISTS
        }
        # In the order of the cells of a row (`RowWriter.row`).
        self.columns = [
            *(column_of(name, fields[name], mapping, CELL) for name in SCALARS),
            *self.lists.values(),
            handlers,
        ]
        self.unknown_names: list[str] = []
        self.learn([])

    def learn(self, unknown_names: list[str]) -> None:
        """Makes the type of a record: what the mapping reads, what it drops, and names that
        neither knows and that were met; a page with yet another one cannot be decoded."""
        self.unknown_names = sorted({*self.unknown_names, *unknown_names})
        mapping, name_of = self.mapping, {}
        read: list[tuple[str, Any, Any]] = []
        for name in (*KEYS, "applicant_name", "applicant_phone", *SCALARS, *LISTS, "handler"):
            if name in LISTS:
                kind = self.lists[name].type
                type_ = list[kind] | None if kind else None
                theirs = mapping.lists.get(name, {}).get("from")
            else:
                type_ = arriving_type(name, MOMENTS)
                theirs = mapping.fields.get(name)
            absent = when_absent(name, mapping, is_read=theirs is not None)
            read.append((name, type_ | msgspec.UnsetType, absent))
            name_of[name] = theirs or f"{UNREAD}{name}"
        dropped = {f"dropped_{n}": name for n, name in enumerate(mapping.dropped)}
        unknown = {f"unknown_{n}": name for n, name in enumerate(self.unknown_names)}
        self.unknown_attributes = list(unknown)
        kept = [(name, msgspec.Raw, msgspec.Raw()) for name in dropped]
        kept += [(name, msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for name in unknown]
        self.record_type = msgspec.defstruct(
            "Record",
            read + kept,
            rename=name_of | dropped | unknown,
            forbid_unknown_fields=True,
            gc=False,
        )
        self.decoder = msgspec.json.Decoder(self.record_type)
        page = msgspec.defstruct("Page", [("data", list[self.record_type])])
        self.page_decoder = msgspec.json.Decoder(page)

    def rows(self, records: list, first: int) -> tuple[list[Row], list[int]]:
        """The lines of decoded records, the first of which has position `first`, and the numbers
        (from 0) of those that the other way must judge."""
        if not records:
            return [], []
        others: set[int] = set()
        agencies, codes, names, phones, *values = zip(
            *map(msgspec.structs.astuple, records), strict=True
        )
        for number, (agency, code) in enumerate(zip(agencies, codes, strict=True)):
            if type(code) is not str or not code.startswith(f"{agency}-"):
                others.add(number)
        cells = [
            column.cells(column_values, others)
            for column, column_values in zip(
                (self.agencies, self.words, *self.columns),
                (agencies, codes, *values),
                strict=False,  # behind them stand the fields that are dropped
            )
        ]
        cells.append(self.extra_cells(records))
        names, phones = self.words.cells(names, others), self.words.cells(phones, others)
        keys = map("\t".join, zip(cells[0], cells[1], strict=True))
        persons = map("\t".join, zip(names, phones, strict=True))
        bodies = map("\t".join, zip(*cells, strict=True))
        positions = range(first, first + len(records))
        rows = [*map(self.writer.row, positions, keys, bodies, persons)]
        if others:
            rows = [row for number, row in enumerate(rows) if number not in others]
        return rows, sorted(others)

    def extra_cells(self, records: list) -> list[str]:
        """The cells with the names of unknown fields."""
        if not self.unknown_names:
            return [NULL] * len(records)
        return [array_cell(self.extra(record)) for record in records]

    def extra(self, record: Any) -> list[str]:
        """The names of the record's fields that the mapping does not know."""
        pairs = zip(self.unknown_names, self.unknown_attributes, strict=True)
        return [name for name, place in pairs if getattr(record, place) is not msgspec.UNSET]
