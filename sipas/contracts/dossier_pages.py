"""The fast way of reading dossiers: whole pages, as the type that the mapping file makes of them.

A page is decoded into records of that type. Each value then becomes the text of its cell through
a table that remembers what it turned before: codes, names and days come again and again, and
whatever is new is turned by the functions of the single record (`dossier`), so that both ways
give the same rows. What this way cannot read (`Unusual`) is read by the other, which finds
words for it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from sipas.contracts.dossier import (
    LIST_MOMENTS,
    LISTS,
    MOMENTS,
    PERSONAL_FIELDS,
    Dossier,
    WrongField,
    keyed_hash,
    translate_value,
)
from sipas.contracts.dossier_rows import (
    KEYS,
    SCALARS,
    Row,
    RowWriter,
    array_cell,
    cell,
    entry_cell,
    json_value,
)
from sipas.contracts.mapping import YEARS, Mapping, read_moment
from sipas.database import copy_text

REMEMBERED = 100_000
NULL = "\\N"
ISO_DAY_LENGTH = len("2024-01-10")
A_USUAL_DAY = datetime(2024, 1, 10, 12)


class Unusual(Exception):
    """A value that only the way of the single record can judge."""


class Memory(dict):
    """Cell by value; a value met for the first time is turned by `turn`, which may raise Unusual.

    Holds at most REMEMBERED values, so that memory does not follow the number of records.
    """

    def __init__(self, turn: Callable[[Any], str]) -> None:
        self.turn = turn

    def __missing__(self, value: Any) -> str:
        text = self.turn(value)
        if len(self) < REMEMBERED:
            self[value] = text
        return text


class Clock:
    """Texts of days and of times of day, for dates and times written in one way and one zone."""

    def __init__(self, written: str, time_zone: str) -> None:
        self.written, self.zone = written, ZoneInfo(time_zone)
        self.length = day_length(written)
        self.days, self.times = Memory(self.day), Memory(self.time)

    def day(self, text: str) -> str:
        """The beginning of a moment; Unusual on days when the zone's offset is not that of
        A_USUAL_DAY."""
        if self.written == "iso":
            is_plain = len(text) == ISO_DAY_LENGTH and text[4] == text[7] == "-"
            day = read_moment(text, "iso") if is_plain else None
        else:
            day = read_moment(text, self.written[: time_starts(self.written)])
        if day is None or day.year not in YEARS:
            raise Unusual
        offsets = {
            moment.replace(tzinfo=self.zone).utcoffset()
            for moment in (A_USUAL_DAY, day, day + timedelta(days=1))
        }
        if len(offsets) > 1:
            raise Unusual
        return day.date().isoformat()

    def time(self, text: str) -> str:
        """The end of a moment, with its offset."""
        if self.written == "iso":
            is_plain = text[:1] in ("T", " ")
            moment = read_moment(f"{A_USUAL_DAY:%Y-%m-%d}{text}", "iso") if is_plain else None
        else:
            moment = read_moment(text, self.written[time_starts(self.written) :])
        if moment is None:
            raise Unusual
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        return datetime.combine(A_USUAL_DAY, moment.timetz()).isoformat()[ISO_DAY_LENGTH:]


@cache
def clock(written: str, time_zone: str) -> Clock:
    """The clock of a way of writing, one a process: days and times are the same for all fields."""
    return Clock(written, time_zone)


class Moments(dict):
    """Cell by date and time: days and times of day are remembered, the two together are not.

    `quote` stands before and after the text: nothing in a row, `"` in JSON; `absent` is the cell
    of a field without a value, or None where a value is required.
    """

    def __init__(self, mapping: Mapping, name: str, quote: str, absent: str | None) -> None:
        self.mapping, self.name, self.quote = mapping, name, quote
        own = clock(mapping.datetime_formats[0], mapping.time_zone)
        self.length, self.days, self.times = own.length, own.days, own.times
        if absent is not None:
            self[None] = self[""] = absent

    def __missing__(self, value: str | None) -> str:
        if not value:
            raise Unusual
        try:
            text = self.days[value[: self.length]] + self.times[value[self.length :]]
        except Unusual:
            text = turned(self.name, value, self.mapping, datetime).isoformat()
        return f"{self.quote}{text}{self.quote}"


def time_starts(written: str) -> int:
    """Where the time of day begins in a strptime format that has the day first."""
    starts = [written.find(part) for part in ("%H", "%M", "%S") if part in written]
    return min(starts, default=len(written))


def day_length(written: str) -> int:
    """How many characters the day takes in a date and time written so."""
    if written == "iso":
        return ISO_DAY_LENGTH
    return len(A_USUAL_DAY.strftime(written[: time_starts(written)]))


def turned(name: str, value: Any, mapping: Mapping, kind: Any) -> Any:
    """A value as the contract has it; raises Unusual when it breaks it."""
    try:
        ours = translate_value(name, name, value, mapping)
        return msgspec.convert(ours, kind, strict=False)
    except (WrongField, msgspec.ValidationError) as error:
        raise Unusual from error


def memory_of(
    name: str, field: msgspec.structs.FieldInfo, mapping: Mapping, write: Callable[[Any], str]
) -> Memory | Moments:
    """The table of one field of a record, or of an entry (`name` is then `<list>.<field>`)."""
    part = field.name
    absent = None if field.required else write(field.default)
    if part != "issued_on" and part in (MOMENTS if part == name else LIST_MOMENTS):
        return Moments(mapping, name, "" if write is cell else '"', absent)

    def turn(value: Any) -> str:
        if value is None or value == "":
            if absent is None:
                raise Unusual
            return absent
        return write(turned(name, value, mapping, field.type))

    return Memory(turn)


class ListReader:
    """Turns the entries of one list of a record into the JSON of its cell."""

    def __init__(self, name: str, mapping: Mapping) -> None:
        names = mapping.lists[name]
        fields = [f for f in msgspec.structs.fields(LISTS[name]) if f.name in names]
        self.type = msgspec.defstruct(
            name,
            [(f.name, scalar_type(f.name, LIST_MOMENTS), None) for f in fields],
            rename={f.name: names[f.name] for f in fields},
        )
        self.memories = [memory_of(f"{name}.{f.name}", f, mapping, json_value) for f in fields]
        pick = attrgetter(*(f.name for f in fields))
        self.pick = pick if len(fields) > 1 else lambda entry: (pick(entry),)
        told = {f.name for f in fields}
        self.form = entry_cell(
            LISTS[name],
            [
                "%s" if f.name in told else json_value(f.default).replace("%", "%%")
                for f in msgspec.structs.fields(LISTS[name])
            ],
        )

    def cell(self, entries: list) -> str:
        """The entries as JSON in COPY's text format."""
        form, pick, memories = self.form, self.pick, self.memories
        written = [
            form
            % tuple([memory[value] for memory, value in zip(memories, pick(entry), strict=True)])
            for entry in entries
        ]
        return f"[{', '.join(written)}]"


def scalar_type(name: str, moments: tuple[str, ...]) -> Any:
    """What a value may arrive as; a moment as text, anything else also as a number."""
    return str | None if name in moments else str | int | None


class PageReader:
    """Reads pages of one mapping into rows of one batch."""

    def __init__(self, mapping: Mapping, writer: RowWriter, hash_key: bytes) -> None:
        self.mapping, self.writer = mapping, writer
        fields = {f.name: f for f in msgspec.structs.fields(Dossier)}
        self.scalars = [memory_of(n, fields[n], mapping, cell) for n in SCALARS]
        self.lists = {name: ListReader(name, mapping) for name in mapping.lists}
        self.list_cells = [self.list_cell(name) for name in LISTS]
        self.agencies = memory_of("agency_code", fields["agency_code"], mapping, cell)
        self.handlers = Memory(
            lambda name: keyed_hash(str(name), hash_key) if name else NULL,
        )
        self.pick_scalars, self.pick_lists = attrgetter(*SCALARS), attrgetter(*LISTS)
        self.unknown_names: list[str] = []
        self.learn([])

    def list_cell(self, name: str) -> Callable[[list], str]:
        return self.lists[name].cell if name in self.lists else lambda _: "[]"

    def learn(self, unknown_names: list[str]) -> None:
        """Makes the type of a record: what the mapping reads, what it drops, and names that
        neither knows and that were met; a page with yet another one cannot be decoded."""
        self.unknown_names = sorted({*self.unknown_names, *unknown_names})
        mapping = self.mapping
        read = [(name, scalar_type(name, MOMENTS), None) for name in (*KEYS, *SCALARS)]
        read += [(name, str | int | None, None) for name in PERSONAL_FIELDS]
        read += [
            (name, list[reader.type] | None, None) if reader else (name, None, None)
            for name, reader in ((name, self.lists.get(name)) for name in LISTS)
        ]
        names = {name: mapping.fields.get(name, f"\0{name}") for name, *_ in read}
        names |= {name: mapping.lists[name]["from"] for name in self.lists}
        others = {f"dropped_{n}": name for n, name in enumerate(mapping.dropped)}
        unknown = {f"unknown_{n}": name for n, name in enumerate(self.unknown_names)}
        self.unknown_attributes = list(unknown)
        kept = [(name, msgspec.Raw, msgspec.Raw()) for name in others]
        kept += [(name, msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for name in unknown]
        self.record_type = msgspec.defstruct(
            "Record",
            read + kept,
            rename=names | others | unknown,
            forbid_unknown_fields=True,
            gc=False,
        )
        self.decoder = msgspec.json.Decoder(self.record_type)
        page = msgspec.defstruct("Page", [("data", list[self.record_type])])
        self.page_decoder = msgspec.json.Decoder(page)

    def row(self, record: Any, position: int) -> Row:
        """The lines of a decoded record; raises Unusual when the other way must judge it."""
        agency, code = record.agency_code, record.dossier_code
        name, phone = record.applicant_name, record.applicant_phone
        agency_cell = self.agencies[agency]
        if type(code) is not str or not code.startswith(f"{agency}-"):
            raise Unusual
        values = [
            memory[value]
            for memory, value in zip(self.scalars, self.pick_scalars(record), strict=True)
        ]
        values += [
            turn(entries) if entries else "[]"
            for turn, entries in zip(self.list_cells, self.pick_lists(record), strict=True)
        ]
        extra = NULL
        if self.unknown_names:
            extra = array_cell(self.extra(record))
        return self.writer.row(
            position,
            f"{agency_cell}\t{text_cell(code)}",
            "\t".join(values),
            f"{self.handlers[record.handler]}\t{extra}",
            f"{text_cell(name)}\t{text_cell(phone)}",
        )

    def extra(self, record: Any) -> list[str]:
        """The names of the record's fields that the mapping does not know."""
        pairs = zip(self.unknown_names, self.unknown_attributes, strict=True)
        return [name for name, place in pairs if getattr(record, place) is not msgspec.UNSET]


def text_cell(value: str | int | None) -> str:
    """A text that hardly comes twice; raises Unusual where no column holds it."""
    if value is None or value == "":
        return NULL
    text = str(value)
    if text.isprintable() and "\\" not in text:
        return text
    if "\0" in text:
        raise Unusual
    return copy_text(text)
