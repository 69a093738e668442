"""Figures of an agency's dossiers: each count is the number of the dossiers that are listed."""

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import NamedTuple

from sipas.release.trace.dossiers import Outcome, outcomes
from sipas.release.trace.local_time import HERE, Period
from sipas.release.trace.released import Released
from sipas.release.trace.result import Check, Figure, Part, Rows, Trace
from sipas.vietnamese import decimal_comma

ROW_COLUMNS = (
    "agency_code",
    "dossier_code",
    "taken_in_at",
    "due_at",
    "ended_at",
    "status",
    "outcome",
    "working_days",
    "counted_as",
    "batch_id",
    "position",
)


class Seen(NamedTuple):
    """A dossier within a period."""

    made: Outcome
    outcome: str
    is_received: bool
    period: Period

    @property
    def is_late(self) -> bool:
        """Ended late, or overdue."""
        return self.outcome in ("finished_late", "in_progress_overdue")


Condition = Callable[[Seen], bool]


def has_notice(seen: Seen) -> bool:
    """A late dossier whose applicant was told before the period ended."""
    told = seen.made.late_notice_at
    return seen.is_late and told is not None and told < seen.period.end_at


def has_apology(seen: Seen) -> bool:
    """A late dossier with a letter of apology before the period ended."""
    written = seen.made.apology_on
    return seen.is_late and written is not None and written < seen.period.end_on


def is_repeated(seen: Seen) -> bool:
    """A second request for supplements fell into the period."""
    asked = seen.made.repeated_at
    return asked is not None and seen.period.start_at <= asked < seen.period.end_at


def ends_as(outcome: str) -> Condition:
    """The outcome is this one."""
    return lambda seen: seen.outcome == outcome


# Column → what is counted in it, in words, and which dossiers are.
COUNTS: dict[str, tuple[str, Condition]] = {
    "carried_in_count": ("kỳ trước chuyển sang", lambda seen: not seen.is_received),
    "received_count": ("tiếp nhận trong kỳ", lambda seen: seen.is_received),
    "finished_early_count": ("giải quyết trước hạn", ends_as("finished_early")),
    "finished_on_time_count": ("giải quyết đúng hạn", ends_as("finished_on_time")),
    "finished_late_count": ("giải quyết quá hạn", ends_as("finished_late")),
    "in_progress_on_time_count": ("đang giải quyết, trong hạn", ends_as("in_progress_on_time")),
    "in_progress_overdue_count": ("đang giải quyết, quá hạn", ends_as("in_progress_overdue")),
    "refused_count": ("từ chối hoặc dừng giải quyết", ends_as("refused")),
    "withdrawn_count": ("công dân rút", ends_as("withdrawn")),
    "repeated_supplement_count": ("yêu cầu bổ sung từ lần thứ hai", is_repeated),
    "late_notice_count": ("quá hạn, đã thông báo trễ hạn", has_notice),
    "apology_count": ("quá hạn, đã có thư xin lỗi", has_apology),
    "online_count": (
        "nộp trực tuyến",
        lambda seen: seen.is_received and seen.made.version["channel"] == 2,
    ),
    "postal_count": (
        "qua bưu chính",
        lambda seen: (
            seen.is_received
            and (seen.made.version["channel"] == 3 or seen.made.version["is_postal_return"])
        ),
    ),
    "online_payment_count": (
        "thanh toán trực tuyến",
        lambda seen: seen.is_received and seen.made.version["online_payment"] > 0,
    ),
}
FINISHED = ("finished_early_count", "finished_on_time_count", "finished_late_count")
LATE = ("finished_late_count", "in_progress_overdue_count")
# Rate → what is divided by what.
RATES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "on_time_rate": (FINISHED[:2], FINISHED),
    "late_notice_rate": (("late_notice_count",), LATE),
    "apology_rate": (("apology_count",), LATE),
    "online_rate": (("online_count",), ("received_count",)),
    "postal_rate": (("postal_count",), ("received_count",)),
    "online_payment_rate": (("online_payment_count",), ("received_count",)),
}
MEDIAN = "median_working_days"
# Rows that agree in these count the same dossiers of an agency.
SAME = ("period_type", "period_start", "breakdown", "breakdown_value")
OF_DOSSIERS = (*(name for name in COUNTS), *RATES, MEDIAN)


def seen_in(released: Released, agency_code: str, row: dict) -> list[Seen]:
    """The dossiers that count in a row of scorecards: its agency, period and breakdown."""
    period, as_of = Period(row["period_type"], row["period_start"]), released.as_of_at
    belongs = member_of(released, row["breakdown"], row["breakdown_value"])

    def read() -> list[Seen]:
        return [
            Seen(made, made.in_period(period, as_of), made.taken_in_at >= period.start_at, period)
            for made in outcomes(released, agency_code)
            if belongs(made.version) and made.touches(period, as_of)
        ]

    key = ("seen", agency_code, period, row["breakdown"], row["breakdown_value"])
    return released.keep(key, read)


def member_of(released: Released, breakdown: str, value: str) -> Callable[[dict], bool]:
    """Whether a dossier belongs to a breakdown value."""
    areas = {r["field_code"]: r["field_area"] for r in released.whole_reference("field_areas")}
    groups = {
        r["procedure_code"]: r["procedure_group"]
        for r in released.whole_reference("procedure_groups")
    }
    told: dict[str, Callable[[dict], str]] = {
        "all": lambda version: "all",
        "field": lambda version: version["field_code"],
        "field_area": lambda version: areas.get(version["field_code"], "other"),
        "procedure_group": lambda version: groups.get(version["procedure_code"], "none"),
        "channel": lambda version: str(version["channel"]),
        "interlinked": lambda version: "true" if version["is_interlinked"] else "false",
    }
    return lambda version: told[breakdown](version) == value


def trace_dossiers(released: Released, figure: Figure, agencies: list[str]) -> Trace:
    """The way of a count, a rate or a median of dossiers, of one agency or of several."""
    row, column = figure.row, figure.column
    seen = [one for agency in agencies for one in seen_in(released, agency, row)]
    sums = released.keep(
        ("sums", *agencies, *(str(row[name]) for name in SAME)),
        lambda: {name: [s for s in seen if counts(s)] for name, (_, counts) in COUNTS.items()},
    )
    trace = Trace(
        figure,
        title_vi=TITLES[column],
        printed=printed(row[column], column),
        exact=row[column],
        count_vi="n (số hồ sơ được đếm)",
    )
    if column == MEDIAN:
        listed = describe_median(trace, seen)
    elif column in RATES:
        listed = describe_rate(trace, column, sums)
    else:
        trace.formula_vi.append(
            f"Số hồ sơ {COUNTS[column][0]}, theo quy tắc đúng hạn đã đóng băng."
        )
        trace.checks.append(Check(TITLES[column], row[column], len(sums[column])))
        listed = sums[column]
    rules = Counter(one.made.rule_version or "không có quy tắc" for one in listed)
    trace.method_version = ", ".join(sorted(rules)) or None
    trace.count = len(listed)
    trace.batch_rows = batches_of(listed, seen)
    trace.rows = Rows(ROW_COLUMNS, lambda: dossier_rows(listed))
    trace.notes_vi.append(
        "Hồ sơ đang dở ở cuối kỳ được xét theo hạn biết tại thời điểm chốt của lượt tính."
    )
    return trace


def batches_of(listed: list, seen: list) -> dict[int, int]:
    """Rows by batch; a zero rests on the batches of all that was looked at and not counted."""
    if not listed:
        return {one.made.version["batch_id"]: 0 for one in seen}
    return dict(Counter(one.made.version["batch_id"] for one in listed))


def describe_rate(trace: Trace, column: str, sums: dict[str, list[Seen]]) -> list[Seen]:
    """A rate: its counts above and below the line, each of them checked where it is published."""
    above, below = RATES[column]
    top, bottom = (sum(len(sums[name]) for name in names) for names in (above, below))
    words = [" + ".join(COUNTS[name][0] for name in names) for names in (above, below)]
    trace.formula_vi.append(f"Tỷ lệ = ({words[0]}) ÷ ({words[1]}) = {top} ÷ {bottom}.")
    row = trace.figure.row
    for name in dict.fromkeys((*above, *below)):
        trace.parts.append(Part(name, COUNTS[name][0], count=len(sums[name])))
        if name in row:
            trace.checks.append(Check(TITLES[name], row[name], len(sums[name])))
    rate = Fraction(top, bottom) if bottom else None
    trace.checks.append(Check(TITLES[column], row[column], rate))
    return [one for name in below for one in sums[name]]


def describe_median(trace: Trace, seen: list[Seen]) -> list[Seen]:
    """The median of the working days of the dossiers that ended in the period."""
    ended = [
        s
        for s in seen
        if s.made.ended_at is not None
        and s.made.working_days is not None
        and s.period.start_at <= s.made.ended_at < s.period.end_at
    ]
    days = [s.made.working_days for s in ended]
    trace.formula_vi.append(
        "Trung vị số ngày làm việc của các hồ sơ kết thúc trong kỳ (trung bình hai hồ sơ ở giữa)."
    )
    found = Decimal(str(median(days))) if days else None
    trace.checks.append(Check(TITLES[MEDIAN], trace.figure.row[MEDIAN], found))
    return ended


def dossier_rows(listed: list[Seen]) -> Iterator[tuple]:
    """One row a dossier, in the order of ROW_COLUMNS."""
    for one in sorted(listed, key=lambda s: s.made.version["dossier_code"]):
        made, version = one.made, one.made.version
        yield (
            version["agency_code"],
            version["dossier_code"],
            *(m and m.astimezone(HERE) for m in (made.taken_in_at, made.due_at, made.ended_at)),
            version["status"],
            made.outcome,
            made.working_days,
            one.outcome,
            version["batch_id"],
            version["position"],
        )


def printed(value: Decimal | int | None, column: str) -> str:
    """A figure of a scorecard as it is shown."""
    if value is None:
        return "–"
    if column.endswith("_rate"):
        return f"{decimal_comma(Decimal(value) * 100)} %"
    if column == MEDIAN:
        return decimal_comma(value, 1)
    return decimal_comma(value, 2 if column == "satisfaction_index" else 0)


TITLES = {name: f"Hồ sơ {words}" for name, (words, _) in COUNTS.items()} | {
    "on_time_rate": "Tỷ lệ hồ sơ giải quyết trước và đúng hạn",
    "late_notice_rate": "Tỷ lệ hồ sơ quá hạn có thông báo trễ hạn",
    "apology_rate": "Tỷ lệ hồ sơ quá hạn có thư xin lỗi",
    "online_rate": "Tỷ lệ hồ sơ nộp trực tuyến",
    "postal_rate": "Tỷ lệ hồ sơ qua bưu chính",
    "online_payment_rate": "Tỷ lệ hồ sơ thanh toán trực tuyến",
    MEDIAN: "Trung vị số ngày làm việc giải quyết",
    "feedback_count": "Phản ánh, kiến nghị tiếp nhận",
    "feedback_on_time_rate": "Tỷ lệ phản ánh, kiến nghị trả lời đúng hạn",
    "satisfaction_index": "Chỉ số hài lòng của khảo sát tại cơ quan",
    "rank_in_peer_group": "Vị thứ trong nhóm đơn vị cùng loại",
}
