"""The contract of a survey form, on cells as people leave them."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipas.contracts.mapping import read_mapping
from sipas.contracts.survey_form import Form, read_forms, wide_records
from sipas.contracts.survey_instrument import Instrument, Question
from sipas.contracts.survey_mapping import PRODUCT_FOLDER, SurveyMapping
from sipas.contracts.survey_table import Table

MAPPING = read_mapping("contractor_wide", SurveyMapping, [PRODUCT_FOLDER])
QUESTIONS = {
    "1.1.1": Question("1.1.1", "1.1", "mean5", 1, 5),
    "P1.1": Question("P1.1", "P1", "multiple_choice", 0, 1),
    "P1.2": Question("P1.2", "P1", "multiple_choice", 0, 1),
    "P5": Question("P5", "P", "share_single", 1, 3),
}
HEADINGS = [*MAPPING.fields.values(), *(f"{code}. Câu hỏi" for code in QUESTIONS)]
GOOD = ["F1", "DKS-01", date(2023, 11, 6), "Phiếu giấy", "Người dân", "Nữ", "", "", "", "Đô thị"]
NEW_ANSWERS = [5.0, "x", "", 2]


def read(*rows: list, mapping=MAPPING, instrument=None, headings=HEADINGS) -> list:
    instrument = instrument or Instrument("hue-2023", QUESTIONS)
    table = Table(None, [[name] for name in headings], list(enumerate(rows, start=2)))
    records = wide_records([table], instrument, mapping, "lot.xlsx")
    return list(read_forms(records, instrument, mapping, "lot.xlsx"))


def read_one(**cells):
    """One form with cells replaced, by heading or question."""
    row = [*GOOD, *NEW_ANSWERS]
    for name, value in cells.items():
        row[next(i for i, heading in enumerate(HEADINGS) if heading.startswith(name))] = value
    (result,) = read(row)
    return result


cells = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.dates()
    | st.datetimes()
    | st.sampled_from(["x", "X", "Không biết", "5", "0", "4.0", "٣"])
)


@given(st.lists(cells, min_size=len(HEADINGS), max_size=len(HEADINGS)))
def test_a_row_is_a_form_or_has_reasons(row):
    if all(cell in ("", None) for cell in row):
        return
    (result,) = read(row)
    if isinstance(result, Form):
        assert set(result.answers) == set(QUESTIONS)
        for code, (score, missing) in result.answers.items():
            assert (score is None) != (missing is None)
            if score is not None:
                assert QUESTIONS[code].scale_min <= score <= QUESTIONS[code].scale_max
    else:
        assert result
        assert all(rejection.place == "lot.xlsx, dòng 2" for rejection in result)


@pytest.mark.parametrize(
    "cell", [0, 6, 7, -1, 4.5, "4,5", "Tốt", "1_0", "0_4", True, "5 điểm", "٣", "4,0", "1.000,0"]
)
def test_what_is_no_score_of_the_scale_is_rejected(cell):
    (rejection,) = read_one(**{"1.1.1": cell})
    assert rejection.field == "Câu 1.1.1"
    assert rejection.reason_code in ("out_of_scale", "not_a_score")


@pytest.mark.parametrize("cell", [4, 4.0, "4", " 4 ", "\u00a04", "4.0", "4.00"])
def test_a_score_is_read_however_it_is_typed(cell):
    assert read_one(**{"1.1.1": cell}).answers["1.1.1"] == (4, None)


@pytest.mark.parametrize("code", ["1.1.1", "P5"])
def test_a_tick_is_an_answer_of_boxes_only(code):
    (rejection,) = read_one(**{code: "x"})
    assert rejection.reason_code == "not_a_score"


def test_a_group_of_boxes_without_a_tick_is_blank():
    assert read_one(**{"P1.1": ""}).answers["P1.1"] == (None, "blank")
    assert read_one().answers["P1.2"] == (0, None)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (datetime(2023, 11, 6, 9, 30), date(2023, 11, 6)),
        ("06/11/2023", date(2023, 11, 6)),
        ("", None),
    ],
)
def test_a_day_may_be_typed_or_missing(cell, day):
    assert read_one(**{"Ngày": cell}).columns["interviewed_on"] == day


@pytest.mark.parametrize("cell", ["2023-11-06", "31/02/2023", 45236.0, "6 tháng 11"])
def test_what_is_no_day_is_rejected(cell):
    (rejection,) = read_one(**{"Ngày": cell})
    assert (rejection.field, rejection.reason_code) == ("Ngày phỏng vấn", "not_a_date")


def test_codes_of_digits_are_the_same_as_number_and_as_text():
    first, second = [*GOOD, *NEW_ANSWERS], [*GOOD, *NEW_ANSWERS]
    first[0], second[0], second[1] = 1.0, "1", "DKS-02"
    codes = [[rejection.reason_code for rejection in found] for found in read(first, second)]
    assert codes == [["doubled_form_code"]] * 2


def test_three_forms_of_one_code_name_each_other():
    rows = [[*GOOD, *NEW_ANSWERS] for _ in range(3)]
    for number, row in enumerate(rows):
        row[1] = f"DKS-{number}"
    others = [rejected[0].reason_vi.split("dòng ")[1].split(")")[0] for rejected in read(*rows)]
    assert others == ["3, 4", "2, 4", "2, 3"]
