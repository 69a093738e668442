"""The page «Kiểm chứng số liệu»: the commands that it prints for a figure do trace it."""

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from sipas.cli import main
from sipas.release.trace.figures import KINDS

SUPERSET = Path(__file__).parents[2] / "superset"
SHOWN_FIRST = "Đơn vị đầu tiên của bản"


@pytest.fixture(scope="module")
def question() -> str:
    """The query of the chart «Đường đi của con số», as Superset gets it."""
    sys.path.insert(0, str(SUPERSET))
    try:
        import validate_assets

        return validate_assets.load().of("datasets")["figure-path"]["sql"]
    finally:
        sys.path.remove(str(SUPERSET))


@pytest.fixture(scope="module")
def bi(released) -> Iterator[psycopg.Connection]:
    """The role of Superset."""
    with psycopg.connect(released.url("bi")) as connection:
        yield connection


def test_filters_choose_one_figure_and_never_two(bi, question):
    """Release, unit and words name a figure, so the page shows the way of the one that is meant."""
    twice = bi.execute(
        f"select release_id, unit_choice, figure_label from ({question}) as figures "
        "group by 1, 2, 3 having count(*) > 1"
    ).fetchall()
    assert twice == []


def test_the_headline_is_the_figure_that_opens_first(bi, question):
    row = bi.execute(
        "select value_label, counted_label, trace_command, verify_command, decision_label "
        f"from ({question}) as figures where release_id = 'hue-2023-sim-r1' "
        f"and unit_choice = '{SHOWN_FIRST}' order by figure_order limit 1"
    ).fetchone()
    (head,) = bi.execute("select head from published.chain_head").fetchone()
    assert row == (
        "82,28",
        "558 câu trả lời hợp lệ",
        "sipas trace hue-2023-sim-r1 'gso:46@1900-01-01' 'SIPAS' --mart criterion_results",
        f"sipas verify hue-2023-sim-r1 --head {head}",
        "Phê duyệt tự động, không có người phê duyệt",
    )


def test_every_release_opens_with_one_of_its_units(bi):
    """The filter's choice at opening is a unit with figures in every standing release."""
    faults = bi.execute(
        """
        select release_id, count(*) filter (where is_shown_first)
        from published.figure_units group by 1
        having count(*) filter (where is_shown_first) <> 1
        """
    ).fetchall()
    assert faults == []
    (releases,) = bi.execute(
        "select count(*) from published.releases where status = 'published' and release_id not in "
        "(select release_id from published.figure_units)"
    ).fetchone()
    assert releases == 0


def test_every_unit_with_figures_can_be_chosen(bi):
    """The list of units, made without the figures, is that of the figures."""
    difference = bi.execute(
        """
        with named as (
            select release_id, unit_key, unit_name from published.figure_origins group by 1, 2, 3
        ), listed as (select release_id, unit_key, unit_name from published.figure_units)
        (table named except table listed) union all (table listed except table named)
        """
    ).fetchall()
    assert difference == []


def test_the_printed_command_traces_the_figure_of_every_mart(bi, question):
    """First and last figure of each mart, whatever tells its rows apart."""
    rows = bi.execute(
        f"""
        with figures as (
            select * from ({question}) as listed where unit_choice <> '{SHOWN_FIRST}'
        ),
        numbered as (
            select *, split_part(split_part(trace_command, '--mart ', 2), ' ', 1) as mart
            from figures
        ),
        placed as (
            select *, row_number() over (partition by mart order by figure_order, figure_label)
                as from_first,
                row_number() over (partition by mart order by figure_order desc, figure_label desc)
                as from_last
            from numbered
        )
        select mart, trace_command, value_label from placed where 1 in (from_first, from_last)
        """
    ).fetchall()
    assert {mart for mart, *_ in rows} == set(KINDS) - {"feedback_results"}
    assert len(rows) > 20
    for _, command, value in rows:
        program, *arguments = shlex.split(command)
        assert program == "sipas"
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, f"{command}\n{result.output}"
        if value[0].isdigit() and value.endswith("%"):
            assert value in result.stdout, command


def test_a_command_of_another_figure_is_not_taken_for_this_one(bi, question):
    """What tells two rows of a unit apart stands in the command: no two are equal."""
    (count, different) = bi.execute(
        f"select count(*), count(distinct trace_command) from ({question}) as figures "
        f"where unit_choice <> '{SHOWN_FIRST}'"
    ).fetchone()
    assert count == different > 5_000
