"""Survey files as tables: sheets of a workbook, a CSV, or a ZIP of CSVs; headings over columns.

Nothing here knows questions or forms: cells come out as they stand, with their place.
"""

import csv
import fnmatch
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from sipas.contracts.rejection import DeliveryRefused
from sipas.contracts.survey_mapping import SurveyMapping
from sipas.vietnamese import nfc

OLE_SIGNATURE = b"\xd0\xcf\x11\xe0"
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
DELIMITERS = (",", ";", "\t", "|")
# How much of a text file is looked at to find its separator.
SAMPLE_LINES, SAMPLE_BYTES = 20, 200_000


@dataclass(frozen=True)
class Sheet:
    """One sheet as it stands, its first row first; `rows` may be gone through more than once.
    `is_hidden` sheets are read by name only."""

    name: str
    rows: Iterable[list[Any]]
    is_hidden: bool = False


@dataclass(frozen=True)
class Table:
    """Columns with the headings above them (top to bottom), and rows with their number.

    `sheet` is None when the file has only one table: its rows are then named by number alone. A
    row is as long as the headings, or longer where a separator inside a cell moved the others.
    """

    sheet: str | None
    headings: list[list[str]]
    rows: Iterable[tuple[int, list[Any]]]

    def spot(self, number: int) -> str:
        """Where a row is found, in words."""
        return f"dòng {number}" if self.sheet is None else f"trang «{self.sheet}», dòng {number}"


def text(cell: Any) -> str:
    """A cell as trimmed text (NFC); a whole number without its `.0`."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else nfc(str(cell))


def read_sheets(body: bytes, file_name: str) -> list[Sheet]:
    """Every sheet of a file; raises DeliveryRefused when it cannot be read as a whole.

    A text file is one sheet without a name; a ZIP holds text files, each a sheet named after it.
    """
    suffix = PurePath(file_name).suffix.lower()
    if suffix in TEXT_SUFFIXES:
        return [Sheet("", TextRows(body, file_name))]
    if suffix == ".zip":
        return read_zip(body, file_name)
    return read_workbook(body, file_name)


def read_workbook(body: bytes, file_name: str) -> list[Sheet]:
    """The sheets of an XLSX, merged cells spread: headings over their columns, and what is merged
    downwards over its rows."""
    if body.startswith(OLE_SIGNATURE):
        raise DeliveryRefused(
            f"{file_name}: tệp được bảo vệ bằng mật khẩu hoặc theo định dạng cũ (.xls). "
            "Gửi lại tệp .xlsx không đặt mật khẩu."
        )
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        hidden = {
            sheet.name: sheet.visible != SheetVisibleEnum.Visible for sheet in book.sheets_metadata
        }
        return [
            Sheet(name, sheet_rows(book.get_sheet_by_name(name)), hidden[name])
            for name in book.sheet_names
        ]
    except CalamineError as error:
        raise DeliveryRefused(
            f"{file_name}: không mở được, tệp bị cắt cụt hoặc không phải XLSX ({error}). "
            "Gửi lại tệp."
        ) from error


def sheet_rows(sheet: CalamineSheet) -> list[list[Any]]:
    """The cells of a sheet; truth values as text, because `True` would equal the score 1."""
    rows = [
        [str(cell).upper() if cell is True or cell is False else cell for cell in row]
        for row in sheet.iter_rows()
    ]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        if top >= len(rows):
            continue
        value = rows[top][left]
        is_heading = isinstance(value, str)
        for row in rows[top : bottom + 1]:
            # A score merged over several questions is no answer to the second one.
            for column in range(left, (right if is_heading else left) + 1):
                if column < len(row):
                    row[column] = value
    return rows


def read_zip(body: bytes, file_name: str) -> list[Sheet]:
    """The text files of a ZIP; raises DeliveryRefused."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(TEXT_SUFFIXES)]
            sheets = [
                Sheet(
                    nfc(PurePath(name).stem),
                    TextRows(archive.read(name), f"{file_name}, {name}"),
                )
                for name in sorted(names)
            ]
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise DeliveryRefused(
            f"{file_name}: không mở được, tệp nén bị hỏng hoặc đặt mật khẩu ({error}). Gửi lại tệp."
        ) from error
    if not sheets:
        raise DeliveryRefused(f"{file_name}: tệp nén không có tệp CSV nào.")
    return sheets


class TextRows:
    """The rows of a CSV, read anew each time: UTF-8 or UTF-16, with or without BOM; the separator
    is found. Raises DeliveryRefused where it cannot be read on."""

    def __init__(self, body: bytes, file_name: str) -> None:
        self.body, self.file_name = body, file_name
        is_wide = body[:2] in (b"\xff\xfe", b"\xfe\xff")
        self.encoding = "utf-16" if is_wide else "utf-8-sig"
        self.delimiter = find_delimiter(body[:SAMPLE_BYTES].decode(self.encoding, "ignore"))

    def __iter__(self) -> Iterator[list[str]]:
        lines = io.TextIOWrapper(io.BytesIO(self.body), self.encoding, newline="")
        try:
            yield from csv.reader(lines, delimiter=self.delimiter, strict=True)
        except UnicodeDecodeError as error:
            raise DeliveryRefused(
                f"{self.file_name}: không phải văn bản UTF-8. Lưu lại tệp với kiểu «CSV UTF-8»."
            ) from error
        except csv.Error as error:
            raise DeliveryRefused(
                f"{self.file_name}: không đọc được như CSV, có dấu nháy chưa đóng ({error}). Gửi "
                "lại tệp."
            ) from error


def find_delimiter(content: str) -> str:
    """The separator that cuts the first lines into most cells; a comma where none does."""
    sample = list(io.StringIO(content, newline=""))[:SAMPLE_LINES]

    def cells(delimiter: str) -> int:
        return sum(len(row) for row in csv.reader(sample, delimiter=delimiter))

    return max(DELIMITERS, key=cells)


def read_tables(sheets: list[Sheet], mapping: SurveyMapping, file_name: str) -> list[Table]:
    """The tables of the mapped sheets (a pattern like `Huyện *` stands for every visible one that
    fits; without any, the first sheet); raises DeliveryRefused when one is missing or empty."""
    chosen = chosen_sheets(sheets, mapping.sheets, file_name)
    tables = [table_of(sheet, mapping, len(chosen) > 1) for sheet in chosen]
    if all(next(iter(table.rows), None) is None for table in tables):
        names = ", ".join(f"«{sheet.name}»" for sheet in chosen)
        raise DeliveryRefused(f"{file_name}: trang tính {names} không có phiếu nào.")
    return tables


def chosen_sheets(sheets: list[Sheet], patterns: list[str], file_name: str) -> list[Sheet]:
    """The sheets that the patterns name, each once, in the order of the file."""
    if not patterns or [sheet.name for sheet in sheets] == [""]:
        return sheets[:1]
    found: set[str] = set()
    for pattern in map(nfc, patterns):
        fitting = {
            sheet.name
            for sheet in sheets
            if nfc(sheet.name) == pattern
            or (not sheet.is_hidden and fnmatch.fnmatchcase(nfc(sheet.name), pattern))
        }
        if not fitting and "*" not in pattern:
            raise refused_sheets(pattern, sheets, file_name)
        found |= fitting
    if not found:
        raise refused_sheets(", ".join(patterns), sheets, file_name)
    return [sheet for sheet in sheets if sheet.name in found]


def refused_sheets(wanted: str, sheets: list[Sheet], file_name: str) -> DeliveryRefused:
    """The refusal of a file without the wanted sheet."""
    names = ", ".join(sheet.name for sheet in sheets)
    return DeliveryRefused(f"{file_name}: không có trang tính «{wanted}»; các trang: {names}.")


def table_of(sheet: Sheet, mapping: SurveyMapping, is_one_of_many: bool) -> Table:
    """The sheet's columns and rows; empty rows and rows of totals are left out."""
    top = list(islice(sheet.rows, mapping.header_rows[-1]))
    levels = [
        [text(cell) for cell in top[number - 1]]
        for number in mapping.header_rows
        if number <= len(top)
    ]
    width = max((index for row in levels for index, name in enumerate(row, 1) if name), default=0)
    headings = [
        list(column) for column in zip(*(pad(row, width)[:width] for row in levels), strict=True)
    ]
    body = Body(sheet.rows, mapping.header_rows[-1], width, totals_test(mapping.totals_words))
    return Table(nfc(sheet.name) if is_one_of_many else None, headings, body)


@dataclass(frozen=True)
class Body:
    """The rows below the headings, cut to their width unless a text file has cells beyond it."""

    rows: Iterable[list[Any]]
    first: int
    width: int
    is_total: Callable[[list[Any]], bool]

    def __iter__(self) -> Iterator[tuple[int, list[Any]]]:
        is_text = isinstance(self.rows, TextRows)
        for number, row in enumerate(islice(self.rows, self.first, None), start=self.first + 1):
            if not any(cell not in ("", None) for cell in row) or self.is_total(row):
                continue
            if len(row) < self.width:
                row = pad(row, self.width)
            elif len(row) > self.width and not (is_text and any(row[self.width :])):
                row = row[: self.width]
            yield number, row


def pad(row: list[Any], width: int) -> list[Any]:
    """The row filled with empty cells."""
    return row + [""] * (width - len(row))


def totals_test(words: Iterable[str]) -> Callable[[list[Any]], bool]:
    """A function that says whether a row is one of totals: its first cell that is not empty is
    one of the words, alone or before a colon, bracket or number («Tổng: 558 phiếu»)."""
    alternatives = "|".join(re.escape(nfc(word).casefold()) for word in words)
    pattern = re.compile(rf"(?:{alternatives})(?:\s*[:(].*|\s+\d.*)?$" if alternatives else "$^")

    def is_total(row: list[Any]) -> bool:
        first = next((cell for cell in row if cell not in ("", None)), None)
        return isinstance(first, str) and bool(pattern.match(text(first).casefold()))

    return is_total
