"""Rows of raw.dossiers and pii.applicants as COPY reads them; both ways of reading end here."""

import hmac
import json
import re
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import msgspec

from sipas.contracts.dossier import CONTRACT_VERSION, LISTS, Accepted, Dossier
from sipas.contracts.mapping import Mapping
from sipas.database import copy_text

KEYS = ("agency_code", "dossier_code")
SCALARS = tuple(
    field.name
    for field in msgspec.structs.fields(Dossier)
    if field.name not in LISTS and field.name not in KEYS
)
DOSSIER_COLUMNS = (
    *KEYS,
    *("batch_id", "position", "source_code", "record_sha256"),
    *SCALARS,
    *LISTS,
    *("handler_hash", "extra"),
)
APPLICANT_COLUMNS = (*KEYS, "batch_id", "position", "full_name", "phone")


class Row(NamedTuple):
    """One good record as lines of COPY's text format."""

    dossier: str
    applicant: str


class RowWriter:
    """Puts batch, position, source and hash to what was read of a record."""

    def __init__(self, mapping: Mapping, batch_id: int, source_code: str, hash_key: bytes) -> None:
        self.reading = f"{CONTRACT_VERSION} {mapping.label}\n"
        self.batch_id, self.source = batch_id, copy_text(source_code)
        self.hash_key = hash_key

    def row(self, position: int, key: str, values: str, own: str, person: str) -> Row:
        """The lines of one record, from cells that are joined by tabs: `key` (KEYS), `values`
        (SCALARS and LISTS), `own` (handler_hash, extra), `person` (full_name, phone).

        The hash is keyed, because whoever could reckon it might try telephone numbers. It is
        over the record as read by this contract and mapping: read by a newer mapping, the same
        record is another version, not a repeat.
        """
        read = f"{self.reading}{key}\t{values}\t{own}\t{person}"
        digest = hmac.digest(self.hash_key, read.encode(), "sha256").hex()
        place = f"{key}\t{self.batch_id}\t{position}\t"
        return Row(f"{place}{self.source}\t\\\\x{digest}\t{values}\t{own}\n", f"{place}{person}\n")

    def accepted_row(self, item: Accepted) -> Row:
        """The lines of a record that was read on its own."""
        dossier = item.dossier
        values = [cell(getattr(dossier, name)) for name in SCALARS]
        values += [list_cell(getattr(dossier, name)) for name in LISTS]
        return self.row(
            item.position,
            f"{cell(dossier.agency_code)}\t{cell(dossier.dossier_code)}",
            "\t".join(values),
            f"{cell(item.handler_hash)}\t{array_cell(item.extra)}",
            f"{cell(item.applicant_name)}\t{cell(item.applicant_phone)}",
        )


def cell(value: Any) -> str:
    """A value as COPY's text format writes it; moments as ISO 8601 with their offset."""
    if isinstance(value, bool):
        return "t" if value else "f"
    return copy_text(value.isoformat() if isinstance(value, date) else value)


def list_cell(entries: list[msgspec.Struct]) -> str:
    """The entries of a list as JSON in COPY's text format."""
    values = (map(json_value, msgspec.structs.astuple(entry)) for entry in entries)
    kinds = map(type, entries)
    return "[" + ", ".join(map(entry_cell, kinds, values)) + "]"


def entry_cell(kind: type[msgspec.Struct], values: Iterable[str]) -> str:
    """One entry as a JSON object, from its values as JSON."""
    parts = [
        f'"{name}": {value}' for name, value in zip(kind.__struct_fields__, values, strict=True)
    ]
    return "{" + ", ".join(parts) + "}"


def json_value(value: Any) -> str:
    """A value as JSON in COPY's text format."""
    plain = value.isoformat() if isinstance(value, date) else value
    return copy_text(json.dumps(plain, ensure_ascii=False))


def array_cell(names: list[str]) -> str:
    """A list of names as an array of PostgreSQL in COPY's text format; none is null."""
    if not names:
        return "\\N"
    quoted = ('"' + re.sub(r'(["\\])', r"\\\1", name) + '"' for name in names)
    return copy_text("{" + ",".join(quoted) + "}")
