"""Workbooks as a survey contractor saves them, the same bytes for the same cells."""

import re
import zipfile
from datetime import datetime
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from simulator import DATA_NATURE, NOTICE_VI

# Files carry a fixed time stamp: the same options give the same bytes.
_STAMP = datetime(2023, 12, 15, 8)


def new_workbook() -> Workbook:
    """An empty workbook whose properties say that it is simulated."""
    book = Workbook(write_only=True)
    mark_simulated(book)
    return book


def mark_simulated(book: Workbook) -> None:
    """Says in the properties that the workbook is simulated, with a fixed time."""
    book.properties.title = "Kết quả khảo sát (dữ liệu mô phỏng)"
    book.properties.creator = "Nhà thầu khảo sát mô phỏng"
    book.properties.description = NOTICE_VI
    book.properties.keywords = f"data_nature={DATA_NATURE}"
    book.properties.created = book.properties.modified = _STAMP


def add_sheet(book: Workbook, title: str, rows: list[list]) -> None:
    """Adds a sheet whose first row is its bold, frozen heading."""
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    headings = [WriteOnlyCell(sheet, value=value) for value in rows[0]]
    for cell in headings:
        cell.font = Font(bold=True)
    sheet.append(headings)
    for row in rows[1:]:
        sheet.append(row)


def packed(book: Workbook) -> bytes:
    """Save without the wall clock: openpyxl stamps the properties and every part of the zip."""
    saved, fixed = BytesIO(), BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(fixed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                stamp = _STAMP.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            part = zipfile.ZipInfo(name, _STAMP.timetuple()[:6])
            part.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(part, content)
    return fixed.getvalue()
