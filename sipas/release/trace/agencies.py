"""Figures of agencies: which reckoning a column of a scorecard or of the long series needs."""

from collections import defaultdict
from dataclasses import replace

from sipas.release.trace import feedback, scorecards
from sipas.release.trace.documents import of_round
from sipas.release.trace.local_time import Period
from sipas.release.trace.released import Released
from sipas.release.trace.result import Check, Figure, Part, Trace

RANK, SATISFACTION = "rank_in_peer_group", "satisfaction_index"
SCORECARD_COLUMNS = (*scorecards.OF_DOSSIERS, *feedback.ON_SCORECARDS, SATISFACTION, RANK)
FEEDBACK_COLUMNS = tuple(feedback.TITLES)


def trace_scorecard(released: Released, figure: Figure) -> Trace:
    """A column of an agency's scorecard."""
    row, column = figure.row, figure.column
    if column == RANK:
        return trace_rank(released, figure)
    if column == SATISFACTION:
        return trace_satisfaction(released, figure)
    return of_agencies(released, figure, [row["agency_code"]])


def trace_series(released: Released, figure: Figure) -> Trace:
    """A column of the long series: one unit of then, or what became one unit of today."""
    agencies = series_agencies(released, figure.row)
    whole = replace(figure, row=figure.row | {"breakdown": "all", "breakdown_value": "all"})
    trace = of_agencies(released, whole, agencies)
    if figure.column == scorecards.MEDIAN and len(agencies) > 1:
        trace.checks = [
            Check(scorecards.TITLES[scorecards.MEDIAN], figure.row[figure.column], None)
        ]
        trace.formula_vi = ["Trung vị của nhiều cơ quan cộng lại không được công bố."]
    trace.checks.append(
        Check("Số cơ quan được cộng", figure.row["summed_unit_count"], len(agencies))
    )
    trace.parts += [Part(agency, f"Cơ quan {agency}") for agency in agencies]
    return trace


def trace_feedback_result(released: Released, figure: Figure) -> Trace:
    """A column of an agency's feedback."""
    agencies = [figure.row["agency_code"]]
    return feedback.trace_feedback(released, figure, agencies, figure.column)


def of_agencies(released: Released, figure: Figure, agencies: list[str]) -> Trace:
    """A column that is counted from dossiers or from feedback."""
    of_feedback = feedback.ON_SCORECARDS.get(figure.column)
    if of_feedback:
        return feedback.trace_feedback(released, figure, agencies, of_feedback)
    return scorecards.trace_dossiers(released, figure, agencies)


def series_agencies(released: Released, row: dict) -> list[str]:
    """The agencies whose version, as the period ended, is the unit or became it."""
    versions = released.keep("versions", lambda: agency_versions(released))
    end = Period(row["period_type"], row["period_start"]).end_on
    key = "unit_key" if row["unit_basis"] == "then" else "today_unit_key"
    whole = row | {"breakdown": "all", "breakdown_value": "all"}
    found = []
    for code, of_code in versions.items():
        then = min(
            of_code, key=lambda u: (u["valid_from"] >= end, abs((u["valid_from"] - end).days))
        )
        if then.get(key) == row["unit_key"] and scorecards.seen_in(released, code, whole):
            found.append(code)
    return sorted(found)


def agency_versions(released: Released) -> dict[str, list[dict]]:
    """Every version of each agency, with what became of it where that is released."""
    sibling = released.sibling("units")
    found: dict[str, list[dict]] = defaultdict(list)
    for unit in sibling.frozen("units_of_today") if sibling else released.reference("units"):
        if unit["unit_code"].startswith("onestop:"):
            found[unit["unit_code"].removeprefix("onestop:")].append(unit)
    return found


def trace_rank(released: Released, figure: Figure) -> Trace:
    """The place among agencies of one level and volume, by the rate as it is published."""
    row = figure.row
    peers = released.frozen(
        "agency_scorecards",
        period_type=row["period_type"],
        period_start=row["period_start"],
        breakdown="all",
        peer_group=row["peer_group"],
    )
    rated = [p for p in peers if p[RANK] is not None and p["on_time_rate"] is not None]
    trace = Trace(
        figure,
        title_vi=scorecards.TITLES[RANK],
        printed=scorecards.printed(row[RANK], RANK),
        exact=row[RANK],
        count=len(rated),
        count_vi="n (số cơ quan trong nhóm)",
        formula_vi=[
            f"Xếp theo tỷ lệ trước và đúng hạn (làm tròn 4 chữ số) trong nhóm "
            f"«{row['peer_group']}»; bằng nhau thì cùng vị thứ.",
        ],
        onward=[f"sipas trace {released.release_id} {row['agency_key']} on_time_rate"],
    )
    own = scorecards.trace_dossiers(
        released, replace(figure, column="on_time_rate"), [row["agency_code"]]
    )
    trace.batch_rows, trace.rows = own.batch_rows, own.rows
    trace.notes_vi.append("Lô và dòng góp là của chính cơ quan; cơ quan khác thì dò tỷ lệ của nó.")
    if row[RANK] is not None and row["on_time_rate"] is not None:
        own = round(row["on_time_rate"], 4)
        better = sum(round(p["on_time_rate"], 4) > own for p in rated)
        trace.checks.append(Check(scorecards.TITLES[RANK], row[RANK], better + 1))
    trace.parts = [
        Part(p["agency_code"], p["agency_name"], p["on_time_rate"])
        for p in sorted(rated, key=lambda p: (-p["on_time_rate"], p["agency_code"]))
    ]
    return trace


def trace_satisfaction(released: Released, figure: Figure) -> Trace:
    """The index of the agency's own survey of the year."""
    row = figure.row
    rounds = [
        r
        for r in released.whole_reference("rounds")
        if (r["unit_key"], r["survey_year"]) == (row["agency_key"], row["period_start"].year)
        and r["round_kind"] in ("official", "agency")
    ]
    trace = Trace(
        figure,
        title_vi=scorecards.TITLES[SATISFACTION],
        printed=scorecards.printed(row[SATISFACTION], SATISFACTION),
        exact=row[SATISFACTION],
        formula_vi=["Chỉ số chung của đợt khảo sát tại cơ quan trong năm (đợt cuối cùng)."],
    )
    if row[SATISFACTION] is None:
        trace.notes_vi.append(
            "Không có chỉ số của đợt khảo sát riêng trong kỳ (không khảo sát, hoặc bị ẩn)."
        )
        return trace
    last = max(rounds, key=lambda r: r["round_code"])
    trace.places = [released.place("rounds", last)]
    found = of_round(released, trace, last["round_code"], row["agency_key"], "SIPAS")
    if found:
        trace.checks.append(
            Check("Chỉ số của đợt khảo sát", row[SATISFACTION], found["index_rounded"])
        )
    return trace
