"""A national round as one wide CSV, and the reference rows that it needs.

63 provinces × 3 districts × 3 communes × 2 sampling points; the forms are shared evenly among the
points in order. The same number of forms gives the same bytes. Provinces are numbered, not named:
nothing here is anybody's result.
"""

import csv
import shutil
from pathlib import Path

import msgspec
import numpy
import pandas

from sipas.local.instance import PROJECT

ROUND = "bench-national"
METHOD = "ministry-2023"
PROVINCES, DISTRICTS, COMMUNES, POINTS = 63, 3, 3, 2
POINT_COUNT = PROVINCES * DISTRICTS * COMMUNES * POINTS
VALID_FROM = "2020-01-01"
MISSING_WORDS = ("", "Không biết", "Từ chối")
MISSING_SHARES = (0.01, 0.006, 0.004)
PEOPLE = {
    "Giới tính": ("Nam", "Nữ"),
    "Nhóm tuổi": ("18–24", "25–34", "35–49", "50–60", "Trên 60"),
    "Trình độ học vấn": ("Tiểu học", "Trung học", "Trung cấp", "Đại học"),
    "Nghề nghiệp": ("Nông dân", "Công nhân", "Viên chức", "Khác"),
    "Khu vực": ("Đô thị", "Nông thôn"),
}


class Question(msgspec.Struct, frozen=True):
    """One question of the method."""

    code: str
    parent_code: str
    measure_type: str
    scale_min: int
    scale_max: int


def questions() -> list[Question]:
    """The questions of the method in the order of the form."""
    with (PROJECT / "reference" / "method_indicators.csv").open(encoding="utf8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["method_version"] == METHOD and row["is_asked"] == "true"
        ]
    return [
        Question(
            row["indicator_code"],
            row["parent_code"],
            row["measure_type"],
            int(row["scale_min"]),
            int(row["scale_max"]),
        )
        for row in sorted(rows, key=lambda row: int(row["sort_order"]))
    ]


def unit_key(*numbers: int) -> str:
    """Key of a province, district or commune by its numbers."""
    return f"bench:{'.'.join(f'{number:02d}' for number in numbers)}@{VALID_FROM}"


def unit_of_point(point: int, depth: int) -> str:
    """The province (depth 1), district (2) or commune (3) of a sampling point."""
    commune, district = point // POINTS, point // POINTS // COMMUNES
    province = district // DISTRICTS
    return unit_key(*(province + 1, district % DISTRICTS + 1, commune % COMMUNES + 1)[:depth])


def point_code(point: int) -> str:
    """Code of a sampling point."""
    return f"D{point + 1:04d}"


def write_round(folder: Path, form_count: int) -> Path:
    """Writes the CSV into the round's folder of an inbox, its mapping and its reference rows
    beside; returns the path of the CSV."""
    write_reference(folder / "reference" / "simulated" / ROUND, form_count)
    mappings = folder / "mappings"
    mappings.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("bench_wide.yml"), mappings)
    path = folder / "surveys" / ROUND / "phieu.csv"
    path.parent.mkdir(parents=True)
    forms(form_count).to_csv(path, index=False)
    return path


def forms(form_count: int) -> pandas.DataFrame:
    """All forms: who and where, and a cell for each question."""
    rng = numpy.random.default_rng(2023)
    number = numpy.arange(form_count)
    place = number * POINT_COUNT // form_count
    columns: dict[str, object] = {
        "Mã phiếu": [f"B{value:06d}" for value in number],
        "Mã điểm khảo sát": [point_code(value) for value in place],
        "Hình thức thu thập": "Phiếu giấy",
        "Đối tượng": "Người dân",
    }
    for name, values in PEOPLE.items():
        columns[name] = rng.choice(numpy.array(values, dtype=object), form_count)
    climate = rng.normal(0, 0.4, POINT_COUNT)
    mood = climate[place] + rng.normal(0, 0.6, form_count)
    for question in questions():
        columns[question.code] = answers(question, mood, rng)
    return pandas.DataFrame(columns)


def answers(question: Question, mood: numpy.ndarray, rng: numpy.random.Generator) -> numpy.ndarray:
    """One column: scores that follow the mood, ticks, and what is missing."""
    form_count = len(mood)
    if question.measure_type == "multiple_choice":
        return numpy.where(rng.random(form_count) < 0.4, "x", "").astype(object)
    lowest, highest = question.scale_min, question.scale_max
    middle = lowest + 0.7 * (highest - lowest)
    scores = numpy.rint(middle + mood + rng.normal(0, 0.8, form_count)).clip(lowest, highest)
    cells = scores.astype(int).astype(object)
    present = 1 - sum(MISSING_SHARES)
    kinds = rng.choice(len(MISSING_WORDS) + 1, form_count, p=(present, *MISSING_SHARES))
    for kind, word in enumerate(MISSING_WORDS, start=1):
        cells[kinds == kind] = word
    return cells


def write_reference(folder: Path, form_count: int) -> None:
    """Units, round, sampling points and design as reference tables."""
    folder.mkdir(parents=True)
    country = "gso:VN@1900-01-01"
    units: dict[str, dict] = {}
    for point in range(POINT_COUNT):
        parent = country
        for depth, level in enumerate(("province", "district", "commune"), start=1):
            key = unit_of_point(point, depth)
            units[key] = {
                "unit_key": key,
                "unit_code": key.partition("@")[0],
                "unit_name": f"Đơn vị thử {key.partition('@')[0].partition(':')[2]}",
                "unit_level": level,
                "parent_unit_key": parent,
                "valid_from": VALID_FROM,
            }
            parent = key
    write_table(folder, "units", list(units.values()))
    write_table(
        folder,
        "rounds",
        [
            {
                "round_code": ROUND,
                "round_name_vi": "Đợt thử tải toàn quốc (mô phỏng)",
                "survey_year": 2023,
                "unit_key": country,
                "method_version": METHOD,
                "value_source": "answers",
                "data_nature": "simulated",
                "planned_form_count": form_count,
                "mapping": "bench_wide",
            }
        ],
    )
    write_table(
        folder,
        "sampling_points",
        [
            {
                "round_code": ROUND,
                "sampling_point_code": point_code(point),
                "point_name_vi": f"Điểm thử {point + 1}",
                "unit_key": unit_of_point(point, 3),
            }
            for point in range(POINT_COUNT)
        ],
    )
    # Each level's units draw from the level below them.
    design = (("country", "district", "province"), ("province", "commune", "district"))
    write_table(
        folder,
        "sampling_designs",
        [
            {
                "round_code": ROUND,
                "unit_level": level,
                "psu_level": psu,
                "stratum_level": stratum,
                "has_breakdowns": "true",
            }
            for level, psu, stratum in design
        ],
    )


def write_table(folder: Path, name: str, rows: list[dict]) -> None:
    """One reference table as CSV."""
    pandas.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
