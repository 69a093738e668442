"""What a trace finds: the same for every kind of figure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

# PostgreSQL divides to at least sixteen digits; what it wrote down lies that near the exact value.
DIVISION_ERROR = Fraction(1, 10**12)
Exact = Fraction | Decimal | int | str | None


@dataclass(frozen=True)
class Figure:
    """One published figure: a frozen row of a mart, and the column where a row has many."""

    mart: str
    row: dict[str, Any]
    column: str | None = None

    @property
    def is_suppressed(self) -> bool:
        """Whether its value is hidden. The score of a commune says so by being scored without one;
        other rows have a column for it."""
        if self.mart == "commune_scores" and self.row["value_source"] == "answers":
            return self.row["is_scored"] and self.row["valid_count"] is None
        return bool(self.row.get("is_suppressed"))


@dataclass(frozen=True)
class Place:
    """One row of a reference file: what a document states, or what somebody entered."""

    table: str
    batch_id: int
    position: int
    delivery_id: str
    file_name: str
    line: int
    document: str | None = None
    place: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Part:
    """What a figure is made of one step below: an item, an agency, an answer, a count."""

    code: str
    label_vi: str
    value: Exact = None
    weight: str | None = None
    count: int | None = None


@dataclass(frozen=True)
class Check:
    """A figure as it was published beside what the traced rows give."""

    what_vi: str
    published: Exact
    reckoned: Exact

    @property
    def is_equal(self) -> bool:
        """Equal, up to the sixteenth digit of a division."""
        if self.published is None or self.reckoned is None:
            return self.published is self.reckoned
        if isinstance(self.published, str) or isinstance(self.reckoned, str):
            return str(self.published) == str(self.reckoned)
        return abs(Fraction(self.published) - Fraction(self.reckoned)) < DIVISION_ERROR


@dataclass(frozen=True)
class Rows:
    """The contributing rows: the names of their columns, and the rows as they are asked for."""

    columns: tuple[str, ...]
    read: Callable[[], Iterator[tuple]]


@dataclass
class Trace:
    """The way of one figure, as far as its kind is concerned."""

    figure: Figure
    title_vi: str
    printed: str
    exact: Exact = None
    count: int | None = None
    count_vi: str = "n (số trả lời hợp lệ)"
    method_version: str | None = None
    formula_vi: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    notes_vi: list[str] = field(default_factory=list)
    onward: list[str] = field(default_factory=list)
    batch_rows: dict[int, int] = field(default_factory=dict)
    rows: Rows | None = None

    @property
    def adds_up(self) -> bool | None:
        """Whether the rows behind give the figure; None when nothing could be compared."""
        return all(check.is_equal for check in self.checks) if self.checks else None

    @property
    def batch_ids(self) -> list[int]:
        """The batches that the figure was made of."""
        return sorted({*self.batch_rows, *(place.batch_id for place in self.places)})
