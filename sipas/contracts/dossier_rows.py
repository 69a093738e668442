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
# What was read of a record stands first: its text is made once, for the hash and for the row.
DOSSIER_COLUMNS = (
    *KEYS,
    *SCALARS,
    *LISTS,
    *("handler_hash", "extra"),
    *("batch_id", "source_code", "position", "record_sha256"),
)
APPLICANT_COLUMNS = ("full_name", "phone", *KEYS, "batch_id", "position")


class Row(NamedTuple):
    """One good record as lines of COPY's text format, in UTF-8."""

    dossier: bytes
    applicant: bytes


class RowWriter:
    """Puts batch, position, source and hash to what was read of a record."""

    def __init__(self, mapping: Mapping, batch_id: int, source_code: str, hash_key: bytes) -> None:
        reading = f"{CONTRACT_VERSION} {mapping.label}\n"
        self.keyed = hmac.new(hash_key, reading.encode(), "sha256")
        self.batch_id, self.source = batch_id, copy_text(source_code)

    def row(self, position: int, key: str, body: str, person: str) -> Row:
        """The lines of one record, from cells that are joined by tabs: `key` (KEYS), `body` (KEYS,
        SCALARS, LISTS, handler_hash, extra), `person` (full_name, phone).

        The hash is keyed, because whoever could reckon it might try telephone numbers. It is
        over the record as read by this contract and mapping: read by a newer mapping, the same
        record is another version, not a repeat.
        """
        read, whose = body.encode(), person.encode()
        keyed = self.keyed.copy()
        keyed.update(b"%b\t%b" % (read, whose))
        batch = self.batch_id
        return Row(
            read + f"\t{batch}\t{self.source}\t{position}\t\\\\x{keyed.hexdigest()}\n".encode(),
            whose + f"\t{key}\t{batch}\t{position}\n".encode(),
        )

    def accepted_row(self, item: Accepted) -> Row:
        """The lines of a record that was read on its own."""
        dossier = item.dossier
        key = f"{cell(dossier.agency_code)}\t{cell(dossier.dossier_code)}"
        values = [cell(getattr(dossier, name)) for name in SCALARS]
        values += [list_cell(getattr(dossier, name)) for name in LISTS]
        own = (cell(item.handler_hash), array_cell(item.extra))
        person = f"{cell(item.applicant_name)}\t{cell(item.applicant_phone)}"
        return self.row(item.position, key, "\t".join((key, *values, *own)), person)


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
