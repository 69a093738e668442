"""The workbook of rejected records for the people who mend them at their source."""

from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from sipas.vietnamese import LOCAL_TIME

TITLE = "Danh sách bản ghi bị loại, chưa sửa"
SIMULATED = "DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật"
HEADINGS = ("Nơi", "Mã hồ sơ", "Trường", "Lý do", "Việc cần làm", "Ngày nhận", "Lô")
WIDTHS = (34, 28, 24, 60, 60, 18, 10)


def workbook(faults: list[dict]) -> bytes:
    """A workbook with one row a fault (of `quarantine.open_faults`) below the headings."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Bản ghi bị loại")
    for number, width in enumerate(WIDTHS):
        sheet.column_dimensions["ABCDEFG"[number]].width = width
    is_simulated = any(fault["data_nature"] == "simulated" for fault in faults)
    sheet.append([bold(sheet, TITLE)])
    sheet.append([bold(sheet, SIMULATED if is_simulated else "")])
    sheet.append([bold(sheet, heading) for heading in HEADINGS])
    for fault in faults:
        sheet.append(
            [
                *(text(sheet, value) for value in told(fault)),
                fault["batch_id"],
            ]
        )
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def told(fault: dict) -> tuple[str, ...]:
    """The texts of a row in the order of HEADINGS, the batch left out."""
    return (
        f"{fault['source_code']}: {fault['place']}",
        fault["record_code"] or "",
        fault["field"],
        fault["reason_vi"],
        fault["to_do_vi"],
        f"{fault['received_at'].astimezone(LOCAL_TIME):%d/%m/%Y %H:%M}",
    )


def text(sheet, value: str) -> WriteOnlyCell:
    """A text as a text: what a source wrote must never run as a formula."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    return cell


def bold(sheet, value: str) -> WriteOnlyCell:
    """A heading."""
    cell = WriteOnlyCell(sheet, value)
    cell.font = Font(bold=True)
    return cell
