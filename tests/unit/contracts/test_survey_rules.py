"""What a round's method and a mapping say about forms: skip logic, words, scales, points, codes."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipas.contracts.rejection import DeliveryRefused
from sipas.contracts.survey_form import Form, read_forms, wide_records
from sipas.contracts.survey_instrument import Instrument, Question, SkipRule
from sipas.contracts.survey_mapping import SurveyMapping
from sipas.contracts.survey_table import Sheet, read_tables

QUESTIONS = {
    "B.1": Question("B.1", "B", "mean5", 1, 5, "satisfied"),
    "C.1": Question("C.1", "C", "yes_no", 0, 1),
    "C.2": Question("C.2", "C", "mean5", 1, 5),
    "A.4": Question("A.4", "A", "count", None, None),
    "A.5": Question("A.5", "A", "count", 1, 9),
    "A.1": Question("A.1", "A", "category", 1, 3, "places"),
    "X1": Question("X1", "own X1", "mean4", 1, 4),
}
INSTRUMENT = Instrument(
    "soc-trang-2022",
    QUESTIONS,
    group_codes=frozenset({"B", "C"}),
    scales={
        "satisfied": {"Rất hài lòng": 5, "Hài lòng": 4},
        "places": {"Bộ phận Một cửa": 1, "Bưu điện": 2, "Cổng dịch vụ công": 3},
    },
    skip_rules=(SkipRule("C.2", "C.1", frozenset({1})),),
    points=frozenset({"D1", "D2"}),
)
FIELDS = {
    "form_code": "Mã phiếu",
    "sampling_point_code": "Điểm",
    "weight": "Trọng số",
    "is_interlinked": "Liên thông",
    "recheck_result": "Phúc tra",
    "is_substitute": "Thay thế",
    "field_code": "Lĩnh vực",
    "procedure_code": "Mã TTHC",
    "age_band": "Tuổi",
    "interviewed_on": "Ngày",
}
MAPPING = SurveyMapping(
    "test",
    "1",
    FIELDS,
    item_heading=r"^(?P<item_code>[A-Z]\.?\d+)\.",
    constants={"collection_mode": "phone", "respondent_type": "organisation"},
    codes={
        "is_interlinked": {"Có": True, "Không": False},
        "recheck_result": {"Đạt": "passed", "Không đạt": "failed"},
        "is_substitute": {"Có": True, "Không": False},
    },
    age_bands={"18–24": (18, 24), "Trên 24": (25, 120)},
    date_formats=("%d/%m/%Y", "excel_serial"),
    decimal_comma=True,
    answer_words={"yes_no": {"Có": 1, "Không": 0}, "A.1": {"Một cửa": 1}},
    missing_words={"Không biết": "dont_know"},
    totals_words=["Tổng", "Trung bình"],
    dropped=["Họ tên"],
)
HEADINGS = [*FIELDS.values(), "Họ tên", *(f"{code}. Câu" for code in QUESTIONS)]
OWN = {
    "Mã phiếu": "F1",
    "Điểm": "D1",
    "Trọng số": "0,85",
    "Liên thông": "có",
    "Phúc tra": "Không đạt",
    "Thay thế": "Có",
    "Lĩnh vực": "HT",
    "Mã TTHC": "1.000656",
    "Tuổi": 24.0,
    "Ngày": 45236.0,
    "Họ tên": "Nguyễn Văn Thử",
}
ANSWERS = {
    "B.1": "RẤT HÀI LÒNG",
    "C.1": "Có",
    "C.2": "4,0",
    "A.4": 12,
    "A.5": "3",
    "A.1": 2,
    "X1": 4,
}
GOOD = {**OWN, **ANSWERS}


def row(**changes) -> list:
    cells = GOOD | changes
    return [cells[heading if heading in cells else heading.split(". ")[0]] for heading in HEADINGS]


def read(*rows: list, headings=HEADINGS, instrument=INSTRUMENT, mapping=MAPPING) -> list:
    sheets = [Sheet("A", [headings, *rows])]
    tables = read_tables(sheets, mapping, "lot.xlsx")
    records = wide_records(tables, instrument, mapping, "lot.xlsx")
    return list(read_forms(records, instrument, mapping, "lot.xlsx"))


def codes(result) -> list[tuple[str, str]]:
    return [(rejection.field, rejection.reason_code) for rejection in result]


def test_what_stands_beside_the_answers_is_kept():
    (form,) = read(row())
    assert form.columns == {
        "form_code": "F1",
        "sampling_point_code": "D1",
        "weight": Decimal("0.85"),
        "is_interlinked": True,
        "recheck_result": "failed",
        "is_substitute": True,
        "field_code": "HT",
        "procedure_code": "1.000656",
        "age_band": "18–24",
        "interviewed_on": date(2023, 11, 6),
        "collection_mode": "phone",
        "respondent_type": "organisation",
    }


def test_answers_are_words_of_the_scale_or_numbers():
    (form,) = read(row())
    scores = {code: score for code, (score, _) in form.answers.items()}
    assert scores == {"B.1": 5, "C.1": 1, "C.2": 4, "A.4": 12, "A.5": 3, "A.1": 2, "X1": 4}
    (form,) = read(row(**{"A.1": "một cửa", "B.1": "hài lòng", "A.4": 0}))
    assert [form.answers[code][0] for code in ("A.1", "B.1", "A.4")] == [1, 4, 0]


@pytest.mark.parametrize(
    ("code", "cell", "reason"),
    [
        ("B.1", "Tạm được", "not_a_score"),
        ("A.4", -1, "out_of_scale"),
        ("A.4", "2,5", "not_a_score"),
        ("A.4", "1.000", "not_a_score"),  # a thousand or one? nobody can say
        ("A.4", 40_000, "out_of_scale"),
        ("A.5", 0, "out_of_scale"),
        ("A.5", 10, "out_of_scale"),
        ("A.1", 4, "out_of_scale"),
        ("C.1", "Hài lòng", "not_a_score"),
        ("X1", 5, "out_of_scale"),
    ],
)
def test_an_answer_outside_its_scale_is_rejected(code, cell, reason):
    (result,) = read(row(**{code: cell}))
    assert codes(result) == [(f"Câu {code}", reason)]


@pytest.mark.parametrize(
    ("heading", "cell", "reason"),
    [
        ("Điểm", "D3", "unknown_sampling_point"),
        ("Trọng số", "0", "not_a_weight"),
        ("Trọng số", -1.0, "not_a_weight"),
        ("Trọng số", "nặng", "not_a_weight"),
        ("Liên thông", "có lẽ", "unknown_code"),
        ("Tuổi", 12, "unknown_code"),
        ("Ngày", "hôm qua", "not_a_date"),
        ("Ngày", 5.0, "not_a_date"),
    ],
)
def test_a_column_that_cannot_be_read_rejects_its_form(heading, cell, reason):
    (result,) = read(row(**{heading: cell}))
    assert codes(result) == [(heading, reason)]


def test_a_round_without_a_list_of_points_takes_any():
    anywhere = Instrument("r", QUESTIONS, scales=INSTRUMENT.scales)
    (form,) = read(row(**{"Điểm": "D3"}), instrument=anywhere)
    assert form.columns["sampling_point_code"] == "D3"


@pytest.mark.parametrize("asked", ["Không", "Không biết", ""])
def test_an_answer_that_was_not_to_be_asked_for_rejects_the_form(asked):
    (result,) = read(row(**{"C.1": asked, "C.2": 4}))
    assert codes(result) == [("Câu C.2", "not_to_be_asked")]
    assert "câu C.1" in result[0].reason_vi


def test_a_question_that_was_skipped_is_not_applicable():
    (form,) = read(row(**{"C.1": "Không", "C.2": ""}))
    assert form.answers["C.2"] == (None, "not_applicable")
    (form,) = read(row(**{"C.1": "Có", "C.2": ""}))
    assert form.answers["C.2"] == (None, "blank")
    (form,) = read(row(**{"C.1": "Không", "C.2": "Không biết"}))
    assert form.answers["C.2"] == (None, "dont_know")


def test_a_question_of_another_method_rejects_the_forms_that_answer_it():
    headings = [*HEADINGS, "B.9. Câu lạ", "B. Cả nhóm", "Ghi chú"]
    answered, empty = [*row(), 3, 4.2, "x"], [*row(**{"Mã phiếu": "F2"}), "", 4.2, "x"]
    first, second = read(answered, empty, headings=headings)
    assert codes(first) == [("Câu B.9", "unknown_item")]
    assert isinstance(second, Form)


def test_rows_of_totals_are_no_forms():
    blank = [""] * (len(HEADINGS) - 1)
    rows = [row(), ["Tổng", *blank], ["Trung bình: 4,2", *blank], ["TỔNG 1 phiếu", *blank]]
    assert [type(result) for result in read(*rows)] == [Form]
    # A code that only begins like one is a form's.
    (result,) = read(row(**{"Mã phiếu": "Tổng-hợp-1"}))
    assert isinstance(result, Form)


def test_no_reason_shows_what_stood_in_the_cell():
    person = "Nguyễn Văn Thử 0905000001"
    changes = {name: person for name in GOOD if name not in ("Mã phiếu", "Lĩnh vực", "Mã TTHC")}
    (result,) = read(row(**changes))
    assert len(result) == len(changes) - 1  # not the dropped column
    assert not any("Thử" in rejection.reason_vi for rejection in result)


def test_doubles_are_found_across_sheets():
    sheets = [
        Sheet("Bắc", [HEADINGS, row(), row(**{"Mã phiếu": "F2"})]),
        Sheet("Nam", [HEADINGS, row(), row(**{"Mã phiếu": "F2", "X1": 1})]),
    ]
    mapping = msgspec.structs.replace(MAPPING, sheets=["*"])
    records = wide_records(read_tables(sheets, mapping, "f"), INSTRUMENT, mapping, "f")
    results = list(read_forms(records, INSTRUMENT, mapping, "f"))
    assert isinstance(results[0], Form)
    assert [codes(result)[0][1] for result in results[1:]] == [
        "doubled_form_code",
        "repeated_form",
        "doubled_form_code",
    ]
    assert results[2][0].place == "f, trang «Nam», dòng 2"
    assert "trang «Bắc», dòng 2" in results[2][0].reason_vi


def test_a_running_number_makes_no_new_form():
    headings = ["STT", *HEADINGS]
    results = read([1, *row()], [2, *row()], headings=headings)
    assert isinstance(results[0], Form)
    assert codes(results[1]) == [("Mã phiếu", "repeated_form")]


def test_a_mapping_may_ask_only_what_is_there():
    kept = [index for index, heading in enumerate(HEADINGS) if not heading.startswith("A.")]
    headings = [HEADINGS[index] for index in kept]
    cells = [row()[index] for index in kept]
    with pytest.raises(DeliveryRefused, match=r"thiếu cột câu A\.4, câu A\.5, câu A\.1\."):
        read(cells, headings=headings)
    (form,) = read(
        cells, headings=headings, mapping=msgspec.structs.replace(MAPPING, questions="some")
    )
    assert set(form.answers) == {"B.1", "C.1", "C.2", "X1"}


def test_a_file_without_any_question_is_refused():
    some = msgspec.structs.replace(MAPPING, questions="some")
    with pytest.raises(DeliveryRefused, match="không có cột nào là câu hỏi"):
        read(list(OWN.values()), headings=list(OWN), mapping=some)


# Cells good and bad for each column, and codes that collide.
faulty_rows = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "Mã phiếu": st.sampled_from(["F1", "F2", "F3", "", 4.0, "4"]),
            "Điểm": st.sampled_from(["D1", "D2", "D3", ""]),
            "Trọng số": st.sampled_from(["1,5", "0", "x", ""]),
            "B.1": st.sampled_from([1, 5, 6, "Hài lòng", "?", ""]),
            "C.1": st.sampled_from([0, 1, "Có", ""]),
            "C.2": st.sampled_from([4, "", "Không biết"]),
        },
    ).map(lambda changes: row(**changes)),
    min_size=1,
    max_size=8,
)


def content(results: list) -> list[tuple]:
    """What is loaded: columns and answers, without the place."""
    forms = [result for result in results if isinstance(result, Form)]
    return sorted((repr(sorted(f.columns.items())), repr(sorted(f.answers.items()))) for f in forms)


@given(faulty_rows, st.randoms())
def test_the_order_of_rows_never_changes_what_is_loaded(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert content(read(*shuffled)) == content(read(*rows))


@given(faulty_rows)
def test_every_row_is_loaded_once_or_rejected_with_reasons(rows):
    results = read(*rows)
    assert len(results) == len(rows)
    loaded = [result.columns["form_code"] for result in results if isinstance(result, Form)]
    assert len(set(loaded)) == len(loaded)
    assert all(isinstance(result, Form) or result for result in results)
