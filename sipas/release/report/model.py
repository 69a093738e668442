"""What a report consists of, whatever file it is written to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from sipas.vietnamese import decimal_comma

SIMULATED_MARK = "DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật"
NO_VALUE = "–"
# A blank at which no line is broken.
NBSP = "\u00a0"


@dataclass(frozen=True)
class Cell:
    """One cell of a table: a number stays a number, so that a spreadsheet can reckon with it.

    `suffix` stands behind the number as it is printed (` %`, ` (*)`), `digits` are the decimals of
    a Decimal.
    """

    value: Decimal | int | date | str | None
    digits: int = 2
    suffix: str = ""

    @property
    def is_number(self) -> bool:
        """Whether a spreadsheet takes it as a number."""
        return isinstance(self.value, Decimal | int)

    @property
    def text(self) -> str:
        """The cell as it is printed."""
        if self.value is None or self.value == "":
            return NO_VALUE
        if isinstance(self.value, Decimal):
            return decimal_comma(self.value, self.digits) + self.suffix
        if isinstance(self.value, int):
            return decimal_comma(self.value, 0) + self.suffix
        if isinstance(self.value, datetime | date):
            return f"{self.value:%d/%m/%Y}"
        return self.value + self.suffix


@dataclass(frozen=True)
class Column:
    """A column of a table; `width` is its share of the page's width."""

    title: str
    width: int
    is_text: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a table; a strong one stands above those that it sums up."""

    cells: tuple[Cell, ...]
    is_strong: bool = False


@dataclass(frozen=True)
class Table:
    """A table; `number` (`2.1.1`) is how the text refers to it and the name of its sheet."""

    number: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def caption(self) -> str:
        """The line above the table."""
        return f"{self.number}. {self.title}"


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is a part of the report."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of prose, or an item of a list."""

    text: str
    is_item: bool = False


@dataclass(frozen=True)
class Figure:
    """A picture with what it shows in words, for who cannot see it; drawn (as PNG) when asked."""

    number: str
    title: str
    draw: Callable[[], bytes] = field(repr=False)
    alternative: str = ""

    @property
    def caption(self) -> str:
        """The line below the picture."""
        return f"{self.number}. {self.title}"


Block = Heading | Paragraph | Table | Figure


@dataclass(frozen=True)
class Signature:
    """Who signed the decision by which the figures were approved."""

    position: str
    signatory: str


@dataclass(frozen=True)
class Document:
    """A whole report.

    `watermark` stands across every page, `marks` at the head of every page and sheet; `facts` say
    which release it is (label and value); `stamped_at` is the only time in the file's properties.
    """

    issuer: str
    number_and_date: tuple[str, str]
    title: tuple[str, ...]
    blocks: tuple[Block, ...]
    facts: tuple[tuple[str, str], ...]
    stamped_at: datetime
    marks: tuple[str, ...] = ()
    watermark: str = ""
    signature: Signature | None = None

    @property
    def tables(self) -> list[Table]:
        """Its tables in their order."""
        return [block for block in self.blocks if isinstance(block, Table)]

    @property
    def figures(self) -> list[Figure]:
        """Its pictures in their order."""
        return [block for block in self.blocks if isinstance(block, Figure)]

    def prose(self) -> Iterator[str]:
        """Every sentence that a reader reads outside tables."""
        for block in self.blocks:
            if isinstance(block, Paragraph):
                yield block.text


def text_cell(text: str | None, suffix: str = "") -> Cell:
    """A cell of words."""
    return Cell(text or None, suffix=suffix)
