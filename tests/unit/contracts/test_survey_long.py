"""Long files: one row an answer becomes one form, whatever the order of the rows."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipas.contracts.rejection import DeliveryRefused
from sipas.contracts.survey_form import Form, read_forms
from sipas.contracts.survey_instrument import Instrument, Question
from sipas.contracts.survey_long import LongReader
from sipas.contracts.survey_mapping import SurveyMapping
from sipas.contracts.survey_table import Sheet, read_sheets

INSTRUMENT = Instrument(
    "r",
    {
        "1.1.1": Question("1.1.1", "1.1", "mean5", 1, 5),
        "P2.1": Question("P2.1", "P2", "multiple_choice", 0, 1),
        "P2.2": Question("P2.2", "P2", "multiple_choice", 0, 1),
    },
)
MAPPING = SurveyMapping(
    "long",
    "1",
    {
        "form_code": "Mã phiếu",
        "sampling_point_code": "Điểm",
        "item_code": "Câu",
        "answer": "Trả lời",
    },
    shape="long",
    constants={"collection_mode": "web", "respondent_type": "individual"},
)
HEADINGS = ["Mã phiếu", "Điểm", "Câu", "Trả lời"]
GOOD = [["F1", "D1", "1.1.1", "5"], ["F1", "D1", "P2.1", "x"], ["F2", "D2", "1.1.1", "4"]]


def read(*rows: list, mapping=MAPPING, sheets=None) -> dict[str, Form | list]:
    sheets = sheets or [Sheet("", [HEADINGS, *rows])]
    records = LongReader(INSTRUMENT, mapping, "lot.csv").read(sheets)
    results = list(read_forms(records, INSTRUMENT, mapping, "lot.csv"))
    assert len(results) == len(records)
    return {record.form_code: result for record, result in zip(records, results, strict=True)}


def codes(result) -> list[tuple[str, str]]:
    return [(rejection.field, rejection.reason_code) for rejection in result]


def test_the_rows_of_a_form_are_one_form():
    found = read(*GOOD)
    assert found["F1"].answers == {"1.1.1": (5, None), "P2.1": (1, None), "P2.2": (0, None)}
    assert found["F2"].answers["P2.1"] == (None, "blank")
    assert [form.columns["sampling_point_code"] for form in found.values()] == ["D1", "D2"]


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (["F2", "D2", "9.9.9", "1"], "Câu hỏi", "unknown_item"),
        (["F2", "D2", "1.1.1", "5"], "Câu 1.1.1", "doubled_answer"),
        (["F2", "D1", "P2.1", "x"], "Điểm", "contradicting_rows"),
        (["F2", "D2", "P2.1", "7"], "Câu P2.1", "out_of_scale"),
    ],
)
def test_a_bad_row_costs_its_form_only(row, field, code):
    found = read(*GOOD, row)
    assert isinstance(found["F1"], Form)
    assert codes(found["F2"]) == [(field, code)]


def test_a_separator_inside_a_cell_costs_its_form_only():
    text = "\n".join(",".join(row) for row in [HEADINGS, *GOOD, ["F2", "D2", "P2.1", "x", "y"]])
    found = read(sheets=read_sheets(text.encode(), "lot.csv"))
    assert isinstance(found["F1"], Form)
    assert codes(found["F2"]) == [("Cả dòng", "too_many_cells")]


def test_the_same_answer_once_more_is_no_news():
    found = read(*GOOD, ["F2", "D2", "1.1.1", " 4"])
    assert isinstance(found["F2"], Form)


def test_rows_without_a_code_are_rejected_one_by_one():
    records = LongReader(INSTRUMENT, MAPPING, "lot.csv").read(
        [Sheet("", [HEADINGS, *GOOD, ["", "D1", "1.1.1", "5"], ["", "D1", "1.1.1", "4"]])]
    )
    results = list(read_forms(records, INSTRUMENT, MAPPING, "lot.csv"))
    assert [isinstance(result, Form) for result in results] == [True, True, False, False]
    assert [result[0].place for result in results[2:]] == ["lot.csv, dòng 5", "lot.csv, dòng 6"]


def test_a_form_that_the_list_of_forms_does_not_have_is_rejected():
    mapping = msgspec.structs.replace(MAPPING, sheets=["trả lời"], forms_sheet="phiếu")
    answers = [["Mã phiếu", "Câu", "Trả lời"], *([row[0], row[2], row[3]] for row in GOOD)]
    forms = [["Mã phiếu", "Điểm"], ["F1", "D1"], ["F3", "D3"]]
    found = read(mapping=mapping, sheets=[Sheet("phiếu", forms), Sheet("trả lời", answers)])
    assert isinstance(found["F1"], Form)
    assert ("Mã phiếu", "unlisted_form") in codes(found["F2"])
    assert {missing for _, missing in found["F3"].answers.values()} == {"blank"}


def test_a_question_that_no_form_answers_is_refused_unless_some_are_asked():
    with pytest.raises(DeliveryRefused, match=r"không phiếu nào có câu P2\.1, P2\.2\."):
        read(GOOD[0])
    some = msgspec.structs.replace(MAPPING, questions="some")
    assert set(read(GOOD[0], mapping=some)["F1"].answers) == {"1.1.1"}


long_rows = st.lists(
    st.tuples(
        st.sampled_from(["F1", "F2", "F3", ""]),
        st.sampled_from(["D1", "D2", ""]),
        st.sampled_from(["1.1.1", "P2.1", "P2.2", "9"]),
        st.sampled_from(["1", "x", "7", ""]),
    ).map(list),
    max_size=10,
)


@given(long_rows, st.randoms())
def test_the_order_of_rows_never_changes_what_is_loaded(rows, random):
    rows = [*GOOD, *rows]
    shuffled = list(rows)
    random.shuffle(shuffled)

    def content(found: dict) -> list:
        return sorted(
            (code, repr(sorted(form.columns.items())), repr(sorted(form.answers.items())))
            for code, form in found.items()
            if isinstance(form, Form)
        )

    assert content(read(*rows)) == content(read(*shuffled))
