"""A series of scorecards in the units of then and of today: summed, reckoned anew, or empty."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

COUNTS = (
    "carried_in_count",
    "received_count",
    "finished_early_count",
    "finished_on_time_count",
    "finished_late_count",
    "in_progress_on_time_count",
    "in_progress_overdue_count",
    "refused_count",
    "withdrawn_count",
    "repeated_supplement_count",
)
MERGED = "onestop:Z3@2024-01-01"
YEAR_2023 = ("year", date(2023, 1, 1))


@pytest.fixture(scope="module")
def series(one_stop_world) -> dict[tuple, dict]:
    """The rows by basis, unit, period type and start."""
    rows = one_stop_world.table("marts.agency_scorecard_series")
    return {
        (row["unit_basis"], row["unit_key"], row["period_type"], row["period_start"]): row
        for row in rows
    }


@pytest.fixture(scope="module")
def counts(one_stop_world) -> dict[tuple, dict[str, dict]]:
    """The counts behind the scorecards of whole agencies, by period: code → row."""
    found = defaultdict(dict)
    for row in one_stop_world.table("intermediate.int_agency_period_counts"):
        if row["breakdown"] == "all":
            found[row["period_type"], row["period_start"]][row["agency_code"]] = row
    return found


def test_in_units_of_then_nothing_is_summed(series, counts):
    for period, agencies in counts.items():
        then = {
            row["unit_code"].removeprefix("onestop:"): row
            for (basis, _, *when), row in series.items()
            if basis == "then" and tuple(when) == period
        }
        assert then.keys() == agencies.keys()
        for code, row in then.items():
            wanted = {name: agencies[code][name] for name in (*COUNTS, "median_working_days")}
            assert {name: row[name] for name in wanted} == wanted
            assert row["summed_unit_count"] == 1


@pytest.mark.parametrize(
    ("when", "unit_key"),
    [
        (date(2023, 11, 1), "onestop:Z4@2020-01-01"),
        (date(2023, 12, 1), "onestop:Z4@2023-12-01"),
    ],
)
def test_the_unit_of_then_is_its_version_when_the_period_ended(series, when, unit_key):
    assert ("then", unit_key, "month", when) in series
    assert ("today", "onestop:Z4@2023-12-01", "month", when) in series


def test_counts_of_merged_agencies_sum_to_the_unit_of_today(series, counts):
    merged_periods = 0
    for period, agencies in counts.items():
        parts = [agencies[code] for code in ("Z1", "Z2", "Z3") if code in agencies]
        row = series["today", MERGED, *period]
        assert row["summed_unit_count"] == len(parts)
        merged_periods += len(parts) > 1
        assert {name: row[name] for name in COUNTS} == {
            name: sum(part[name] for part in parts) for name in COUNTS
        }
    assert merged_periods > 3


def test_rates_are_reckoned_from_sums_and_medians_left_out(series, counts):
    row = series["today", MERGED, *YEAR_2023]
    parts = [counts[YEAR_2023][code] for code in ("Z1", "Z2", "Z3")]
    finished = sum(
        part["finished_early_count"] + part["finished_on_time_count"] + part["finished_late_count"]
        for part in parts
    )
    in_time = finished - sum(part["finished_late_count"] for part in parts)
    assert row["on_time_rate"] == pytest.approx(Decimal(in_time) / finished)
    for name in ("online", "postal", "online_payment"):
        share = Decimal(sum(part[f"{name}_count"] for part in parts)) / row["received_count"]
        assert row[f"{name}_rate"] == pytest.approx(share), name
    late = sum(part["finished_late_count"] + part["in_progress_overdue_count"] for part in parts)
    for name in ("late_notice", "apology"):
        told = sum(part[f"{name}_count"] for part in parts)
        assert told > 0
        assert row[f"{name}_rate"] == pytest.approx(Decimal(told) / late), name
    assert row["median_working_days"] is None
    assert all(part["median_working_days"] is not None for part in parts)


def test_feedback_goes_with_its_agency(one_stop_world, series):
    feedback = [
        row
        for row in one_stop_world.table("marts.feedback_results")
        if row["breakdown"] == "all" and (row["period_type"], row["period_start"]) == YEAR_2023
    ]
    answered = sum(row["answered_in_time_count"] + row["answered_late_count"] for row in feedback)
    in_time = sum(row["answered_in_time_count"] for row in feedback)
    row = series["today", MERGED, *YEAR_2023]
    assert row["feedback_count"] == sum(row["received_count"] for row in feedback)
    assert row["feedback_on_time_rate"] == pytest.approx(Decimal(in_time) / answered)
    assert series["then", "onestop:Z4@2023-12-01", *YEAR_2023]["feedback_count"] is None


def test_what_was_split_or_abolished_has_no_heir(series):
    today = {unit for basis, unit, *_ in series if basis == "today"}
    assert today & {f"onestop:{code}" for code in ("Z5@2020-01-01", "Z8@2020-01-01")} == set()
    then = {unit for basis, unit, *_ in series if basis == "then"}
    assert then >= {"onestop:Z5@2020-01-01", "onestop:Z8@2020-01-01"}
    # Z6 and Z7 begin with themselves.
    assert ("today", "onestop:Z6@2023-12-01", "month", date(2023, 11, 1)) not in series


def test_a_unit_says_what_became_of_it(one_stop_world, series):
    notes = {
        unit.removeprefix("onestop:"): row["unit_note_vi"]
        for (basis, unit, *when), row in series.items()
        if basis == "then" and tuple(when) == ("month", date(2023, 11, 1))
    }
    assert notes == {
        "Z1@2020-01-01": "đơn vị đã sáp nhập",
        "Z2@2020-01-01": "đơn vị đã sáp nhập",
        "Z4@2020-01-01": "đơn vị đã đổi tên",
        "Z5@2020-01-01": "đơn vị đã chia tách",
        "Z8@2020-01-01": "đơn vị đã giải thể",
    }
    row = series["today", MERGED, *YEAR_2023]
    assert row["unit_note_vi"] == "gồm đơn vị đã sáp nhập: Đơn vị Z1, Đơn vị Z2"


def test_an_index_goes_on_only_where_the_unit_is_the_same(one_stop_world):
    same = {
        row["unit_key"].removeprefix("onestop:"): row["is_same_unit"]
        for row in one_stop_world.table("marts.units_of_today")
        if row["unit_key"].startswith("onestop:")
    }
    assert same == {
        "Z1@2020-01-01": False,
        "Z2@2020-01-01": False,
        "Z3@2024-01-01": False,
        "Z4@2020-01-01": True,
        "Z4@2023-12-01": True,
        "Z5@2020-01-01": False,
        "Z6@2023-12-01": True,
        "Z7@2023-12-01": True,
        "Z8@2020-01-01": False,
    }
