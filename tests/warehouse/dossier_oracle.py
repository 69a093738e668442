"""What the scorecards must count, reckoned dossier by dossier in plain Python.

Shares nothing with the SQL but the words of the rules (DOMAIN: «Dossiers») and the calendar file.
"""

import csv
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDAR = Path(__file__).parents[2] / "reference" / "calendar_days.csv"
ENDED_STATUSES = {3, 7, 8, 9, 10}
LAST_MOMENT = time(23, 59, 59, 999999)
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
    "late_notice_count",
    "apology_count",
    "repeated_supplement_count",
    "online_count",
    "postal_count",
    "online_payment_count",
    "simulated_count",
)


@dataclass(frozen=True)
class Rule:
    """One version of the rule that says when a dossier is on time."""

    version: str
    end_moments: tuple[str, ...]
    by_day: bool
    pauses_count: bool
    most_requests: int | None
    by_limit: bool


class Calendar:
    """Working days of the reference file."""

    def __init__(self) -> None:
        self.number, self.day = {}, {}
        with CALENDAR.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                day = date.fromisoformat(row["day_on"])
                self.number[day] = int(row["working_day_number"])
                if row["is_working_day"] == "true":
                    self.day[int(row["working_day_number"])] = day

    def after(self, day: date, working_days: int) -> date | None:
        """The working day that lies so many after a day; None beyond the calendar."""
        return self.day.get(self.number[day] + working_days)


@dataclass
class Outcome:
    """One dossier as of a moment."""

    version: dict
    rule: str
    outcome: str
    taken_in: datetime
    ended: datetime | None
    due: datetime | None
    stopped: datetime | None
    repeated: datetime | None
    working_days: int | None
    notice: datetime | None
    apology: date | None


def newest_versions(versions: Iterable[dict], removals: Iterable[tuple]) -> list[dict]:
    """The newest version of each dossier that its source has not removed since."""
    newest: dict[tuple, dict] = {}
    for version in versions:
        key = (version["agency_code"], version["dossier_code"])
        order = (version["source_updated_at"], version["batch_id"], version["position"])
        if key not in newest or order > newest[key]["order"]:
            newest[key] = version | {"order": order}
    removed: dict[tuple, datetime] = {}
    for agency, code, moment in removals:
        removed[agency, code] = max(moment, removed.get((agency, code), moment))
    return [
        version
        for key, version in newest.items()
        if key not in removed or removed[key] < version["source_updated_at"]
    ]


def judge(version: dict, rule: Rule, calendar: Calendar, as_of: datetime) -> Outcome:
    """What became of a dossier by the as-of."""

    def known(name: str) -> datetime | None:
        moment = version[name]
        return moment if moment is not None and moment <= as_of else None

    taken_in = known("received_at") or version["submitted_at"]
    made = Outcome(version, rule.version, "not_yet_taken_in", taken_in, *[None] * 7)
    if taken_in > as_of:
        return made
    ends = {name: known(f"{name}_at") for name in ("processed", "returned", "refused")}
    has_ended = version["status"] in ENDED_STATUSES
    ends["status"] = known("source_updated_at") if has_ended else None
    found = [ends[name] for name in rule.end_moments if ends[name]]
    if found:
        made.ended = max(found[0], taken_in)
        made.working_days = calendar.number[local(made.ended)] - calendar.number[local(taken_in)]
    requests = sorted(
        (r for r in version["supplements"] if r["requested_at"] <= as_of),
        key=lambda r: r["requested_at"],
    )
    made.due = due_time(version, rule, calendar, made, requests, as_of)
    if not rule.pauses_count:
        waiting = [r["requested_at"] for r in requests if not arrived(r, as_of)]
        made.stopped = min(waiting, default=None)
    if len(requests) > 1:
        made.repeated = requests[1]["requested_at"]
    made.notice = known("late_notice_at")
    letters = [a["issued_on"] for a in version["apologies"] if a["issued_on"] <= local(as_of)]
    made.apology = min(letters, default=None)
    made.outcome = name_of(version, rule, made, ends, len(requests), as_of)
    return made


def due_time(version, rule, calendar, made, requests, as_of) -> datetime | None:
    """The last new appointment, else the promise moved by the pauses that are over."""
    due = version["due_at"]
    if due is None and rule.by_limit and version["time_limit_working_days"] is not None:
        day = calendar.after(local(made.taken_in), version["time_limit_working_days"])
        due = day and datetime.combine(day, LAST_MOMENT, HERE)
    if due is not None and not rule.pauses_count:
        for request in requests:
            over = [m for m in (arrived(request, as_of), made.ended) if m is not None]
            if over:
                due += max(min(over) - request["requested_at"], timedelta(0))
    if requests and requests[-1]["due_after_at"] is not None:
        due = requests[-1]["due_after_at"]
    if due is not None and rule.by_day:
        due = datetime.combine(local(due), LAST_MOMENT, HERE)
    return due


def name_of(version, rule, made, ends, request_count, as_of) -> str:
    """One of the seven outcomes."""
    if made.ended is None:
        overdue = made.due is not None and made.due < as_of and made.stopped is None
        return "in_progress_overdue" if overdue else "in_progress_on_time"
    if version["status"] == 7:
        return "withdrawn"
    if version["status"] in (3, 8):
        return "refused"
    if ends["refused"] and not ends["processed"] and not ends["returned"]:
        return "refused"
    if rule.most_requests is not None and request_count > rule.most_requests:
        return "finished_late"
    if made.due is not None and made.ended > made.due:
        return "finished_late"
    if made.due is not None and local(made.ended) < local(made.due):
        return "finished_early"
    return "finished_on_time"


def arrived(request: dict, as_of: datetime) -> datetime | None:
    """When the papers came, if they have."""
    moment = request["arrived_at"]
    return moment if moment is not None and moment <= as_of else None


def local(moment: datetime) -> date:
    """The day in Viet Nam."""
    return moment.astimezone(HERE).date()


def periods(first: date, last: date) -> Iterable[tuple[str, date, date]]:
    """Type, first day and day after of each period from one day to another."""
    for name, months in (("month", 1), ("quarter", 3), ("year", 12)):
        number = (first.year * 12 + first.month - 1) // months
        while number <= (last.year * 12 + last.month - 1) // months:
            yield (
                name,
                date(number * months // 12, number * months % 12 + 1, 1),
                date((number + 1) * months // 12, (number + 1) * months % 12 + 1, 1),
            )
            number += 1


def counted(made: Outcome, start: date, end: date, as_of: datetime) -> tuple[int, ...]:
    """What one dossier adds to each of COUNTS in a period."""
    start_at = datetime.combine(start, time(), HERE)
    end_at = datetime.combine(end, time(), HERE)
    received = made.taken_in >= start_at
    outcome = made.outcome
    if made.ended is None or made.ended >= end_at:
        seen = min(end_at, as_of)
        overdue = made.due is not None and made.due < seen
        overdue = overdue and (made.stopped is None or made.stopped > seen)
        outcome = "in_progress_overdue" if overdue else "in_progress_on_time"
    late = outcome in ("finished_late", "in_progress_overdue")
    version = made.version
    values = {
        "carried_in_count": not received,
        "received_count": received,
        f"{outcome}_count": True,
        "late_notice_count": late and made.notice is not None and made.notice < end_at,
        "apology_count": late and made.apology is not None and made.apology < end,
        "repeated_supplement_count": made.repeated is not None
        and start_at <= made.repeated < end_at,
        "online_count": received and version["channel"] == 2,
        "postal_count": received and (version["channel"] == 3 or version["is_postal_return"]),
        "online_payment_count": received and version["online_payment"] > 0,
        "simulated_count": True,
    }
    return tuple(int(values.get(name, False)) for name in COUNTS)


def scorecards(
    outcomes: list[Outcome], areas: dict[str, str], groups: dict[str, str], as_of: datetime
) -> dict[tuple, tuple]:
    """(agency, period type, start, breakdown, value) → (*COUNTS, median of working days)."""
    alike: Counter = Counter()
    days: dict[tuple, list[int]] = defaultdict(list)
    for made in outcomes:
        if made.outcome == "not_yet_taken_in":
            continue
        version = made.version
        group = groups.get(version["procedure_code"], "none")
        who = (version["agency_code"], version["field_code"], group)
        who += (str(version["channel"]), "true" if version["is_interlinked"] else "false")
        last = local(made.ended or as_of)
        for name, start, end in periods(local(made.taken_in), last):
            alike[who, name, start, counted(made, start, end, as_of)] += 1
            if made.ended and start <= last < end:
                days[who, name, start].append(made.working_days)
    sums: dict[tuple, list[int]] = defaultdict(lambda: [0] * len(COUNTS))
    for (who, name, start, counts), dossiers in alike.items():
        for breakdown, value in breakdowns(who, areas):
            row = sums[who[0], name, start, breakdown, value]
            for place, count in enumerate(counts):
                row[place] += count * dossiers
    pooled: dict[tuple, list[int]] = defaultdict(list)
    for (who, name, start), values in days.items():
        for breakdown, value in breakdowns(who, areas):
            pooled[who[0], name, start, breakdown, value] += values
    medians = {key: statistics.median(values) for key, values in pooled.items()}
    return {key: (*row, medians.get(key)) for key, row in sums.items()}


def breakdowns(who: tuple, areas: dict[str, str]) -> Iterable[tuple[str, str]]:
    """The breakdown values that a dossier counts in."""
    _, field, group, channel, interlinked = who
    yield "all", "all"
    yield "field", field
    yield "field_area", areas.get(field, "other")
    yield "procedure_group", group
    yield "channel", channel
    yield "interlinked", interlinked
