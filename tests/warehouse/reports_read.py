"""Reports read back from their files, as a reader's programs see them."""

import re
import zipfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
import openpyxl
from click.testing import CliRunner
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph as WordParagraph

from sipas.cli import main

ROUND = "hue-2023-sim"
BY = ("--by", "Lê Văn Đọc", "--purpose", "họp giao ban")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Read:
    """A table as it was read: its number, its column titles, its rows by column title."""

    number: str
    titles: list[str]
    rows: list[dict[str, Any]]

    def by_code(self) -> dict[str, dict[str, Any]]:
        """The rows by the code that begins their first cell: `1.1.2. …`."""
        return {str(row[self.titles[0]]).split(". ", 1)[0]: row for row in self.rows}


def word_tables(path: Path) -> dict[str, Read]:
    """The tables of a Word file by number, found by the caption above each."""
    found, caption = {}, ""
    for block in docx.Document(path).iter_inner_content():
        if isinstance(block, WordParagraph):
            caption = block.text or caption
        elif isinstance(block, WordTable) and caption.startswith("Bảng "):
            number = caption.removeprefix("Bảng ").split(". ", 1)[0]
            titles = [cell.text for cell in block.rows[0].cells]
            lines = [[cell.text for cell in row.cells] for row in block.rows[1:]]
            rows = [dict(zip(titles, line, strict=True)) for line in lines]
            found[number] = Read(number, titles, rows)
    return found


def word_prose(path: Path) -> list[str]:
    """The sentences of a Word file: paragraphs that are neither caption, note nor heading."""
    return [
        paragraph.text
        for paragraph in docx.Document(path).paragraphs
        if paragraph.paragraph_format.first_line_indent or paragraph.style.name == "List Bullet"
    ]


def word_text(path: Path) -> str:
    """Everything in a Word file: paragraphs, tables, headers."""
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if re.match(r"word/(document|header\d*)\.xml", n)]
        return " ".join(archive.read(name).decode() for name in names)


def sheet_tables(path: Path) -> dict[str, Read]:
    """The tables of a workbook by number; numbers are numbers."""
    found = {}
    for sheet in openpyxl.load_workbook(path):
        lines = [list(row) for row in sheet.iter_rows(values_only=True)]
        head = next(place for place, line in enumerate(lines) if line[0] is None) + 1
        titles = [str(title) for title in lines[head]]
        number = sheet.title.removeprefix("Bảng ")
        rows = []
        for line in lines[head + 1 :]:
            if len(titles) > 1 and all(cell is None for cell in line[1:]):
                break  # the notes begin
            rows.append(dict(zip(titles, line, strict=True)))
        found[number] = Read(number, titles, rows)
    return found


def decimal(text: str) -> Decimal | None:
    """`1.234,56 % (*)` as a number; None of a dash."""
    match = re.match(r"-?\d+(?:\.\d{3})*(?:,\d+)?", text)
    return Decimal(match[0].replace(".", "").replace(",", ".")) if match else None


def numbers(text: str) -> set[str]:
    """Every number in a text."""
    return set(NUMBER.findall(text))


def sipas(*words: object) -> tuple[int, str]:
    """What a command prints, and its code."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    return result.exit_code, result.output


def frozen(connection, mart: str, round_code: str) -> dict[str, dict]:
    """The frozen rows of a round's own unit as a whole, by code."""
    rows = connection.execute(
        f"select rows.* from release.{mart} as rows "
        "inner join release.releases using (release_id) where releases.status = 'published' "
        "and round_code = %s and is_round_unit and breakdown = 'all'",
        [round_code],
    )
    return {row["indicator_code"]: row for row in rows}


def frozen_rows(connection, mart: str, condition: str) -> list[dict]:
    """Frozen rows of the standing improvement release."""
    return connection.execute(
        f"select rows.* from release.{mart} as rows inner join release.releases "
        f"using (release_id) where releases.status = 'published' and {condition}"
    ).fetchall()
