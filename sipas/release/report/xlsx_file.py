"""The tables of a report as a workbook: a sheet a table, numbers as numbers."""

import re
from datetime import date
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.worksheet.worksheet import Worksheet

from sipas.release.report.fixed_zip import without_clock
from sipas.release.report.model import Cell, Document, Table

FONT = "Times New Roman"
# Vietnamese: a comma before the decimals, a dot between thousands, whatever the reader's country.
VIETNAMESE = "[$-42A]"
LINE = Side(style="thin", color="808080")
FRAME = Border(top=LINE, bottom=LINE, left=LINE, right=LINE)
WIDEST_TITLE = 31
# Characters in a share of one hundredth of the page.
CHARACTERS = 1.25
# What the head of every sheet says of the release.
HEAD_FACTS = ("Bản phát hành", "Mã băm SHA-256", "Đầu chuỗi", "Số liệu đến")


def workbook(document: Document) -> bytes:
    """The workbook of a document's tables."""
    book = Workbook()
    book.remove(book.active)
    book.properties.creator = document.issuer
    book.properties.title = " – ".join(document.title)
    book.properties.created = document.stamped_at.replace(tzinfo=None)
    for table in document.tables:
        write_table(book.create_sheet(sheet_name(table)), table, document)
    content = BytesIO()
    book.save(content)
    return without_clock(content.getvalue(), document.stamped_at)


def sheet_name(table: Table) -> str:
    """`Bảng 2.1.1`: the name of a table's sheet."""
    return re.sub(r"[\[\]:*?/\\]", " ", f"Bảng {table.number}")[:WIDEST_TITLE]


def write_table(sheet: Worksheet, table: Table, document: Document) -> None:
    """Marks, what release it is, the table, its notes."""
    known = dict(document.facts)
    head = [table.caption, *document.marks]
    head += [f"{name}: {known[name]}" for name in HEAD_FACTS if name in known]
    for text in head:
        sheet.append([text])
        sheet.cell(sheet.max_row, 1).font = Font(name=FONT, bold=sheet.max_row <= 1)
    titles = sheet.max_row + 2
    for place, column in enumerate(table.columns, start=1):
        cell = sheet.cell(titles, place, column.title)
        cell.font, cell.border = Font(name=FONT, bold=True), FRAME
        cell.alignment = Alignment(wrap_text=True, horizontal="center", vertical="center")
        sheet.column_dimensions[cell.column_letter].width = max(12, column.width * CHARACTERS)
    for number, row in enumerate(table.rows, start=titles + 1):
        for place, cell in enumerate(row.cells, start=1):
            is_text = table.columns[place - 1].is_text
            write_cell(sheet.cell(number, place), cell, is_text, row.is_strong)
    sheet.freeze_panes = sheet.cell(titles + 1, 2)
    for note in table.notes:
        sheet.cell(sheet.max_row + 1, 1, note).font = Font(name=FONT, italic=True)
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddHeader.center.text = " · ".join((*document.marks, document.watermark)).strip(" ·")


def write_cell(target: SheetCell, cell: Cell, is_text: bool, is_strong: bool) -> None:
    """A number with the format that prints it, or a text that never runs as a formula."""
    if cell.is_number:
        target.value = cell.value
        target.number_format = number_format(cell)
    elif isinstance(cell.value, date):
        target.value = cell.value
        target.number_format = "dd/mm/yyyy"
    else:
        target.value = ILLEGAL_CHARACTERS_RE.sub("", cell.text)
        target.data_type = "s"
    target.font, target.border = Font(name=FONT, bold=is_strong), FRAME
    target.alignment = Alignment(
        wrap_text=True, vertical="top", horizontal="left" if is_text else "right"
    )


def number_format(cell: Cell) -> str:
    """The format of a number with what stands behind it."""
    digits = "" if isinstance(cell.value, int) else "." + "0" * cell.digits
    suffix = f'"{cell.suffix}"' if cell.suffix else ""
    return f"{VIETNAMESE}#,##0{digits if digits != '.' else ''}{suffix}"
