"""The same forms in the shapes in which contractors and kiosks hand them over."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable
from random import Random

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from simulator import DATA_NATURE, NOTICE_VI
from simulator.answers import FITTED_FORMS, Question, questions
from simulator.places import sampling_points
from simulator.survey import FORM_COLUMNS, survey_columns
from simulator.workbook import mark_simulated, packed

SATISFACTION_WORDS = {
    1: "Rất không hài lòng",
    2: "Không hài lòng",
    3: "Bình thường",
    4: "Hài lòng",
    5: "Rất hài lòng",
}
YES_NO = {0: "Không", 1: "Có"}
BLOCKS = {"P": "Nhận định của người dân", "E": "Nhu cầu, mong đợi"}
PERSON_COLUMNS = ("Họ và tên", "Số điện thoại")
KIOSK_COLUMNS = ("Thiết bị", "Thời điểm")
KIOSK_ITEMS = ("2.1.1", "2.2.3", "2.3.1", "2.4.1")
# The first line of a text file says that it is simulated; its headings are in the second.
MARK_LINE = f"# data_nature={DATA_NATURE}. {NOTICE_VI}"
_ZIP_DAY = (2023, 12, 15, 8, 0, 0)


def districts_workbook(seed: int = 2023, forms: int = FITTED_FORMS) -> bytes:
    """One sheet a district; a title row, three rows of headings with merged cells; words for
    scores, `Có/Không`, weights with a decimal comma, persons, and averages at the end."""
    columns = survey_columns(seed, forms)
    districts = {point.code: point.district for point in sampling_points()}
    book = Workbook()
    book.remove(book.active)
    mark_simulated(book)
    for district in dict.fromkeys(districts.values()):
        sheet = book.create_sheet(district)
        _headings(sheet, district)
        chosen = [
            number
            for number, point in enumerate(columns["Mã điểm khảo sát"])
            if districts[point] == district
        ]
        for line, number in enumerate(chosen, start=1):
            sheet.append(_district_row(columns, number, line))
        sheet.append([])
        averages = [
            _average([columns[question.heading][number] for number in chosen])
            for question in questions()
        ]
        sheet.append(["Trung bình", *[None] * (len(FORM_COLUMNS) + 3), *averages])
    return packed(book)


def _headings(sheet: Worksheet, district: str) -> None:
    own = ["STT", *FORM_COLUMNS, "Trọng số", *PERSON_COLUMNS]
    asked = questions()
    groups = [question.parent_code or question.code for question in asked]
    blocks = [BLOCKS.get(code[0], "Mức độ hài lòng") for code in groups]
    sheet.append([f"KẾT QUẢ KHẢO SÁT {district.upper()} – {NOTICE_VI}"])
    sheet.append(["Thông tin chung", *[None] * (len(own) - 1), *blocks])
    sheet.append([*own, *(f"Nhóm {code}" for code in groups)])
    sheet.append([*[None] * len(own), *(question.heading for question in asked)])
    sheet.merge_cells(start_row=2, end_row=2, start_column=1, end_column=len(own))
    for column in range(1, len(own) + 1):
        sheet.merge_cells(start_row=3, end_row=4, start_column=column, end_column=column)
    for row, names in ((2, blocks), (3, groups)):
        for first, last in _runs(names):
            sheet.merge_cells(
                start_row=row,
                end_row=row,
                start_column=len(own) + 1 + first,
                end_column=len(own) + 1 + last,
            )


def _runs(names: list[str]) -> Iterable[tuple[int, int]]:
    """First and last index of each run of equal names."""
    first = 0
    for index in range(1, len(names) + 1):
        if index == len(names) or names[index] != names[first]:
            yield first, index - 1
            first = index


def _district_row(columns: dict[str, list], number: int, line: int) -> list:
    own = [columns[name][number] for name in FORM_COLUMNS]
    own[2] = own[2].strftime("%d/%m/%Y")
    answers = [_in_words(question, columns[question.heading][number]) for question in questions()]
    weight = f"{1 + number % 4 * 0.05:.2f}".replace(".", ",")
    persons = [f"Người trả lời {number + 1}", f"0000{number + 1:06d}"]
    return [line, *own, weight, *persons, *answers]


def _in_words(question: Question, cell: object) -> object:
    if question.measure_type == "mean5":
        return SATISFACTION_WORDS.get(cell, cell)
    return YES_NO.get(cell, cell) if question.measure_type == "yes_no" else cell


def _average(cells: list) -> str | None:
    scores = [cell for cell in cells if isinstance(cell, int)]
    return f"{sum(scores) / len(scores):.2f}".replace(".", ",") if scores else None


def wide_csv(seed: int = 2023, forms: int = FITTED_FORMS) -> bytes:
    """The columns of the workbook as CSV for a Vietnamese Excel: BOM, semicolons, dd/mm/yyyy."""
    columns = survey_columns(seed, forms)
    rows = [_as_text(row) for row in zip(*columns.values(), strict=True)]
    return _csv([[MARK_LINE], list(columns), *rows], ";", "utf-8-sig")


def long_csv(seed: int = 2023, forms: int = FITTED_FORMS) -> bytes:
    """One row an answer, the form's columns on each."""
    columns = survey_columns(seed, forms)
    rows = [
        [*own, code, answer]
        for number, own in enumerate(_own_rows(columns))
        for code, answer in _answers(columns, number)
    ]
    return _csv([[MARK_LINE], [*FORM_COLUMNS, "Mã câu hỏi", "Trả lời"], *rows], ",", "utf-8")


def long_zip(seed: int = 2023, forms: int = FITTED_FORMS) -> bytes:
    """Two CSVs in a ZIP: the forms, and one row an answer."""
    columns = survey_columns(seed, forms)
    answers = [
        [columns["Mã phiếu"][number], code, answer]
        for number in range(forms)
        for code, answer in _answers(columns, number)
    ]
    headings = ["Mã phiếu", "Mã câu hỏi", "Trả lời"]
    files = {
        "phieu.csv": [[MARK_LINE], list(FORM_COLUMNS), *_own_rows(columns)],
        "tra-loi.csv": [[MARK_LINE], headings, *answers],
    }
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in files.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_DAY), _csv(rows, ",", "utf-8"))
    return saved.getvalue()


def kiosk_csv(seed: int = 2023, forms: int = FITTED_FORMS) -> bytes:
    """One row a rating: device, time stamp, four questions; no form code and no person."""
    rng = Random(f"kiosk/{seed}")
    points = sampling_points()
    asked = [question for question in questions() if question.code in KIOSK_ITEMS]
    rows = []
    for number in range(forms):
        minute = number * 7
        moment = f"{6 + minute // 600:02d}/11/2023 {7 + minute % 600 // 60:02d}:{minute % 60:02d}"
        scores = [rng.choice((3, 4, 4, 5, 5)) for _ in asked]
        rows.append([points[number % len(points)].code, moment, *scores])
    headings = [*KIOSK_COLUMNS, *(question.label_vi for question in asked)]
    return _csv([[MARK_LINE], headings, *rows], "\t", "utf-8")


def _own_rows(columns: dict[str, list]) -> list[list]:
    return [_as_text(row) for row in zip(*(columns[name] for name in FORM_COLUMNS), strict=True)]


def _answers(columns: dict[str, list], number: int) -> list[tuple[str, object]]:
    """Code and cell of the questions that a form answers."""
    cells = [(question.code, columns[question.heading][number]) for question in questions()]
    return [(code, cell) for code, cell in cells if cell != ""]


def _as_text(row: Iterable) -> list:
    return [cell.strftime("%d/%m/%Y") if hasattr(cell, "strftime") else cell for cell in row]


def _csv(rows: list[list], delimiter: str, encoding: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)


# Shape to the ending of its file and who makes it; each has a mapping of the product.
SHAPES: dict[str, tuple[str, Callable[[int, int], bytes]]] = {
    "districts": ("xlsx", districts_workbook),
    "wide_csv": ("csv", wide_csv),
    "long_csv": ("csv", long_csv),
    "long_zip": ("zip", long_zip),
    "kiosk": ("csv", kiosk_csv),
}
