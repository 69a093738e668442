"""What documents state, against answers, against itself and against rules."""

import csv
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import handover
import pytest


def rows_of(built, keys: str, columns: str, basis: str = "%", compared_with: str = "%") -> list:
    """Rows of the mart whose statement key ends like `keys` (SQL pattern)."""
    return built.rows(
        f"select {columns} from marts.stated_vs_computed where statement_key like %s "
        "and basis like %s and compared_with like %s order by statement_key, compared_with",
        f"%/{keys}",
        basis,
        compared_with,
    )


def figures() -> list[dict[str, str]]:
    """All rows of all stated_figures.csv of the product that documents print."""
    rows = []
    for path in sorted(handover.REFERENCE.rglob("stated_figures.csv")):
        with path.open(encoding="utf8", newline="") as file:
            rows += [r for r in csv.DictReader(file) if r["measure"] != "implied_index"]
    return rows


def test_the_value_of_a_figure_is_the_one_that_its_text_prints() -> None:
    values = {"index", "share", "change", "rate", "score", "min", "max", "national_value"}
    checked = 0
    for row in figures():
        if row["measure"] in values:
            printed = re.search(r"-?\d+(?:[.,]\d+)?", row["printed_text"]).group()
            stated = Decimal(row["stated_value"])
            if "giảm" in row["printed_text"]:
                stated = -stated
            assert stated == Decimal(printed.replace(",", ".")), row["statement_key"]
            checked += 1
    assert checked > 300


def test_five_documents_state_figures_in_tables_prose_and_annexes(built) -> None:
    counted = built.rows(
        "select left(document, 3), count(distinct statement_key), count(distinct place_kind) "
        "from marts.stated_vs_computed group by document order by document"
    )
    wanted = Counter(row["document"][:3] for row in figures())
    assert {document: count for document, count, _ in counted} == wanted
    assert set(wanted) == {"000", "001", "002", "003", "004"}
    assert {kinds for document, _, kinds in counted if document == "003"} == {4}


def test_the_contradictions_are_those_that_were_reviewed(built) -> None:
    """A new one must be read by a person, one that disappears too."""
    path = Path(__file__).with_name("reviewed_contradictions.csv")
    with path.open(encoding="utf8", newline="") as file:
        reviewed = {(r["statement_key"], r["compared_with"]) for r in csv.DictReader(file)}
    found = built.rows(
        "select statement_key, compared_with from marts.stated_vs_computed "
        "where status = 'contradiction'"
    )
    assert set(found) == reviewed


@pytest.mark.parametrize(
    ("keys", "compared_with", "stated", "compared"),
    [
        ("hue-2023/1.1.1/index/2", "%/1.1.1/index", "81.23", "81.29"),
        ("hue-2023/1.4/rank/3", "%/1.4/rank", "39", "32"),
        ("hue-2023/2.1/sign", "difference:hue-2022", "-1", "1"),
        ("hue-2023/2.1/change/3", "%/2.1/change", "-0.28", "0.28"),
        ("hue-2023/SIPAS/count/4", "%count_of", "7", "6"),
        ("2023/headings-of-section-ii/number/4", "numbering", "5", "4"),
    ],
)
def test_what_the_documents_contradict_comes_out(
    built, keys, compared_with, stated, compared
) -> None:
    ((status, value, other),) = rows_of(
        built, keys, "status, stated_value, compared_value", compared_with=compared_with
    )
    assert (status, value, other) == ("contradiction", Decimal(stated), Decimal(compared))


def test_a_share_that_prose_cuts_is_no_contradiction_but_says_so(built) -> None:
    ((status, note),) = rows_of(built, "P6.2/share/2", "status, note", basis="statement")
    assert status == "rounding"
    assert "cắt bớt (không làm tròn)" in note


def test_every_printed_change_is_the_difference_of_printed_values(built) -> None:
    for measure in ("change", "rank_change"):
        rows = rows_of(built, f"hue-2023/%/{measure}", "status", "rule", "difference:hue-2022")
        assert rows == [("match",)] * 40


def test_changes_between_two_methods_are_called_not_comparable(built) -> None:
    rows = rows_of(built, "hue-2023/%/change", "indicator_code, status", "rule", "comparability")
    assert {code for code, _ in rows} == {"SIPAS", "1", "2", "1.3", "1.4", "2.1", "2.3"}
    assert {status for _, status in rows} == {"not_comparable"}


def test_of_the_factors_of_2022_six_are_checked_and_three_are_implied(built) -> None:
    rows = rows_of(built, "hue-2022/_._/index", "indicator_code, status, note", "rule", "rollup:%")
    checked = {code for code, status, _ in rows if status in ("match", "rounding")}
    implied = {code for code, status, note in rows if "suy ngược từ chính giá trị này" in note}
    assert checked == {"1.1", "1.2", "1.3", "2.2", "2.4", "2.5"}
    assert implied == {"1.4", "2.1", "2.3"}
    assert {status for code, status, _ in rows if code in implied} <= {"circular", "not_computable"}


def test_totals_of_both_years_follow_from_their_methods(built) -> None:
    rows = rows_of(built, "hue-202_/%/index", "indicator_code, status", "rule", "rollup:%")
    totals = [status for code, status in rows if code in ("SIPAS", "1", "2")]
    assert len(totals) == 6
    assert set(totals) <= {"match", "rounding"}


def test_answers_fitted_to_the_print_prove_nothing(built) -> None:
    rows = rows_of(built, "hue-2023/%/index", "status, data_nature", "answers", "hue-2023-sim")
    assert set(rows) == {("circular", "simulated")}
    assert len(rows) >= 51


def test_perceptions_and_expectations_are_compared_with_answers_too(built) -> None:
    rows = rows_of(built, "hue-2023/%/share", "indicator_code, status", "answers", "hue-2023-sim")
    assert {status for _, status in rows} == {"circular"}
    questions = Counter(code.split(".")[0].rstrip("0123456789") for code in {c for c, _ in rows})
    assert questions == {"P": 17, "E": 3}


def test_shares_of_a_single_choice_question_sum_to_100(built) -> None:
    rows = rows_of(built, "%/share", "round_code, compared_with, status", "rule", "shares:%")
    assert {status for *_, status in rows} == {"match", "rounding"}
    assert {(round_code, question) for round_code, question, _ in rows} == {
        ("hue-2022", "shares:P5"),
        ("hue-2022", "shares:P6"),
        ("hue-2022", "shares:P7"),
        ("hue-2023", "shares:P5"),
        ("hue-2023", "shares:P6"),
    }


def test_the_commune_cuts_the_rates_of_its_desks_and_adds_up_its_criteria(built) -> None:
    rates = rows_of(built, "quang-thanh-2023/desk-%/rate", "stated_value, status, note")
    assert {(value, status) for value, status, _ in rates} == {
        (Decimal("88.55"), "match"),
        (Decimal("81.87"), "rounding"),
        (Decimal("83.12"), "rounding"),
    }
    assert all("cắt bớt" in note for _, status, note in rates if status == "rounding")
    assert rows_of(built, "quang-thanh-2023/total/score", "compared_value, status") == [
        (Decimal("20.56"), "match")
    ]


def test_what_prose_repeats_changes_no_published_result(built) -> None:
    results = built.rows(
        "select indicator_code, index_rounded, rank from marts.criterion_results "
        "where round_code = 'hue-2023' and indicator_code in ('1.1.1', '1.4') order by 1"
    )
    assert results == [("1.1.1", Decimal("81.29"), 31), ("1.4", Decimal("82.44"), 32)]


def test_what_nothing_can_check_says_why(built) -> None:
    notes = built.rows(
        "select note from marts.stated_vs_computed where status = 'not_computable' "
        "and compared_value is not null or note = ''"
    )
    assert notes == []
    ((note,),) = rows_of(built, "2023/forms/lower_bound", "note")
    assert "Phụ lục 1" in note
