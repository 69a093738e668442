"""Figures of citizens' feedback (phản ánh, kiến nghị), judged once more by the released rules."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from statistics import median

from sipas.release.trace.local_time import HERE, Calendar, Period, calendar_of, local_day
from sipas.release.trace.released import Released
from sipas.release.trace.result import Check, Figure, Rows, Trace
from sipas.release.trace.scorecards import SAME, batches_of, printed

NEWEST_VERSIONS = """
    select distinct on (feedback_code)
        feedback_code, agency_code, batch_id, position, source_updated_at, field_code, channel,
        subject, submitted_at, received_at, refused_at, asked_more_at, more_arrived_at,
        answered_at, published_at, is_answer_accepted
    from raw.feedback
    where agency_code = %(agency)s and batch_id = any(%(batches)s)
    and source_updated_at <= %(as_of)s
    order by feedback_code, source_updated_at desc, batch_id desc, position desc
"""
ROW_COLUMNS = (
    "agency_code",
    "feedback_code",
    "taken_in_at",
    "ended_at",
    "outcome",
    "publication",
    "working_days",
    "batch_id",
    "position",
)


@dataclass
class Feedback:
    """One feedback as of a moment."""

    version: dict
    rule_version: str
    taken_in_at: datetime
    ended_at: datetime | None
    is_answered: bool
    answer_due: int
    outcome: str
    is_asked_in_time: bool | None
    publication: str | None
    working_days: int | None


class Judge:
    """The rules, the calendar and the as-of of one release."""

    def __init__(self, released: Released) -> None:
        self.as_of = released.as_of_at
        self.calendar: Calendar = calendar_of(released)
        rules = released.method_rows("feedback_rules") or released.whole_reference("feedback_rules")
        self.rules = sorted(rules, key=lambda row: str(row["valid_from"]))

    def place(self, moment: datetime) -> int:
        """The day of a moment as its place among the working days."""
        return self.calendar.position[local_day(moment)]

    def rule(self, day: date) -> dict | None:
        """The version in force on a day."""
        found = [rule for rule in self.rules if str(rule["valid_from"]) <= day.isoformat()]
        return found[-1] if found else None

    def judge(self, version: dict) -> Feedback | None:
        """What became of a feedback; None of what was sent after the as-of or before any rule."""
        names = ("received_at", "refused_at", "asked_more_at", "more_arrived_at", "answered_at")
        known = {
            name: moment if (moment := version[name]) and moment <= self.as_of else None
            for name in (*names, "published_at")
        }
        taken_in = known["received_at"] or version["submitted_at"]
        rule = self.rule(local_day(taken_in))
        if version["submitted_at"] > self.as_of or rule is None:
            return None
        ended = known["answered_at"] or known["refused_at"]
        ended = ended and max(ended, taken_in)
        number = self.calendar.number
        begun = number[local_day(taken_in)]
        due = begun + rule["answer_working_days"]
        refuse_due = begun + rule["refuse_working_days"]
        asked, in_time = known["asked_more_at"], None
        if asked:
            at = self.place(asked)
            in_time = at <= begun + rule["ask_more_working_days"]
            resumed = min(m for m in (known["more_arrived_at"], ended, self.as_of) if m)
            pause = self.place(max(asked, resumed)) - at
            due += pause if at <= due else 0
            refuse_due += pause if at <= refuse_due else 0
        return Feedback(
            version,
            rule["rule_version"],
            taken_in,
            ended,
            known["answered_at"] is not None,
            due,
            self.outcome(known, ended, due, refuse_due),
            in_time,
            self.publication(known, ended, rule),
            number[local_day(ended)] - begun if ended else None,
        )

    def outcome(self, known: dict, ended: datetime | None, due: int, refuse_due: int) -> str:
        """One of the six outcomes."""
        if ended is None:
            return "open_overdue" if self.place(self.as_of) > due else "open_in_time"
        if known["answered_at"]:
            return "answered_late" if self.place(ended) > due else "answered_in_time"
        return "refused_late" if self.place(ended) > refuse_due else "refused_in_time"

    def publication(self, known: dict, ended: datetime | None, rule: dict) -> str | None:
        """Whether and when an answer was published."""
        if not known["answered_at"] or ended is None:
            return None
        due = self.calendar.number[local_day(ended)] + rule["publish_working_days"]
        if known["published_at"]:
            late = self.place(known["published_at"]) > due
            return "published_late" if late else "published_in_time"
        return "publication_overdue" if self.place(self.as_of) > due else "publication_pending"


@dataclass(frozen=True)
class Seen:
    """A feedback within a period."""

    made: Feedback
    period: Period
    outcome: str

    @property
    def is_over(self) -> bool:
        """Ended before the period did."""
        return self.made.ended_at is not None and self.made.ended_at < self.period.end_at

    def falls_in(self, moment: datetime | None) -> bool:
        """Whether a moment lies in the period."""
        return moment is not None and self.period.start_at <= moment < self.period.end_at


def is_asked(seen: Seen, in_time: bool) -> bool:
    """More was asked for in the period, in time or late."""
    asked = seen.falls_in(seen.made.version["asked_more_at"])
    return asked and seen.made.is_asked_in_time is in_time


def ends_as(outcome: str) -> Callable[[Seen], bool]:
    """The outcome at the end of the period is this one."""
    return lambda seen: seen.outcome == outcome


def published_as(publication: str) -> Callable[[Seen], bool]:
    """What became of the answer's publication."""
    return lambda seen: seen.is_over and seen.made.publication == publication


def is_judged(seen: Seen) -> bool:
    """Who sent it said whether the answer was accepted."""
    answered = seen.is_over and seen.made.is_answered
    return answered and seen.made.version["is_answer_accepted"] is not None


COUNTS: dict[str, tuple[str, Callable[[Seen], bool]]] = {
    "carried_in_count": ("kỳ trước chuyển sang", lambda s: s.made.taken_in_at < s.period.start_at),
    "received_count": ("tiếp nhận trong kỳ", lambda s: s.made.taken_in_at >= s.period.start_at),
    "answered_in_time_count": ("trả lời đúng hạn", ends_as("answered_in_time")),
    "answered_late_count": ("trả lời quá hạn", ends_as("answered_late")),
    "refused_in_time_count": ("từ chối đúng hạn", ends_as("refused_in_time")),
    "refused_late_count": ("từ chối quá hạn", ends_as("refused_late")),
    "open_in_time_count": ("đang xử lý, trong hạn", ends_as("open_in_time")),
    "open_overdue_count": ("đang xử lý, quá hạn", ends_as("open_overdue")),
    "asked_more_in_time_count": ("yêu cầu bổ sung đúng hạn", lambda s: is_asked(s, True)),
    "asked_more_late_count": ("yêu cầu bổ sung quá hạn", lambda s: is_asked(s, False)),
    "published_in_time_count": ("công khai đúng hạn", published_as("published_in_time")),
    "published_late_count": ("công khai quá hạn", published_as("published_late")),
    "publication_overdue_count": ("chưa công khai, quá hạn", published_as("publication_overdue")),
    "publication_pending_count": ("chưa công khai, trong hạn", published_as("publication_pending")),
    "judged_answer_count": ("có đánh giá câu trả lời", is_judged),
    "accepted_answer_count": (
        "đồng ý với câu trả lời",
        lambda s: is_judged(s) and s.made.version["is_answer_accepted"],
    ),
}
ANSWERED = ("answered_in_time_count", "answered_late_count")
RATES = {
    "on_time_rate": (ANSWERED[:1], ANSWERED),
    "acceptance_rate": (("accepted_answer_count",), ("judged_answer_count",)),
}
MEDIAN = "median_working_days"
TITLES = {name: f"Phản ánh, kiến nghị {words}" for name, (words, _) in COUNTS.items()} | {
    "on_time_rate": "Tỷ lệ phản ánh, kiến nghị trả lời đúng hạn",
    "acceptance_rate": "Tỷ lệ đồng ý với câu trả lời",
    MEDIAN: "Trung vị số ngày làm việc đến khi trả lời",
}
# What scorecards show of feedback, under their own names.
ON_SCORECARDS = {
    "feedback_count": "received_count",
    "feedback_on_time_rate": "on_time_rate",
}


def judged(released: Released, agency_code: str) -> list[Feedback]:
    """Every feedback of an agency that the build saw, as of its as-of."""

    def read() -> list[Feedback]:
        judge = released.keep("feedback judge", lambda: Judge(released))
        asked = {
            "agency": agency_code,
            "batches": released.batch_ids("feedback"),
            "as_of": released.as_of_at,
        }
        made = [judge.judge(version) for version in released.query(NEWEST_VERSIONS, asked)]
        return [feedback for feedback in made if feedback is not None]

    return released.keep(("feedback", agency_code), read)


def seen_in(released: Released, agency_code: str, row: dict) -> list[Seen]:
    """The feedback that counts in a row: its agency, period and breakdown."""
    period, as_of = Period(row["period_type"], row["period_start"]), released.as_of_at
    breakdown, value = row["breakdown"], row["breakdown_value"]

    def read() -> list[Seen]:
        until = calendar_of(released).position[local_day(min(period.end_at, as_of))]
        return [
            Seen(made, period, outcome_at(made, period, until))
            for made in judged(released, agency_code)
            if made.taken_in_at < period.end_at
            and (made.ended_at or as_of) >= period.start_at
            and group_of(made.version, breakdown) == value
        ]

    return released.keep(("feedback seen", agency_code, period, breakdown, value), read)


def outcome_at(made: Feedback, period: Period, until: int) -> str:
    """The outcome as the period ended, or as it is now."""
    if made.ended_at is not None and made.ended_at < period.end_at:
        return made.outcome
    return "open_overdue" if until > made.answer_due else "open_in_time"


def group_of(version: dict, breakdown: str) -> str | None:
    """The value of a breakdown that a feedback belongs to; None of what feedback is not by."""
    if breakdown == "field":
        return version["field_code"] or "unknown"
    return "all" if breakdown == "all" else version.get(breakdown)


def trace_feedback(released: Released, figure: Figure, agencies: list[str], column: str) -> Trace:
    """The way of a count, a rate or a median of feedback, of one agency or of several."""
    row, published = figure.row, figure.row[figure.column]
    seen = [one for agency in agencies for one in seen_in(released, agency, row)]
    sums = released.keep(
        ("feedback sums", *agencies, *(str(row[name]) for name in SAME)),
        lambda: {name: [s for s in seen if counts(s)] for name, (_, counts) in COUNTS.items()},
    )
    trace = Trace(
        figure,
        title_vi=TITLES[column],
        printed=printed(published, column),
        exact=published,
        count_vi="n (số phản ánh, kiến nghị được đếm)",
    )
    if column == MEDIAN:
        listed = [s for s in seen if s.is_over and s.made.is_answered]
        days = [s.made.working_days for s in listed]
        trace.formula_vi.append("Trung vị số ngày làm việc của các phản ánh được trả lời trong kỳ.")
        value = Decimal(str(median(days))) if days else None
    elif column in RATES:
        above, below = RATES[column]
        top, bottom = (sum(len(sums[name]) for name in names) for names in (above, below))
        words = [" + ".join(COUNTS[name][0] for name in names) for names in (above, below)]
        trace.formula_vi.append(f"Tỷ lệ = ({words[0]}) ÷ ({words[1]}) = {top} ÷ {bottom}.")
        listed = [one for name in below for one in sums[name]]
        value = Fraction(top, bottom) if bottom else None
    else:
        trace.formula_vi.append(f"Số phản ánh, kiến nghị {COUNTS[column][0]}.")
        listed = sums[column]
        value = len(listed)
    if published is None and not value:
        value = None  # a scorecard without any feedback beside it shows none, not 0
    trace.checks.append(Check(TITLES[column], published, value))
    trace.count = len(listed)
    rules = {one.made.rule_version for one in listed}
    trace.method_version = ", ".join(sorted(rules)) or None
    trace.batch_rows = batches_of(listed, seen)
    trace.rows = Rows(ROW_COLUMNS, lambda: feedback_rows(listed))
    return trace


def feedback_rows(listed: list[Seen]) -> Iterator[tuple]:
    """One row a feedback, in the order of ROW_COLUMNS."""
    for one in sorted(listed, key=lambda s: s.made.version["feedback_code"]):
        made, version = one.made, one.made.version
        yield (
            version["agency_code"],
            version["feedback_code"],
            made.taken_in_at.astimezone(HERE),
            made.ended_at and made.ended_at.astimezone(HERE),
            one.outcome,
            made.publication,
            made.working_days,
            version["batch_id"],
            version["position"],
        )
