"""The workbook that a survey contractor hands over, and the faults that such workbooks have."""

import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from random import Random

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from simulator import DATA_NATURE, NOTICE_VI
from simulator.answers import FITTED_FORMS, Answers, questions
from simulator.office_hours import OfficeHours
from simulator.reference import ROUND_CODE

FAULTS = ("score_of_7", "word_for_score", "doubled_form", "missing_column", "truncated")
# Where the faults sit: a form and two questions that every round has.
FAULTY_ROW, FAULTY_ITEM, MISSING_ITEM = 2, "2.2.1", "1.3.4"
FORMS_SHEET, POINTS_SHEET, ABOUT_SHEET = "Phiếu khảo sát", "Điểm khảo sát", "Thông tin"
FORM_COLUMNS = (
    "Mã phiếu",
    "Mã điểm khảo sát",
    "Ngày phỏng vấn",
    "Hình thức thu thập",
    "Đối tượng",
    "Giới tính",
    "Nhóm tuổi",
    "Trình độ học vấn",
    "Nghề nghiệp",
    "Khu vực",
)
# Files carry a fixed time stamp: the same options give the same bytes.
_STAMP = datetime(2023, 12, 15, 8)
_INTERVIEWS = (date(2023, 11, 6), date(2023, 11, 30))
_PLACES = {
    "Huyện Sông Mơ": ("Xã Đồi Sim", "Thị trấn Bến Mây", "Xã Ngàn Lau"),
    "Thị xã Đồi Thông": ("Phường Nắng Hạ", "Xã Cỏ May", "Phường Gió Chiều"),
    "Huyện Suối Ngàn": ("Xã Khe Sương", "Xã Đá Trắng", "Xã Trăng Non"),
}
_VILLAGES = (
    "Tây Mộng",
    "Đông Mộng",
    "Lau Thượng",
    "Lau Hạ",
    "Bến Xưa",
    "Bến Mới",
    "Mai Sớm",
    "Mai Chiều",
    "Cỏ Biếc",
    "Cỏ Vàng",
    "Sao Hôm",
    "Sao Mai",
    "Sương Sớm",
    "Sương Chiều",
    "Đá Bạc",
    "Đá Xanh",
    "Trăng Rằm",
    "Trăng Khuyết",
)
_PROFILE = (
    (("Nam", 49), ("Nữ", 51)),
    (("18–24", 7), ("25–34", 19), ("35–49", 36), ("50–60", 24), ("Trên 60", 14)),
    (
        ("Tiểu học", 13),
        ("Trung học cơ sở", 27),
        ("Trung học phổ thông", 31),
        ("Trung cấp, cao đẳng", 15),
        ("Đại học", 13),
        ("Trên đại học", 1),
    ),
    (
        ("Nông dân", 31),
        ("Lao động tự do", 24),
        ("Công nhân", 11),
        ("Buôn bán, kinh doanh", 16),
        ("Cán bộ, công chức, viên chức", 8),
        ("Hưu trí", 7),
        ("Sinh viên", 3),
    ),
)


@dataclass(frozen=True)
class Point:
    """A sampling point: one village of an invented commune."""

    code: str
    village: str
    commune: str
    district: str

    @property
    def area(self) -> str:
        """Urban wards and towns, rural communes."""
        return "Nông thôn" if self.commune.startswith("Xã") else "Đô thị"


def sampling_points() -> list[Point]:
    """3 districts × 3 communes × 2 villages, the shape of Huế's sample of 2023."""
    communes = [(commune, district) for district, names in _PLACES.items() for commune in names]
    return [
        Point(
            f"DKS-{number + 1:02d}",
            f"{'Thôn' if communes[number // 2][0].startswith('Xã') else 'Tổ dân phố'} {village}",
            *communes[number // 2],
        )
        for number, village in enumerate(_VILLAGES)
    ]


def survey_workbook(seed: int = 2023, forms: int = FITTED_FORMS, fault: str | None = None) -> bytes:
    """The contractor's XLSX: one row a form, one column a question; at most one fault of FAULTS.

    With 558 forms every fitted item has exactly its valid answers and its sum of scores;
    with another number of forms both are in proportion.
    """
    if fault is not None and fault not in FAULTS:
        raise ValueError(f"unknown fault {fault}; known: {', '.join(FAULTS)}")
    columns = survey_columns(seed, forms)
    _spoil(columns, fault)
    content = packed(_workbook(columns, sampling_points(), seed))
    return content[: len(content) * 3 // 5] if fault == "truncated" else content


def survey_columns(seed: int, forms: int) -> dict[str, list]:
    """The cells of all forms by heading: the form's columns, then every question."""
    rng = Random(f"survey/{seed}")
    points = sampling_points()
    days = OfficeHours().working_days(*_INTERVIEWS)
    # The points share the forms evenly, each in one piece.
    places = [form * len(points) // forms for form in range(forms)]
    asked = questions()
    columns = {name: [] for name in FORM_COLUMNS}
    for form, place in enumerate(places):
        # The interviewers stay two days at a point.
        profile = _form(form, points[place], days[place : place + 2], rng)
        for name, value in zip(FORM_COLUMNS, profile, strict=True):
            columns[name].append(value)
    answers = Answers(places, rng).columns(asked)
    return columns | {question.heading: answers[question.code] for question in asked}


def _form(number: int, point: Point, days: list[date], rng: Random) -> tuple:
    profile = [
        "" if rng.random() < 0.01 else rng.choices(*zip(*choices, strict=True))[0]
        for choices in _PROFILE
    ]
    return (
        f"MP23-{number + 1:04d}",
        point.code,
        rng.choice(days),
        "Phiếu giấy",
        "Người dân",
        *profile,
        point.area,
    )


def _spoil(columns: dict[str, list], fault: str | None) -> None:
    def heading(code: str) -> str:
        return next(name for name in columns if name.startswith(f"{code}. "))

    if fault == "score_of_7":
        columns[heading(FAULTY_ITEM)][FAULTY_ROW] = 7
    elif fault == "word_for_score":
        columns[heading(FAULTY_ITEM)][FAULTY_ROW] = "Tốt"
    elif fault == "doubled_form":
        columns["Mã phiếu"][FAULTY_ROW] = columns["Mã phiếu"][FAULTY_ROW - 1]
    elif fault == "missing_column":
        del columns[heading(MISSING_ITEM)]


def _workbook(columns: dict[str, list], points: list[Point], seed: int) -> Workbook:
    book = Workbook(write_only=True)
    mark_simulated(book)
    rows = (
        [None if cell == "" else cell for cell in row]
        for row in zip(*columns.values(), strict=True)
    )
    _sheet(book, FORMS_SHEET, [list(columns), *rows])
    _sheet(
        book,
        ABOUT_SHEET,
        [
            [NOTICE_VI],
            ["Mã đợt khảo sát", ROUND_CODE],
            ["Số hạt giống", seed],
            ["Số phiếu", len(columns["Mã phiếu"])],
        ],
    )
    _sheet(
        book,
        POINTS_SHEET,
        [
            ["Mã điểm khảo sát", "Thôn, tổ dân phố", "Xã, phường, thị trấn", "Huyện, thị xã"],
            *([point.code, point.village, point.commune, point.district] for point in points),
        ],
    )
    return book


def mark_simulated(book: Workbook) -> None:
    """The properties of every workbook made here."""
    book.properties.title = "Kết quả khảo sát (dữ liệu mô phỏng)"
    book.properties.creator = "Nhà thầu khảo sát mô phỏng"
    book.properties.description = NOTICE_VI
    book.properties.keywords = f"data_nature={DATA_NATURE}"
    book.properties.created = book.properties.modified = _STAMP


def _sheet(book: Workbook, title: str, rows: list[list]) -> None:
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
