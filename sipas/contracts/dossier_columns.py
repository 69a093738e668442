"""Columns of values turned into cells, a page at a time, through tables that remember.

Codes, names, days and times of day come again and again: what was turned once is looked up. What
is new is turned by the functions of the single record (`dossier`), so that both ways give the
same rows. What cannot be read here (`Unusual`) is left to the single record, which finds words
for it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from sipas.contracts.dossier import LIST_MOMENTS, LISTS, MOMENTS, WrongField, translate_value
from sipas.contracts.dossier_rows import cell, entry_cell, json_value
from sipas.contracts.mapping import YEARS, Mapping, read_moment
from sipas.database import copy_text

REMEMBERED = 100_000
NULL = "\\N"
# No system sends a name with NUL: a field that the mapping does not read stays empty.
UNREAD = "\0"
ISO_DAY_LENGTH = len("2024-01-10")
A_USUAL_DAY = datetime(2024, 1, 10, 12)


class Unusual(Exception):
    """A value that only the way of the single record can judge."""


class Memory(dict):
    """Text by value; a value met for the first time is turned by `turn`, which may raise Unusual.

    Holds at most REMEMBERED values, so that memory does not follow the number of records.
    """

    def __init__(self, turn: Callable[[Any], str]) -> None:
        self.turn = turn

    def __missing__(self, value: Any) -> str:
        text = self.turn(value)
        if len(self) < REMEMBERED:
            self[value] = text
        return text


class Form(NamedTuple):
    """How a value that the contract knows is written: as a cell, or as a part of JSON."""

    write: Callable[[Any], str]
    before: str = ""
    quote: str = ""  # around moments
    after: str = ""

    def cell(self, value: Any) -> str:
        """The text of a value, with what stands before and after it."""
        return f"{self.before}{self.write(value)}{self.after}"


CELL = Form(cell)


class Column(ABC):
    """How the values of one field become cells."""

    @abstractmethod
    def one(self, value: Any) -> str:
        """The cell of one value; raises Unusual."""

    def all(self, values: Sequence[Any]) -> list[str]:
        """The cells of values, quickly; raises Unusual when one of them is not as most are."""
        return [self.one(value) for value in values]

    def whole(self, values: Sequence[Any]) -> list[str]:
        """The cells of values; raises Unusual when one of them is unusual."""
        if msgspec.UNSET in values:
            raise Unusual
        try:
            return self.all(values)
        except Unusual:
            return [self.one(value) for value in values]

    def cells(self, values: Sequence[Any], others: set[int]) -> list[str]:
        """The cells of a page; the numbers of values that are unusual go to `others`."""
        try:
            if msgspec.UNSET not in values:
                return self.all(values)
        except Unusual:
            pass
        return [self.one_or_other(n, value, others) for n, value in enumerate(values)]

    def one_or_other(self, number: int, value: Any, others: set[int]) -> str:
        """The cell of one value, or a note that it is unusual."""
        try:
            if value is not msgspec.UNSET:
                return self.one(value)
        except Unusual:
            pass
        others.add(number)
        return NULL


class Known(Column):
    """Values that come again and again; `absent` is the cell of none, or None where one must be."""

    def __init__(self, turn: Callable[[Any], str], absent: str | None) -> None:
        self.memory = Memory(turn)
        if absent is not None:
            self.memory[None] = self.memory[""] = absent

    def one(self, value: Any) -> str:
        return self.memory[value]

    def all(self, values: Sequence[Any]) -> list[str]:
        return [*map(self.memory.__getitem__, values)]


class Words(Column):
    """Texts that hardly come twice: names, telephone numbers, codes."""

    def one(self, value: str | int | None) -> str:
        text = "" if value is None else str(value)
        if "\0" in text:
            raise Unusual
        return copy_text(text) if text else NULL

    def all(self, values: Sequence[Any]) -> list[str]:
        try:
            together = "".join(values)
        except TypeError:  # a number, or none
            return super().all(values)
        is_plain = together.isprintable() and "\\" not in together and "" not in values
        return list(values) if is_plain else super().all(values)


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


def time_starts(written: str) -> int:
    """Where the time of day begins in a strptime format that has the day first."""
    starts = [written.find(part) for part in ("%H", "%M", "%S") if part in written]
    return min(starts, default=len(written))


def day_length(written: str) -> int:
    """How many characters the day takes in a date and time written so."""
    if written == "iso":
        return ISO_DAY_LENGTH
    return len(A_USUAL_DAY.strftime(written[: time_starts(written)]))


class Moments(Column):
    """Dates and times: days and times of day are remembered, the two together are not."""

    def __init__(self, mapping: Mapping, name: str, form: Form, absent: str | None) -> None:
        self.mapping, self.name, self.form, self.absent = mapping, name, form, absent
        own = clock(mapping.datetime_formats[0], mapping.time_zone)
        self.length = own.length
        self.days = Memory(lambda text: form.before + form.quote + own.days[text])
        self.times = Memory(lambda text: own.times[text] + form.quote + form.after)

    def one(self, value: str | None) -> str:
        try:
            return self.all([value])[0]
        except Unusual:
            if not value:
                raise
        return self.form.cell(turned(self.name, value, self.mapping, datetime))

    def all(self, values: Sequence[Any]) -> list[str]:
        absent, days, times, length = self.absent, self.days, self.times, self.length
        if absent is None and not all(values):
            raise Unusual
        return [
            days[value[:length]] + times[value[length:]] if value else absent for value in values
        ]


class Entries(Column):
    """The entries of a list inside the record, as the JSON of its cell."""

    def __init__(self, name: str, mapping: Mapping) -> None:
        names = mapping.lists[name]
        fields = msgspec.structs.fields(LISTS[name])
        self.type = msgspec.defstruct(
            name,
            [
                (
                    f.name,
                    arriving_type(f.name, LIST_MOMENTS) | msgspec.UnsetType,
                    when_absent(f"{name}.{f.name}", mapping, is_read=f.name in names),
                )
                for f in fields
            ],
            rename={f.name: names.get(f.name, f"{UNREAD}{f.name}") for f in fields},
            gc=False,
        )
        # Every cell brings its name along: the entry is nothing but its cells.
        parts = entry_cell(LISTS[name], [UNREAD] * len(fields)).split(UNREAD)
        ends = [""] * (len(fields) - 1) + [parts[-1]]
        self.columns = [
            column_of(f"{name}.{f.name}", f, mapping, Form(json_value, before, '"', after))
            for f, before, after in zip(fields, parts[:-1], ends, strict=True)
        ]

    def one(self, value: list | None) -> str:
        return self.all([value])[0]

    def all(self, values: Sequence[list | None]) -> list[str]:
        entries = [entry for value in values if value for entry in value]
        if not entries:
            return ["[]"] * len(values)
        parts = zip(*map(msgspec.structs.astuple, entries), strict=True)
        cells = [column.whole(part) for column, part in zip(self.columns, parts, strict=True)]
        written = map("".join, zip(*cells, strict=True))
        return [
            f"[{', '.join(islice(written, len(value)))}]" if value else "[]" for value in values
        ]


class Nothing(Column):
    """A list that the mapping does not read."""

    type = None

    def one(self, value: None) -> str:
        return "[]"


def turned(name: str, value: Any, mapping: Mapping, kind: Any) -> Any:
    """A value as the contract has it; raises Unusual when it breaks it."""
    try:
        ours = translate_value(name, name, value, mapping)
        return msgspec.convert(ours, kind, strict=False)
    except (WrongField, msgspec.ValidationError) as error:
        raise Unusual from error


def column_of(name: str, field: msgspec.structs.FieldInfo, mapping: Mapping, form: Form) -> Column:
    """The column of one field of a record, or of an entry (`name` is then `<list>.<field>`)."""
    part = field.name
    absent = None if field.required else form.cell(field.default)
    if part != "issued_on" and part in (MOMENTS if part == name else LIST_MOMENTS):
        return Moments(mapping, name, form, absent)
    return Known(lambda value: form.cell(known(name, value, mapping, field.type)), absent)


def known(name: str, value: Any, mapping: Mapping, kind: Any) -> Any:
    """A value that must be there as the contract has it; raises Unusual."""
    if value is None or value == "":
        raise Unusual
    return turned(name, value, mapping, kind)


def when_absent(name: str, mapping: Mapping, *, is_read: bool) -> Any:
    """What stands for a field that a record does not hold: none, or UNSET where it must be there,
    which leaves the record to the way that finds words."""
    return msgspec.UNSET if is_read and name not in mapping.may_be_absent else None


def arriving_type(name: str, moments: tuple[str, ...]) -> Any:
    """What a value may arrive as: a moment as text, anything else also as a number."""
    return str | None if name in moments else str | int | None
