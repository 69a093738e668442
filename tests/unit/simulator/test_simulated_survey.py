"""The contractor's workbook: exact totals, the same bytes, and faults that do what they say."""

import csv
import re
import zipfile
from datetime import date
from io import BytesIO

import pytest
from click.testing import CliRunner
from python_calamine import CalamineError, CalamineWorkbook

from simulator import NOTICE_VI
from simulator.__main__ import main
from simulator.answers import FITS_FILE, MISSING, fits, questions
from simulator.survey import (
    ABOUT_SHEET,
    FAULTY_ITEM,
    FAULTY_ROW,
    FORM_COLUMNS,
    FORMS_SHEET,
    MISSING_ITEM,
    survey_workbook,
)

SMALL = 36


def read(content: bytes, sheet: str = FORMS_SHEET) -> list[list]:
    return CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_name(sheet).to_python()


def columns_by_code(content: bytes) -> dict[str, list]:
    headings, *rows = read(content)
    return {
        heading.split(". ")[0]: [row[index] for row in rows]
        for index, heading in enumerate(headings)
    }


@pytest.fixture(scope="module")
def workbook() -> bytes:
    return survey_workbook()


@pytest.fixture(scope="module")
def columns(workbook) -> dict[str, list]:
    return columns_by_code(workbook)


@pytest.fixture(scope="module")
def fit_rows() -> list[dict]:
    with FITS_FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_same_options_same_bytes():
    assert survey_workbook(seed=1, forms=SMALL) == survey_workbook(seed=1, forms=SMALL)
    assert survey_workbook(seed=1, forms=SMALL) != survey_workbook(seed=2, forms=SMALL)


def test_the_wall_clock_leaves_no_trace(workbook):
    parts = zipfile.ZipFile(BytesIO(workbook))
    core = parts.read("docProps/core.xml").decode()
    assert {part.date_time for part in parts.infolist()} == {(2023, 12, 15, 8, 0, 0)}
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {"2023-12-15T08:00:00Z"}


def test_headings_are_the_form_then_every_question(workbook):
    headings = read(workbook)[0]
    assert tuple(headings) == FORM_COLUMNS + tuple(question.heading for question in questions())
    assert len(headings) == len(set(headings))


def test_558_forms_of_18_points(columns):
    points = columns["Mã điểm khảo sát"]
    assert len(points) == len(set(columns["Mã phiếu"])) == 558
    assert sorted(set(points)) == [f"DKS-{number:02d}" for number in range(1, 19)]
    assert {points.count(point) for point in points} == {31}
    assert all(isinstance(day, date) for day in columns["Ngày phỏng vấn"])
    assert set(columns["Khu vực"]) == {"Đô thị", "Nông thôn"}


def test_scores_reproduce_every_fit(columns, fit_rows):
    checked = 0
    for row in fit_rows:
        code, valid, total = row["item_code"], int(row["valid_count"]), int(row["score_sum"])
        if row["measure_type"] in ("mean5", "mean4"):
            scores = [cell for cell in columns[code] if isinstance(cell, (int, float))]
            assert (len(scores), sum(scores)) == (valid, total), code
            assert set(scores) <= set(range(1, int(row["measure_type"][-1]) + 1))
        elif row["measure_type"] == "share_top":
            scores = [cell for cell in columns[code] if isinstance(cell, (int, float))]
            assert (len(scores), scores.count(3)) == (valid, total), code
        elif row["measure_type"] == "share_single":
            question, answer = code.split(".")
            answers = [cell for cell in columns[question] if isinstance(cell, (int, float))]
            assert (len(answers), answers.count(int(answer))) == (valid, total), code
        else:
            group = code.split(".")[0] + "."
            rows = zip(
                *(cells for key, cells in columns.items() if key.startswith(group)), strict=True
            )
            assert columns[code].count("x") == total, code
            assert sum("x" in cells for cells in rows) == valid, code
        checked += 1
    assert checked == len(fit_rows) == 78


def test_missing_answers_are_of_every_kind(columns):
    asked = [q.code for q in questions() if q.measure_type != "multiple_choice"]
    words = {cell for code in asked for cell in columns[code] if isinstance(cell, str)}
    assert words == set(MISSING)


def test_forms_and_points_have_an_opinion(columns):
    items = [q.code for q in questions() if q.measure_type == "mean5"]

    def mean_of_form(form: int, codes: list[str]) -> float:
        scores = [columns[code][form] for code in codes]
        scores = [score for score in scores if not isinstance(score, str)]
        return sum(scores) / len(scores)

    halves = [
        (mean_of_form(form, items[::2]), mean_of_form(form, items[1::2])) for form in range(558)
    ]
    assert correlation(halves) > 0.6
    assert max(max(half) for half in halves) > 4.6
    assert min(min(half) for half in halves) < 3.7


def correlation(pairs: list[tuple[float, float]]) -> float:
    left, right = zip(*pairs, strict=True)
    mean_left, mean_right = sum(left) / len(left), sum(right) / len(right)
    product = sum((a - mean_left) * (b - mean_right) for a, b in pairs)
    spread = sum((a - mean_left) ** 2 for a in left) * sum((b - mean_right) ** 2 for b in right)
    return product / spread**0.5


@pytest.mark.parametrize("forms", [18, SMALL, 97])
def test_other_sizes_keep_the_proportions(forms):
    columns = columns_by_code(survey_workbook(forms=forms))
    for code, fit in fits(forms).items():
        if code in columns and code[0] in "12":
            scores = [cell for cell in columns[code] if not isinstance(cell, str)]
            assert (len(scores), sum(scores)) == (fit.valid, fit.total)


def test_the_workbook_says_that_it_is_simulated(workbook):
    about = read(workbook, ABOUT_SHEET)
    assert about[0][0] == NOTICE_VI
    assert ["Mã đợt khảo sát", "hue-2023-sim"] in about
    assert ["Số hạt giống", 2023] in about
    core = zipfile.ZipFile(BytesIO(workbook)).read("docProps/core.xml").decode()
    assert "<cp:keywords>data_nature=simulated</cp:keywords>" in core


@pytest.mark.parametrize(("fault", "cell"), [("score_of_7", 7), ("word_for_score", "Tốt")])
def test_a_wrong_score_spoils_one_cell(fault, cell):
    sound, spoilt = read(survey_workbook(forms=SMALL)), read(survey_workbook(2023, SMALL, fault))
    differences = [
        (row, spoilt[0][column], spoilt[row][column])
        for row in range(len(sound))
        for column in range(len(sound[0]))
        if sound[row][column] != spoilt[row][column]
    ]
    assert [(row, heading.split(". ")[0], value) for row, heading, value in differences] == [
        (FAULTY_ROW + 1, FAULTY_ITEM, cell)
    ]


def test_a_doubled_form_shares_its_code_with_another():
    codes = columns_by_code(survey_workbook(forms=SMALL, fault="doubled_form"))["Mã phiếu"]
    assert len(codes) == SMALL
    assert len(set(codes)) == SMALL - 1


def test_a_missing_column_is_missing():
    sound = read(survey_workbook(forms=SMALL))[0]
    spoilt = read(survey_workbook(forms=SMALL, fault="missing_column"))[0]
    missing = [heading for heading in sound if heading not in spoilt]
    assert [heading.split(". ")[0] for heading in missing] == [MISSING_ITEM]


def test_a_truncated_file_cannot_be_read():
    with pytest.raises(CalamineError):
        read(survey_workbook(forms=SMALL, fault="truncated"))


def test_an_unknown_fault_is_refused():
    with pytest.raises(ValueError, match="unknown fault"):
        survey_workbook(forms=SMALL, fault="other")


def test_the_command_writes_what_the_function_makes(tmp_path):
    out = tmp_path / "round.xlsx"
    options = ["survey", "--out", str(out), "--seed", "5", "--forms", str(SMALL)]
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 0
    assert NOTICE_VI in result.output
    assert out.read_bytes() == survey_workbook(5, SMALL)
