"""A hidden index is told by no other mart: targets, tasks, notes, statements, points, scores."""

from datetime import date
from types import SimpleNamespace

import pytest

from sipas.release.suppression.marts import without_hidden

WHY = "Dưới 5 người trả lời"
CELL = ("u", "all", "all")


class Hidden:
    """Of round «r», unit «u», the indicator «1.1» and the index SIPAS are hidden."""

    rounds = {"r": 2024}  # noqa: RUF012
    counterparts = {"1.1": ("1.1", "A"), "A": ("A", "1.1")}  # noqa: RUF012
    desks = {("commune", "Một cửa"): "u"}  # noqa: RUF012

    def reason(self, round_code, cell, *indicators):
        is_hidden = round_code == "r" and cell == CELL and {"1.1", "SIPAS"} & set(indicators)
        return WHY if is_hidden else None

    def decision(self, round_code):
        return SimpleNamespace(reason=lambda cell, layer: self.reason(round_code, cell, layer[1]))

    def overall(self, round_code):
        return ("SIPAS",)


CASES = [
    (
        "target_progress",
        {
            "measurement_key": "r",
            "baseline_key": None,
            "breakdown": "all",
            "breakdown_value": "all",
            "indicator_code": "1.1",
            "status": "reached",
        },
        ("actual_value", "gap", "progress_rate", "pace_gap"),
    ),
    (
        "target_progress",
        {
            "measurement_key": "later",
            "baseline_key": "r",
            "breakdown": "all",
            "breakdown_value": "all",
            "indicator_code": "1.1",
        },
        ("baseline_value", "progress_rate", "expected_value", "pace_gap"),
    ),
    (
        "improvement_tasks",
        {"before_round_code": "r", "after_round_code": "later", "indicator_code": "A"},
        ("before_value", "movement"),
    ),
    (
        "criterion_notes",
        {"latest_round_code": "r", "indicator_code": "1.1"},
        ("latest_index_rounded", "latest_rank"),
    ),
    (
        "stated_vs_computed",
        {"basis": "answers", "compared_with": "r", "indicator_code": "1.1"},
        ("compared_value", "difference"),
    ),
    (
        "agency_scorecards",
        {"agency_key": "u", "period_start": date(2024, 1, 1), "satisfaction_index": 80},
        ("satisfaction_index",),
    ),
    (
        "reform_index_points",
        {"value_source": "answers", "round_code": "r", "indicator_code": "1.1"},
        ("valid_count", "index_used", "points"),
    ),
    (
        "commune_scores",
        {
            "value_source": "answers",
            "round_code": "r",
            "unit_key": "commune",
            "desk": "Một cửa",
            "criterion_code": "1.1",
            "is_scored": True,
        },
        ("sampled_count", "valid_count", "points", "max_points", "points_percent_printed"),
    ),
    (
        "criterion_results",
        {
            "value_source": "answers",
            "round_code": "later",
            "previous_round_code": "r",
            "breakdown": "all",
            "breakdown_value": "all",
            "indicator_code": "A",
            "parent_code": None,
            "measure_type": "mean5",
        },
        ("previous_index_rounded", "previous_rank", "change"),
    ),
]


@pytest.mark.parametrize(("mart", "row", "gone"), CASES)
def test_a_hidden_index_is_told_by_no_other_mart(mart, row, gone) -> None:
    told = {"unit_key": "u", **dict.fromkeys(gone, 7), **row}
    (printed,) = without_hidden(mart, [told], Hidden())
    assert all(printed[column] is None for column in gone)
    elsewhere = {
        name: "another" if value == "r" else value
        for name, value in told.items()
        if name != "period_start"
    }
    if mart != "agency_scorecards":
        (untouched,) = without_hidden(mart, [elsewhere], Hidden())
        assert untouched == elsewhere


def test_a_stated_figure_is_not_hidden() -> None:
    row = {
        "unit_key": "u",
        "value_source": "stated",
        "round_code": "r",
        "indicator_code": "1.1",
        "points": 3,
    }
    assert without_hidden("reform_index_points", [row], Hidden()) == [row]
