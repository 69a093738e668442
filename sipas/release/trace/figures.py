"""Finding one published figure: its frozen row, and the column where a row has many figures."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sipas.errors import UserError
from sipas.release.trace import agencies, communes, documents, surveys
from sipas.release.trace.released import Released
from sipas.release.trace.result import Check, Figure, Trace

SHOWN, CHOICES = 30, 6  # of what exists, in a message
NO_UNIT = "-"
# What would tell a hidden value.
TELLING = ("index_value", "index_rounded", "valid_count", "distribution", "score", "points", "rank")


@dataclass(frozen=True)
class Kind:
    """How the figures of a mart are called, and how one is traced."""

    trace: Callable[[Released, Figure], Trace]
    key: tuple[str, ...]
    codes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    unit: tuple[str, ...] = ("unit_key", "unit_code", "unit_name")
    defaults: dict[str, str] = field(default_factory=dict)


WHOLE = {"breakdown": "all", "breakdown_value": "all"}
GROUP = ("breakdown", "breakdown_value")
AGENCY = ("agency_key", "agency_code", "agency_name")
PERIOD = ("period_type", "period_start")
RESULT = Kind(surveys.trace_result, ("unit_key", *GROUP), codes=("indicator_code",), defaults=WHOLE)
KINDS: dict[str, Kind] = {
    "criterion_results": RESULT,
    "perception_results": RESULT,
    "expectation_results": RESULT,
    "criterion_variants": Kind(
        surveys.trace_result,
        ("unit_key", "variant_code", *GROUP),
        codes=("indicator_code",),
        defaults=WHOLE,
    ),
    "commune_scores": Kind(
        communes.trace_commune,
        ("unit_key", "desk"),
        codes=("criterion_code",),
        defaults={"desk": "all"},
    ),
    "reform_index_points": Kind(
        communes.trace_reform_points, ("unit_key", "rule_code"), codes=("indicator_code",)
    ),
    "agency_scorecards": Kind(
        agencies.trace_scorecard,
        ("agency_key", *PERIOD, *GROUP),
        columns=agencies.SCORECARD_COLUMNS,
        unit=AGENCY,
        defaults=WHOLE,
    ),
    "agency_scorecard_series": Kind(
        agencies.trace_series,
        ("unit_key", "unit_basis", *PERIOD),
        columns=agencies.SCORECARD_COLUMNS,
        defaults={"unit_basis": "today"},
    ),
    "feedback_results": Kind(
        agencies.trace_feedback_result,
        ("agency_key", *PERIOD, *GROUP),
        columns=agencies.FEEDBACK_COLUMNS,
        unit=AGENCY,
        defaults=WHOLE,
    ),
    "units_of_today": Kind(documents.trace_unit, ("unit_key",), columns=("kind",)),
    "stated_vs_computed": Kind(
        documents.trace_statement,
        ("year", "measure", "statement_key", "basis", "compared_with"),
        codes=("statement_key", "indicator_code", "subject"),
        unit=("unit_key",),
    ),
    "target_progress": Kind(
        documents.trace_target,
        ("target_code", "measurement_key"),
        codes=("target_code", "indicator_code"),
    ),
    "improvement_tasks": Kind(documents.trace_task, ("task_code",), codes=("task_code",)),
    "criterion_notes": Kind(documents.trace_note, ("note_key",), codes=("note_key",)),
    "report_compliance": Kind(
        documents.trace_report,
        ("obligation_code", "agency_vi"),
        codes=("obligation_code",),
        unit=("unit_key", "unit_name"),
    ),
}


@dataclass(frozen=True)
class Wanted:
    """What somebody asked for beside the release."""

    unit: str
    indicator: str
    mart: str | None = None
    period: str | None = None
    chosen: dict[str, str] = field(default_factory=dict)


def find_figure(released: Released, wanted: Wanted) -> Figure:
    """The one figure that is asked for; raises UserError, naming what exists."""
    marts = released.scope.marts
    if wanted.mart and wanted.mart not in marts:
        raise UserError(
            f"Bản {released.release_id} không có bảng «{wanted.mart}». Có: {', '.join(marts)}."
        )
    if "variant_code" in wanted.chosen and not wanted.mart:
        marts = ("criterion_variants",)
    elif "desk" in wanted.chosen and not wanted.mart:
        marts = ("commune_scores",)
    looked_at = [wanted.mart] if wanted.mart else marts
    of_unit: dict[str, list[dict]] = {}
    for find in (rows_of_unit, rows_of_like_unit):
        if not of_unit:
            found = {mart: find(released, mart, wanted.unit) for mart in looked_at}
            of_unit = {mart: rows for mart, rows in found.items() if rows}
    if not of_unit:
        raise UserError(
            f"Bản {released.release_id} không có đơn vị «{wanted.unit}». "
            f"Có: {listed(units_in(released, marts))}."
        )
    for mart, rows in of_unit.items():
        named = rows_of_indicator(KINDS[mart], rows, wanted.indicator)
        if named:
            return the_one(released, mart, named, wanted)
    exists = dict.fromkeys(n for m, rows in of_unit.items() for n in indicators(KINDS[m], rows))
    raise UserError(
        f"Bản {released.release_id}, đơn vị «{wanted.unit}»: không có chỉ tiêu "
        f"«{wanted.indicator}». Có: {listed(exists)}."
    )


def rows_of_unit(released: Released, mart: str, unit: str) -> list[dict]:
    """The frozen rows of a unit that is called by its key, its code or exactly its name."""
    columns = KINDS[mart].unit
    if unit == NO_UNIT:
        return [r for r in released.frozen(mart) if r[columns[0]] is None]
    for column in columns:
        name = unit.removeprefix("onestop:") if column == "agency_code" else unit
        if rows := released.frozen(mart, **{column: name}):
            return rows
    return []


def rows_of_like_unit(released: Released, mart: str, unit: str) -> list[dict]:
    """The same, however the name is written, or by the code that begins the key."""
    columns, wanted = KINDS[mart].unit, plain(unit)
    key, name = columns[0], columns[-1]
    return [
        row
        for row in released.frozen(mart)
        if (row[key] or "").partition("@")[0] == unit or plain(row[name]) == wanted
    ]


def rows_of_indicator(kind: Kind, rows: list[dict], indicator: str) -> list[dict]:
    """The rows of an indicator; where the figure is a column, all of them."""
    if kind.columns:
        return rows if indicator in kind.columns and indicator in rows[0] else []
    for column in kind.codes:
        if found := [row for row in rows if row[column] == indicator]:
            return found
    return []


def indicators(kind: Kind, rows: list[dict]) -> list[str]:
    """How the figures of these rows are called."""
    if kind.columns:
        return [name for name in kind.columns if name in rows[0]]
    in_order = sorted(rows, key=lambda row: (row.get("sort_order") or 0, str(row[kind.codes[0]])))
    return list(dict.fromkeys(str(row[kind.codes[0]]) for row in in_order))


def the_one(released: Released, mart: str, rows: list[dict], wanted: Wanted) -> Figure:
    """The row that is left when everything chosen is taken; raises UserError naming choices."""
    kind = KINDS[mart]
    chosen = kind.defaults | wanted.chosen
    if wanted.period:
        chosen |= period_columns(wanted.period)
    left = rows
    for column, value in chosen.items():
        if column not in left[0]:
            raise UserError(
                f"Bảng {mart} không có cột «{column}». Khóa của bảng: {', '.join(kind.key)}."
            )
        before, left = left, [row for row in left if str(row[column]) == value]
        if not left:
            exists = dict.fromkeys(str(row[column]) for row in before)
            raise UserError(f"{mart}: không có {column} = «{value}». Có: {listed(exists)}.")
    if len(left) > 1:
        open_columns = [c for c in kind.key if len({str(row[c]) for row in left}) > 1]
        choices = "; ".join(
            f"{column} = {listed(dict.fromkeys(str(row[column]) for row in left), CHOICES)}"
            for column in open_columns
        )
        raise UserError(
            f"Có {len(left)} dòng của {mart} ứng với yêu cầu. Chọn thêm bằng --period hoặc "
            f"--where CỘT=GIÁ_TRỊ: {choices}."
        )
    return Figure(mart, left[0], wanted.indicator if kind.columns else None)


def period_columns(text: str) -> dict[str, str]:
    """2023, 2023-Q4 or 2023-10 as the columns of a mart; raises UserError."""
    year, _, rest = text.partition("-")
    try:
        if not rest:
            return {"period_type": "year", "period_start": str(date(int(year), 1, 1))}
        if rest.upper().startswith("Q"):
            first = date(int(year), 3 * int(rest[1:]) - 2, 1)
            return {"period_type": "quarter", "period_start": str(first)}
        return {"period_type": "month", "period_start": str(date(int(year), int(rest), 1))}
    except ValueError:
        raise UserError(
            f"Không đọc được kỳ «{text}». Viết 2023 (năm), 2023-Q4 (quý) hoặc 2023-10 (tháng)."
        ) from None


def units_in(released: Released, marts: Iterable[str]) -> dict[str, None]:
    """The units that these marts have, by code and name."""
    found: dict[str, None] = {}
    for mart in marts:
        columns = KINDS[mart].unit
        for row in released.frozen(mart):
            told = [str(row[name]) for name in columns[1:] or columns if row[name]]
            found[" ".join(told) or NO_UNIT] = None
    return found


def listed(names: Iterable[Any], most: int = SHOWN) -> str:
    """The first names of many, and how many more there are."""
    every = [str(name) for name in names]
    more = f" … và {len(every) - most} nữa" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def plain(text: str | None) -> str:
    """A name without the ways of writing it: case, composition, the place of a tone."""
    words = unicodedata.normalize("NFD", (text or "").casefold()).split()
    return " ".join("".join(sorted(word)) for word in words)


def trace_figure(released: Released, figure: Figure) -> Trace:
    """The way of a figure, as far as its kind is concerned."""
    trace = KINDS[figure.mart].trace(released, figure)
    return hidden(trace) if figure.is_suppressed else trace


def hidden(trace: Trace) -> Trace:
    """Of a hidden figure only the way is told, and that its row tells no value."""
    row = trace.figure.row
    told = sum(row.get(name) is not None for name in TELLING)
    reason = row.get("suppression_reason") or row.get("reason")
    return Trace(
        trace.figure,
        title_vi=trace.title_vi,
        printed="bị ẩn",
        method_version=trace.method_version,
        checks=[Check("Số cột còn để lộ giá trị bị ẩn", told, 0)],
        places=trace.places,
        notes_vi=[f"Giá trị bị ẩn: {reason}. Không in giá trị, số trả lời và dòng góp."],
        batch_rows=dict.fromkeys(trace.batch_rows, 0),
    )
