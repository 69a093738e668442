"""The rows of the marts without what is hidden: which columns of which mart tell which figure."""

from collections.abc import Callable, Mapping
from typing import Any

from sipas.release.suppression.figures import OFFICIAL
from sipas.release.suppression.survey import RESULT_MARTS, Suppression

Row = dict[str, Any]
# Nothing that tells a hidden value may stay beside it.
VALUES = (
    "sampled_count",
    "valid_count",
    "missing_count",
    "blank_count",
    "dont_know_count",
    "not_applicable_count",
    "refused_count",
    "distribution",
    "index_value",
    "index_rounded",
    "ci_low",
    "ci_high",
    "ci_reason",
    "rank",
    "rank_low",
    "rank_high",
    "change",
    "rank_change",
    "is_change_comparable",
    "caution_vi",
)
VALUES_BEFORE = ("previous_index_rounded", "previous_rank", "change", "rank_change")
POINTS = ("valid_count", "index_used", "points")
SCORES = (
    "sampled_count",
    "valid_count",
    "score",
    "score_printed",
    "points",
    "max_points",
    "points_percent",
    "points_percent_printed",
)
PROGRESS = ("actual_value", "gap", "progress_rate", "pace_gap")
PROGRESS_BEFORE = ("baseline_value", "progress_rate", "expected_value", "pace_gap")
NOT_MEASURED = {"status": "not_measured", "status_vi": "Chưa có kết quả đo"}
ALL = "all"


def without_hidden(mart: str, rows: list[Row], suppression: Suppression) -> list[Row]:
    """The rows of a mart as they may be released; rows that tell nothing hidden are unchanged."""
    hide = HIDING.get(mart)
    if hide is None:
        return rows
    return [row | changes if (changes := hide(row, suppression)) else row for row in rows]


def blank(columns: tuple[str, ...]) -> Row:
    """Nothing in these columns."""
    return dict.fromkeys(columns)


def of_result(row: Row, suppression: Suppression) -> Row:
    """Results: the figure itself, and that of the round before."""
    cell = (row["unit_key"], row["breakdown"], row["breakdown_value"])
    changes: Row = {}
    earlier = suppression.counterparts.get(row["indicator_code"], (row["indicator_code"],))
    if suppression.reason(row["previous_round_code"], cell, *earlier):
        changes |= blank(VALUES_BEFORE)
    if row["value_source"] != "answers":
        return changes
    decision = suppression.decision(row["round_code"])
    is_share = row["measure_type"] == "share_single" and row["parent_code"]
    code = row["parent_code"] if is_share else row["indicator_code"]
    reason = decision.reason(cell, (row.get("variant_code", OFFICIAL), code))
    if reason:
        changes |= blank(VALUES) | {"is_suppressed": True, "suppression_reason": reason}
    return changes


def of_points(row: Row, suppression: Suppression) -> Row:
    """Points for the reform index: those of a hidden index tell it."""
    cell = (row["unit_key"], ALL, ALL)
    if row["value_source"] != "answers":
        return {}
    reason = suppression.reason(row["round_code"], cell, row["indicator_code"])
    if reason is None:
        return {}
    told = {"is_suppressed": True, "suppression_reason": reason, "reason": reason}
    return blank(POINTS) | told


def of_commune(row: Row, suppression: Suppression) -> Row:
    """Scores of communes and their desks; that nothing was scored is no answer of anybody."""
    if row["value_source"] != "answers" or not row["is_scored"]:
        return {}
    desk = (row["unit_key"], row["desk"])
    unit = row["unit_key"] if row["desk"] == ALL else suppression.desks[desk]
    code = row["criterion_code"].removesuffix("_scored")
    reason = suppression.reason(row["round_code"], (unit, ALL, ALL), code)
    return blank(SCORES) | {"reason": reason} if reason else {}


def of_target(row: Row, suppression: Suppression) -> Row:
    """Progress towards a target: the measurement, and the one that it began with."""
    cell = (row["unit_key"], row["breakdown"], row["breakdown_value"])
    if reason := suppression.reason(row["measurement_key"], cell, row["indicator_code"]):
        return blank(PROGRESS) | NOT_MEASURED | {"status_reason_vi": reason}
    if suppression.reason(row["baseline_key"], cell, row["indicator_code"]):
        return blank(PROGRESS_BEFORE)
    return {}


def of_task(row: Row, suppression: Suppression) -> Row:
    """The movement of a task's criterion between the rounds around it."""
    cell = (row["unit_key"], ALL, ALL)
    codes = suppression.counterparts.get(row["indicator_code"], (row["indicator_code"],))
    changes: Row = {}
    for when in ("before", "after"):
        if reason := suppression.reason(row[f"{when}_round_code"], cell, *codes):
            changes |= blank((f"{when}_value", "movement", "is_movement_comparable"))
            changes["movement_vi"] = reason
    return changes


def of_note(row: Row, suppression: Suppression) -> Row:
    """The newest figure beside a note on a criterion."""
    cell = (row["unit_key"], ALL, ALL)
    if suppression.reason(row["latest_round_code"], cell, row["indicator_code"]):
        return blank(("latest_index_rounded", "latest_rank"))
    return {}


def of_statement(row: Row, suppression: Suppression) -> Row:
    """A printed figure beside the one computed from answers."""
    cell = (row["unit_key"], ALL, ALL)
    if row["basis"] != "answers":
        return {}
    reason = suppression.reason(row["compared_with"], cell, row["indicator_code"])
    told = {"status": "not_computable", "note": reason}
    return blank(("compared_value", "difference")) | told if reason else {}


def of_scorecard(row: Row, suppression: Suppression) -> Row:
    """An agency's index: the rest of a scorecard counts dossiers, nobody's answers."""
    if row["satisfaction_index"] is None:
        return {}
    cell = (row["agency_key"], ALL, ALL)
    rounds = [code for code, year in suppression.rounds.items() if year == row["period_start"].year]
    for code in rounds:
        if suppression.reason(code, cell, *suppression.overall(code)):
            return blank(("satisfaction_index",))
    return {}


HIDING: Mapping[str, Callable[[Row, Suppression], Row]] = {
    **dict.fromkeys(RESULT_MARTS, of_result),
    "reform_index_points": of_points,
    "commune_scores": of_commune,
    "target_progress": of_target,
    "improvement_tasks": of_task,
    "criterion_notes": of_note,
    "stated_vs_computed": of_statement,
    "agency_scorecards": of_scorecard,
}
