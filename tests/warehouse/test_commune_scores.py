"""Scores of a commune out of 30, and points of the reform index, on a built warehouse.

The figures are those of document 004_509d0687ec45249f, II.1; the forms are fitted to them.
"""

import subprocess
import sys
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import handover
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import Environment

from simulator.commune_survey import commune_workbook
from simulator.communes import COMMUNE_ROUND
from simulator.reference import ROUND_CODE, write_reference
from simulator.survey import survey_workbook
from sipas.builds import close_build, open_build
from sipas.loading.gate import decide
from sipas.local.instance import PROJECT

MODELS = ["+commune_scores", "+reform_index_points", "int_commune_criteria"]
CRITERIA = {"2.1": "5.09", "2.2": "5.08", "2.3": "5.26", "2.4": "5.13"}


def run_dbt() -> None:
    """Builds both marts and what is above them, with their tests."""
    command = [str(Path(sys.executable).parent / "dbt"), "--quiet", "build"]
    command += ["--project-dir", str(PROJECT / "dbt_project"), "--select", *MODELS]
    command += ["--indirect-selection", "buildable", "--exclude-resource-type", "unit_test"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def built(warehouse):
    """Reference rows, the commune's 45 forms and the province's 558, built."""
    handover.empty(warehouse)
    write_reference(warehouse.inbox / "reference" / "simulated")
    with warehouse.connect("ingest") as ingest:
        assert {r.status for r in handover.take_in_reference(ingest, warehouse)} == {"loaded"}
        for round_code, body in (
            (COMMUNE_ROUND, commune_workbook()),
            (ROUND_CODE, survey_workbook()),
        ):
            path = warehouse.inbox / "surveys" / round_code / "phieu.xlsx"
            handover.land_workbook(ingest, warehouse.landing, path, body, round_code)
        results = handover.load_pending(ingest, warehouse.landing, "survey_forms")
        assert [(r.loaded_count, r.quarantined_count) for r in results] == [(45, 0), (558, 0)]
        assert [reason for _, reason in decide(ingest, "survey_forms")] == [None, None]
    with warehouse.connect("transform") as transform:
        build_id = open_build(transform, "test")
        run_dbt()
        close_build(transform, build_id, succeeded=True)
    return warehouse


@pytest.fixture(scope="module")
def connection(built):
    """A connection of the owner."""
    with built.connect() as opened:
        yield opened


def commune(built, columns: str, where: str) -> list[tuple]:
    """Rows of the commune's mart, in the order of the criteria."""
    return built.rows(
        f"select {columns} from marts.commune_scores where round_code = %s and {where} "
        "order by desk, sort_order",
        COMMUNE_ROUND,
    )


def test_every_criterion_has_the_points_of_the_document(built) -> None:
    rows = commune(built, "criterion_code, score, max_score", "desk = 'all' and is_scored")
    assert rows[:4] == [(code, Decimal(score), 6) for code, score in CRITERIA.items()]


def test_the_unscored_criterion_stays_in_the_maximum_of_30_and_24_stands_beside(built) -> None:
    rows = commune(
        built,
        "criterion_code, score, max_score, score_printed",
        "criterion_code like 'total%%' and desk = 'all'",
    )
    assert rows == [
        ("total", Decimal("20.56"), 30, "20,56/30"),
        ("total_scored", Decimal("20.56"), 24, "20,56/24"),
    ]


def test_a_criterion_without_cases_is_not_scored_and_says_why(built) -> None:
    rows = commune(
        built,
        "criterion_code, score, max_score, valid_count, reason",
        "not is_scored and desk = 'all'",
    )
    ((code, score, max_score, valid_count, reason),) = rows
    assert (code, score, max_score, valid_count) == ("2.5", None, 6, 0)
    assert reason.startswith("Trong kỳ không phát sinh")


def test_the_three_desks_have_the_points_and_truncated_rates_of_the_document(built) -> None:
    rows = commune(
        built,
        "desk, sampled_count, points, max_points, points_percent_printed",
        "desk <> 'all' and criterion_code = 'total'",
    )
    assert set(rows) == {
        ("Tư pháp - Hộ tịch", 25, 1771, 2000, "88,55%"),
        ("LĐTB&XH", 12, 786, 960, "81,87%"),
        ("ĐC-XD-NN-MT", 8, 532, 640, "83,12%"),
    }


def test_the_desks_add_up_to_the_commune(built) -> None:
    (whole,) = commune(built, "points, max_points", "desk = 'all' and criterion_code = 'total'")
    assert whole == (3089, 3600)
    assert built.rows(
        "select sum(points), sum(max_points) from marts.commune_scores "
        "where round_code = %s and desk <> 'all' and criterion_code = 'total'",
        COMMUNE_ROUND,
    ) == [whole]


def test_rows_are_simulated_computed_and_say_that_nobody_appraised_them(built) -> None:
    rows = commune(
        built,
        "distinct data_nature, value_source, self_score, self_score_reason, appraised_score, "
        "appraised_score_reason, desk, sort_order",
        "desk = 'all'",
    )
    assert {row[:3] for row in rows} == {("simulated", "answers", None)}
    assert {row[3] for row in rows} == {"Không có tài liệu nêu điểm tự chấm của đợt này."}
    assert {row[4:6] for row in rows} == {
        (None, "Không có tài liệu nêu điểm thẩm định của đợt này.")
    }


def test_an_example_rule_gives_points_to_simulated_rounds_only(built) -> None:
    rows = built.rows(
        "select round_code, unit_key, points, max_points, data_nature "
        "from marts.reform_index_points where unit_level = 'province'"
    )
    assert rows == [(ROUND_CODE, "gso:46@1900-01-01", Decimal("8.23"), 10, "simulated")]


@given(
    st.decimals("0", "100", places=5, allow_nan=False, allow_infinity=False),
    st.integers(0, 4),
)
@example(Decimal("81.875"), 2)
def test_rounding_and_truncating_are_those_of_the_rule(connection, value, digits) -> None:
    """The macro's two rules against decimal arithmetic; 81,875 is printed 81,87 when truncated."""
    macro = (PROJECT / "dbt_project" / "macros" / "printed_value.sql").read_text(encoding="utf8")
    expression = Environment().from_string(macro).module.printed_value("value", "rule", "digits")
    rows = connection.execute(
        f"select {expression} from (values ('half_up'), ('truncate')) as rules (rule) "
        "cross join (select %s::numeric as value, %s::integer as digits) as inputs",
        [value, digits],
    ).fetchall()
    step = Decimal(1).scaleb(-digits)
    assert rows == [(value.quantize(step, ROUND_HALF_UP),), (value // step * step,)]
