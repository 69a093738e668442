"""The workbook that a survey contractor hands over, and the faults that such workbooks have."""

from datetime import date
from random import Random

from openpyxl import Workbook

from simulator import NOTICE_VI
from simulator.answers import FITTED_FORMS, Answers, questions
from simulator.office_hours import OfficeHours
from simulator.places import Point, sampling_points
from simulator.reference import ROUND_CODE
from simulator.workbook import add_sheet, new_workbook, packed

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
_INTERVIEWS = (date(2023, 11, 6), date(2023, 11, 30))
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
    book = new_workbook()
    rows = (
        [None if cell == "" else cell for cell in row]
        for row in zip(*columns.values(), strict=True)
    )
    add_sheet(book, FORMS_SHEET, [list(columns), *rows])
    add_sheet(
        book,
        ABOUT_SHEET,
        [
            [NOTICE_VI],
            ["Mã đợt khảo sát", ROUND_CODE],
            ["Số hạt giống", seed],
            ["Số phiếu", len(columns["Mã phiếu"])],
        ],
    )
    add_sheet(
        book,
        POINTS_SHEET,
        [
            ["Mã điểm khảo sát", "Thôn, tổ dân phố", "Xã, phường, thị trấn", "Huyện, thị xã"],
            *([point.code, point.village, point.commune, point.district] for point in points),
        ],
    )
    return book
