"""Survey workbooks: good forms load, bad ones are quarantined, unreadable files refused whole."""

import unicodedata
from datetime import date
from functools import cache
from io import BytesIO

import openpyxl
import pytest
from handover import accept, forget_surveys, land_workbook, load_pending, take_in_reference

from simulator.answers import questions
from simulator.reference import write_reference
from simulator.survey import FAULTY_ITEM, FAULTY_ROW, MISSING_ITEM, survey_workbook
from sipas.contracts.rejection import NotReady
from sipas.database import connect
from sipas.loading.batches import load, pending_deliveries

FORMS = 36
COUNTS = ("received_count", "loaded_count", "unchanged_count", "quarantined_count")
ROW = FAULTY_ROW + 2  # in the sheet, under the headings


@pytest.fixture(scope="module")
def ready(warehouse):
    """A warehouse that knows the simulated round and its method."""
    write_reference(warehouse.inbox / "reference" / "simulated")
    with connect("ingest", autocommit=True) as connection:
        results = take_in_reference(connection, warehouse)
    assert {result.status for result in results} == {"loaded"}
    return warehouse


@pytest.fixture
def ingest(ready):
    """The ingest role; what former tests handed in for the round stands no more."""
    forget_surveys(ready)
    with connect("ingest", autocommit=True) as connection:
        yield connection


@pytest.fixture
def hand_in(ingest, ready, tmp_path, request):
    """Lands and loads one workbook of a lot of the test's own; returns the batch."""
    name = f"{request.node.name}.xlsx".replace("/", "_")

    def take(body: bytes, file_name: str = name):
        assert land_workbook(ingest, ready.landing, tmp_path / file_name, body)
        (result,) = load_pending(ingest, ready.landing, "survey_forms")
        return result

    return take


@pytest.fixture(scope="module")
def good() -> bytes:
    return survey_workbook(forms=FORMS)


def edited(body: bytes, edit) -> bytes:
    """The workbook after `edit(sheet, columns)`; columns: number by the start of the heading."""
    book = openpyxl.load_workbook(BytesIO(body))
    sheet = book["Phiếu khảo sát"]
    columns = {str(cell.value).split(". ")[0]: cell.column for cell in sheet[1]}
    edit(sheet, columns)
    saved = BytesIO()
    book.save(saved)
    return saved.getvalue()


def with_cells(body: bytes, cells: dict[tuple[int, str], object]) -> bytes:
    """The workbook with cells (sheet row, heading) replaced."""

    def edit(sheet, columns):
        for (row, heading), value in cells.items():
            sheet.cell(row, columns[heading]).value = value

    return edited(body, edit)


def counts(result) -> tuple[int, ...]:
    return tuple(getattr(result, name) for name in COUNTS)


def reasons(warehouse, result) -> list[tuple]:
    return warehouse.rows(
        "select position, place, record_code, field, reason_code, reason_vi "
        "from quarantine.records where batch_id = %s order by position, field",
        result.batch_id,
    )


def loaded_rows(warehouse, result) -> tuple[int, int]:
    """Forms and answers of a batch."""
    return tuple(
        warehouse.value(f"select count(*) from raw.{table} where batch_id = %s", result.batch_id)
        for table in ("survey_forms", "survey_answers")
    )


def answers(warehouse, result, form_code: str) -> dict[str, tuple]:
    rows = warehouse.rows(
        "select item_code, score, missing_kind from raw.survey_answers "
        "inner join raw.survey_forms using (batch_id, position) "
        "where batch_id = %s and form_code = %s",
        result.batch_id,
        form_code,
    )
    return {code: (score, missing) for code, score, missing in rows}


def test_every_form_and_every_answer_is_loaded(hand_in, ready, good):
    result = hand_in(good)
    assert counts(result) == (FORMS, FORMS, 0, 0)
    assert loaded_rows(ready, result) == (FORMS, FORMS * len(questions()))
    assert ready.rows(
        "select distinct round_code, collection_mode, respondent_type from raw.survey_forms "
        "where batch_id = %s",
        result.batch_id,
    ) == [("hue-2023-sim", "paper", "individual")]


def test_cells_are_read_as_they_stand(hand_in, ready, good):
    cells = {(2, "Ngày phỏng vấn"): "31/12/2023", (2, "1.1.1"): 4.0, (2, "1.1.2"): " 3 "}
    result = hand_in(with_cells(good, cells))
    found = answers(ready, result, "MP23-0001")
    assert (found["1.1.1"], found["1.1.2"]) == ((4, None), (3, None))
    assert ready.value(
        "select interviewed_on from raw.survey_forms where batch_id = %s and position = 1",
        result.batch_id,
    ) == date(2023, 12, 31)


def test_the_kinds_of_a_missing_answer_are_kept_apart(hand_in, ready, good):
    words = [None, "Không biết", "Không áp dụng", " Từ  chối "]
    codes = ["1.1.1", "1.1.2", "1.2.1", "1.2.2"]
    result = hand_in(with_cells(good, {(2, code): w for code, w in zip(codes, words, strict=True)}))
    found = answers(ready, result, "MP23-0001")
    kinds = ["blank", "dont_know", "not_applicable", "refused"]
    assert [found[code] for code in codes] == [(None, kind) for kind in kinds]


@pytest.mark.parametrize(
    ("fault", "reason_code", "word"),
    [("score_of_7", "out_of_scale", "1–5"), ("word_for_score", "not_a_score", "không phải chữ")],
)
def test_a_wrong_score_costs_its_form_only(hand_in, ready, fault, reason_code, word):
    result = hand_in(survey_workbook(forms=FORMS, fault=fault))
    assert counts(result) == (FORMS, FORMS - 1, 0, 1)
    ((position, place, form_code, field, code, reason),) = reasons(ready, result)
    assert position == FAULTY_ROW + 1
    assert place.endswith(f".xlsx, dòng {ROW}")
    assert form_code == f"MP23-{FAULTY_ROW + 1:04d}"
    assert (field, code) == (f"Câu {FAULTY_ITEM}", reason_code)
    assert word in reason
    assert loaded_rows(ready, result) == (FORMS - 1, (FORMS - 1) * len(questions()))


def test_a_doubled_form_code_costs_both_forms(hand_in, ready):
    result = hand_in(survey_workbook(forms=FORMS, fault="doubled_form"))
    assert counts(result) == (FORMS, FORMS - 2, 0, 2)
    found = [(place.split(", ")[1], code) for _, place, _, _, code, _ in reasons(ready, result)]
    assert found == [
        (f"dòng {ROW - 1}", "doubled_form_code"),
        (f"dòng {ROW}", "doubled_form_code"),
    ]
    assert [f"dòng {ROW}" in reason for *_, reason in reasons(ready, result)] == [True, False]


def test_a_form_copied_whole_counts_once(hand_in, ready, good):
    def copy_row(sheet, columns):
        sheet.append([cell.value for cell in sheet[5]])

    result = hand_in(edited(good, copy_row))
    assert counts(result) == (FORMS + 1, FORMS, 0, 1)
    ((position, _, _, field, code, reason),) = reasons(ready, result)
    assert (position, field, code) == (FORMS + 1, "Mã phiếu", "repeated_form")
    assert "dòng 5" in reason


def test_every_reason_against_a_form_is_told(hand_in, ready, good):
    cells = {
        (3, "Mã điểm khảo sát"): None,
        (3, "Hình thức thu thập"): "Bồ câu",
        (3, "Ngày phỏng vấn"): "hôm qua",
        (3, "1.1.1"): 0,
        (3, "2.1.1"): 4.5,
    }
    result = hand_in(with_cells(good, cells))
    assert counts(result) == (FORMS, FORMS - 1, 0, 1)
    assert [(field, code) for _, _, _, field, code, _ in reasons(ready, result)] == [
        ("Câu 1.1.1", "out_of_scale"),
        ("Câu 2.1.1", "not_a_score"),
        ("Hình thức thu thập", "unknown_code"),
        ("Mã điểm khảo sát", "missing"),
        ("Ngày phỏng vấn", "not_a_date"),
    ]


def test_a_form_without_a_code_is_found_by_its_row(hand_in, ready, good):
    result = hand_in(with_cells(good, {(4, "Mã phiếu"): None, (7, "Mã phiếu"): " "}))
    assert counts(result) == (FORMS, FORMS - 2, 0, 2)
    assert [
        (place.split(", ")[1], form, code) for _, place, form, _, code, _ in reasons(ready, result)
    ] == [("dòng 4", None, "missing"), ("dòng 7", None, "missing")]


def test_empty_rows_are_no_forms_and_keep_the_row_numbers(hand_in, ready, good):
    def spread(sheet, columns):
        sheet.insert_rows(3, 2)
        sheet.cell(6, columns["1.1.1"]).value = 9

    result = hand_in(edited(good, spread))
    assert counts(result) == (FORMS, FORMS - 1, 0, 1)
    assert reasons(ready, result)[0][1].endswith("dòng 6")


def test_an_empty_box_beside_a_ticked_one_is_not_chosen(hand_in, ready, good):
    boxes = [q.code for q in questions() if q.measure_type == "multiple_choice"]
    group = [code for code in boxes if code.split(".")[0] == boxes[0].split(".")[0]]
    assert len(group) > 2
    cells = {(row, code): None for row in (2, 3) for code in group}
    cells |= {(2, group[1]): "X", (2, group[2]): "Không biết"}
    result = hand_in(with_cells(good, cells))
    ticked = answers(ready, result, "MP23-0001")
    assert ticked[group[0]] == (0, None)
    assert ticked[group[1]] == (1, None)
    assert ticked[group[2]] == (None, "dont_know")
    assert {answers(ready, result, "MP23-0002")[code] for code in group} == {(None, "blank")}


def test_decomposed_letters_are_read_as_composed_ones(hand_in, ready, good):
    """A file written on another system has NFD headings, words and form codes."""

    def decompose(sheet, columns):
        sheet.title = unicodedata.normalize("NFD", sheet.title)
        sheet.cell(2, columns["Mã phiếu"]).value = "PHIẾU-Ậ1"
        sheet.cell(2, columns["1.1.1"]).value = "Không áp dụng"
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    cell.value = unicodedata.normalize("NFD", cell.value)

    body = edited(good, decompose)
    result = hand_in(body)
    assert counts(result) == (FORMS, FORMS, 0, 0)
    assert answers(ready, result, "PHIẾU-Ậ1")["1.1.1"] == (None, "not_applicable")


def test_two_spellings_of_one_form_code_are_one_code(hand_in, good):
    code = "PHIẾU-1"
    cells = {(2, "Mã phiếu"): code, (9, "Mã phiếu"): unicodedata.normalize("NFD", code)}
    assert counts(hand_in(with_cells(good, cells))) == (FORMS, FORMS - 2, 0, 2)


@cache
def unreadable() -> dict[str, bytes]:
    whole = survey_workbook(forms=FORMS)
    return {
        "truncated": survey_workbook(forms=FORMS, fault="truncated"),
        "one byte short": whole[:-1],
        "empty": b"",
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "html": "<html>Hết phiên làm việc</html>".encode(),
    }


@pytest.mark.parametrize("kind", unreadable())
def test_what_is_no_workbook_is_refused_whole_and_named(hand_in, ready, kind):
    result = hand_in(unreadable()[kind], "đợt 1.xlsx")
    assert (result.status, counts(result)) == ("refused", (0, 0, 0, 0))
    assert result.refusal_reason.startswith("đợt 1.xlsx: không mở được")
    assert loaded_rows(ready, result) == (0, 0)
    assert reasons(ready, result) == []


def test_a_file_with_a_password_is_refused_in_words(hand_in):
    result = hand_in(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    assert result.status == "refused"
    assert "mật khẩu" in result.refusal_reason


def test_a_missing_question_is_refused_by_its_code(hand_in, ready):
    result = hand_in(survey_workbook(forms=FORMS, fault="missing_column"))
    assert result.status == "refused"
    assert f"thiếu cột câu {MISSING_ITEM}." in result.refusal_reason
    assert loaded_rows(ready, result) == (0, 0)


def test_missing_form_columns_are_refused_by_name(hand_in, good):
    body = with_cells(good, {(1, "Đối tượng"): "Ai", (1, "Khu vực"): None})
    assert "thiếu cột Đối tượng, Khu vực." in hand_in(body).refusal_reason


def test_a_doubled_question_is_refused(hand_in, good):
    def double(sheet, columns):
        sheet.cell(1, sheet.max_column + 1).value = "1.1.1. Một lần nữa"

    assert "câu 1.1.1 có nhiều hơn một cột" in hand_in(edited(good, double)).refusal_reason


def test_a_doubled_form_column_is_refused(hand_in, good):
    def double(sheet, columns):
        sheet.cell(1, sheet.max_column + 1).value = "Giới tính"

    assert "Giới tính" in (hand_in(edited(good, double)).refusal_reason or "not refused")


def test_another_sheet_name_is_refused_with_the_names_there(hand_in, good):
    def rename(sheet, columns):
        sheet.title = "Sheet1"

    reason = hand_in(edited(good, rename)).refusal_reason
    assert "Phiếu khảo sát" in reason
    assert "Sheet1" in reason


def test_a_sheet_without_forms_is_refused(hand_in, good):
    result = hand_in(edited(good, lambda sheet, _: sheet.delete_rows(2, sheet.max_row)))
    assert "không có phiếu nào" in result.refusal_reason


def test_the_corrected_file_supersedes_and_a_refused_one_does_not(hand_in, ingest, ready, good):
    def current() -> list[tuple]:
        return ready.rows(
            "select batch_id, subject_code from audit.current_batches where lot_key = %s",
            "surveys/hue-2023-sim/lot.xlsx",
        )

    first = hand_in(survey_workbook(forms=FORMS, fault="score_of_7"), "lot.xlsx")
    assert current() == []  # nobody has decided yet
    accept(ingest, first)
    assert current() == [(first.batch_id, "hue-2023-sim")]
    broken = hand_in(survey_workbook(forms=FORMS, fault="truncated"), "lot.xlsx")
    accept(ingest, broken)
    assert broken.status == "refused"
    assert current() == [(first.batch_id, "hue-2023-sim")]
    corrected = hand_in(good, "lot.xlsx")
    assert current() == [(first.batch_id, "hue-2023-sim")]
    accept(ingest, corrected)
    assert counts(corrected) == (FORMS, FORMS, 0, 0)
    assert current() == [(corrected.batch_id, "hue-2023-sim")]
    assert loaded_rows(ready, first)[0] == FORMS - 1  # what stood once can still be shown


def test_lots_of_a_round_stand_side_by_side(hand_in, ingest, ready, good):
    others = {(row, "Mã phiếu"): f"NAM-{row}" for row in range(2, FORMS + 2)}
    results = [hand_in(good, "north.xlsx"), hand_in(with_cells(good, others), "south.xlsx")]
    accept(ingest, *results)
    current = ready.rows("select batch_id from audit.current_batches")
    assert {(result.batch_id,) for result in results} <= set(current)
    assert [counts(result) for result in results] == [(FORMS, FORMS, 0, 0)] * 2


def test_a_round_that_is_not_known_is_not_ready_and_leaves_no_batch(ingest, ready, tmp_path, good):
    manifest = land_workbook(ingest, ready.landing, tmp_path / "f.xlsx", good, "hue-2031")
    with pytest.raises(NotReady, match="hue-2031"):
        load(ingest, ready.landing, manifest)
    assert (
        ready.value(
            "select count(*) from audit.batches where delivery_id = %s", manifest.delivery_id
        )
        == 0
    )
    assert manifest in list(pending_deliveries(ingest, ready.landing, "survey_forms"))
    with ready.connect() as owner:  # the tests after this one do not wait for the round
        owner.execute("delete from audit.deliveries where delivery_id = %s", [manifest.delivery_id])


def test_a_round_that_was_refused_is_not_ready(ingest, ready, good, tmp_path):
    current = "select batch_id from audit.current_batches where lot_key = %s"
    batch_id = ready.value(current, "reference_simulated/rounds")
    state = "update audit.batches set status = %s, refusal_reason = %s where batch_id = %s"
    manifest = land_workbook(ingest, ready.landing, tmp_path / "not-ready.xlsx", good)
    ingest.execute(state, ["refused", "test", batch_id])
    with pytest.raises(NotReady, match="hue-2023-sim"):
        load(ingest, ready.landing, manifest)
    ingest.execute(state, ["accepted", None, batch_id])
    assert load(ingest, ready.landing, manifest).loaded_count == FORMS


def test_a_failure_in_the_middle_leaves_no_form_and_no_batch(
    ingest, ready, good, tmp_path, monkeypatch
):
    def fail(*_):
        raise ConnectionError("the power went off")

    tables = ("audit.batches", "raw.survey_forms", "raw.survey_answers", "quarantine.records")
    before = [ready.value(f"select count(*) from {table}") for table in tables]
    manifest = land_workbook(ingest, ready.landing, tmp_path / "killed.xlsx", good)
    with monkeypatch.context() as patch:
        patch.setattr("sipas.loading.batches.close_batch", fail)
        with pytest.raises(ConnectionError):
            load(ingest, ready.landing, manifest)
    assert [ready.value(f"select count(*) from {table}") for table in tables] == before
    assert load(ingest, ready.landing, manifest).loaded_count == FORMS
