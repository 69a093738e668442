"""Feedback drawn at random, and what its rules say of it, reckoned day by day in plain Python."""

import csv
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from random import Random
from statistics import median

from handover import REFERENCE

from simulator import LOCAL_TIME

AGENCIES = ("Z1", "Z2")
REFUSE, ASK, ANSWER, PUBLISH = 2, 5, 15, 2
CHANNELS = {"1": "counter", "2": "portal", "3": "call_centre", "4": "app", "5": "post"}
SUBJECTS = {"1": "conduct", "2": "delay", "3": "fees", "4": "regulation", "5": "other"}
FIELDS = {"DD": "Đất đai", "XD": "Xây dựng", None: None}
VENDOR = {
    "submitted": "NgayGui",
    "received": "NgayTiepNhan",
    "refused": "NgayTuChoi",
    "asked": "NgayYeuCauBoSung",
    "arrived": "NgayBoSung",
    "answered": "NgayTraLoi",
    "published": "NgayCongKhai",
    "updated": "NgayCapNhat",
}


@dataclass
class Drawn:
    """One feedback: its moments and codes."""

    code: str
    agency: str
    channel: str
    subject: str
    field_code: str | None
    submitted: datetime
    received: datetime | None = None
    refused: datetime | None = None
    asked: datetime | None = None
    arrived: datetime | None = None
    answered: datetime | None = None
    published: datetime | None = None
    accepted: str | None = None

    def record(self, updated: datetime) -> dict:
        """As the vendor with compact dates sends it."""
        moments = asdict(self) | {"updated": updated}
        return {
            "MaPhanAnh": self.code,
            "DonViTiepNhan": self.agency,
            "KenhTiepNhan": self.channel,
            "LoaiNoiDung": self.subject,
            "MaLinhVuc": self.field_code,
            "TenLinhVuc": FIELDS[self.field_code],
            "ChapNhanTraLoi": self.accepted,
            "HoTen": "Nguyễn Văn Thử",
            "SoDienThoai": "0000000001",
            "NoiDung": "Phản ánh của người dân",
            "NguoiXuLy": "Trần Thị Xử Lý",
        } | {
            theirs: moments[ours] and f"{moments[ours]:%Y%m%d%H%M%S}"
            for ours, theirs in VENDOR.items()
        }


def draw_feedback(count: int, first: date, days: int, seed: int) -> list[Drawn]:
    """`count` lives begun within `days` from `first`, of every shape that the rules know."""
    rng = Random(seed)
    return [draw_life(rng, number, first, days) for number in range(1, count + 1)]


def draw_life(rng: Random, number: int, first: date, days: int) -> Drawn:
    def after(moment: datetime, most_days: float) -> datetime:
        return moment + timedelta(seconds=rng.randrange(int(most_days * 86400)))

    midnight = datetime(first.year, first.month, first.day, tzinfo=LOCAL_TIME)
    life = Drawn(
        code=f"PA-{number:04d}",
        agency=rng.choice(AGENCIES),
        channel=rng.choice(list(CHANNELS)),
        subject=rng.choice(list(SUBJECTS)),
        field_code=rng.choice(list(FIELDS)),
        submitted=after(midnight, days),
    )
    start = life.submitted
    if rng.random() < 0.9:
        start = life.received = after(start, 3)
    if rng.random() < 0.3:
        start = life.asked = after(start, 12 if rng.random() < 0.7 else 40)
        if rng.random() < 0.7:
            start = life.arrived = after(start, 20)
    fate = rng.random()
    if fate < 0.15:
        life.refused = after(start, 6)
    if 0.13 < fate < 0.8:  # some are refused, then answered after all
        life.answered = after(start, 35)
        if rng.random() < 0.7:
            life.published = after(life.answered, 7)
        life.accepted = rng.choice(["0", "1", "1", None])
    return life


@cache
def working_days() -> frozenset[date]:
    """The working days of the product's calendar."""
    with (REFERENCE / "calendar_days.csv").open(encoding="utf8", newline="") as file:
        return frozenset(
            date.fromisoformat(row["day_on"])
            for row in csv.DictReader(file)
            if row["is_working_day"] == "true"
        )


def due_on(start: date, limit: int) -> date:
    """The last day of a limit that begins on the day after `start`."""
    day = start
    while limit:
        day += timedelta(days=1)
        limit -= day in working_days()
    return day


def working_days_between(first: date, end: date) -> int:
    """Working days from `first` on and before `end`."""
    return sum(first + timedelta(days=n) in working_days() for n in range((end - first).days))


def day(moment: datetime) -> date:
    return moment.astimezone(LOCAL_TIME).date()


@dataclass
class Judged:
    """What had become of a feedback at a moment."""

    outcome: str
    ended: datetime | None
    publication: str | None = None
    asked: str | None = None


def limit_with_pause(life: Drawn, start: date, limit: int, now: datetime) -> date:
    """The last day of a limit, with what had stopped the clock by `now` while it still ran."""
    first = due_on(start, limit)
    if life.asked is None or life.asked > now or day(life.asked) > first:
        return first
    ends = [at for at in (life.arrived, life.answered or life.refused, now) if at and at <= now]
    paused = working_days_between(day(life.asked), max(day(min(ends)), day(life.asked)))
    return due_on(start, limit + paused)


def known_by(life: Drawn, now: datetime) -> Drawn:
    """The feedback without what had not happened yet."""
    moments = ("received", "refused", "asked", "arrived", "answered", "published")
    later = [name for name in moments if (at := getattr(life, name)) and at > now]
    return replace(life, **dict.fromkeys(later))


def judge(life: Drawn, now: datetime) -> Judged:
    """What had become of a feedback at `now`."""
    known = known_by(life, now)
    start = day(known.received or known.submitted)
    asked = None
    if known.asked:
        asked = "in_time" if day(known.asked) <= due_on(start, ASK) else "late"
    if known.answered:
        late = day(known.answered) > limit_with_pause(known, start, ANSWER, now)
        judged = Judged("answered_late" if late else "answered_in_time", known.answered)
        judged.publication = judge_publication(known, now)
    elif known.refused:
        late = day(known.refused) > limit_with_pause(known, start, REFUSE, now)
        judged = Judged("refused_late" if late else "refused_in_time", known.refused)
    else:
        waits = known.asked and not known.arrived and day(known.asked) <= due_on(start, ANSWER)
        late = not waits and day(now) > limit_with_pause(known, start, ANSWER, now)
        judged = Judged("open_overdue" if late else "open_in_time", None)
    judged.asked = asked
    return judged


def judge_publication(known: Drawn, now: datetime) -> str:
    last = due_on(day(known.answered), PUBLISH)
    if known.published:
        return "published_late" if day(known.published) > last else "published_in_time"
    return "publication_overdue" if day(now) > last else "publication_pending"


@dataclass
class Counts:
    """The figures of one agency, period and breakdown value."""

    numbers: Counter = field(default_factory=Counter)
    working_days: list[int] = field(default_factory=list)

    def figures(self) -> dict:
        """As columns of feedback_results."""
        answered = self.numbers["answered_in_time"] + self.numbers["answered_late"]
        return {
            **{f"{name}_count": self.numbers[name] for name in COUNTED},
            "on_time_rate": self.numbers["answered_in_time"] / answered if answered else None,
            "median_working_days": median(self.working_days) if self.working_days else None,
        }


COUNTED = (
    "carried_in",
    "received",
    "answered_in_time",
    "answered_late",
    "refused_in_time",
    "refused_late",
    "open_in_time",
    "open_overdue",
    "asked_more_in_time",
    "asked_more_late",
    "published_in_time",
    "published_late",
    "publication_overdue",
    "publication_pending",
    "judged_answer",
    "accepted_answer",
)


def periods(first: datetime, last: datetime):
    """(type, first day, start, end) of every month, quarter and year from `first` to `last`."""
    for period_type, months in (("month", 1), ("quarter", 3), ("year", 12)):
        local = first.astimezone(LOCAL_TIME)
        number = local.year * 12 + (local.month - 1) // months * months
        while (start := month_start(number)) <= last:
            yield period_type, start.date(), start, month_start(number + months)
            number += months


def month_start(number: int) -> datetime:
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=LOCAL_TIME)


def expected_results(lives: list[Drawn], as_of: datetime) -> dict[tuple, dict]:
    """The rows of feedback_results by (agency, period type and start, breakdown, value)."""
    counts: dict[tuple, Counts] = {}
    for life in lives:
        if life.submitted > as_of:
            continue
        final = judge(life, as_of)
        received = life.received if life.received and life.received <= as_of else life.submitted
        for period_type, first_day, start, end in periods(received, final.ended or as_of):
            for breakdown, value in (
                ("all", "all"),
                ("field", life.field_code or "unknown"),
                ("channel", CHANNELS[life.channel]),
                ("subject", SUBJECTS[life.subject]),
            ):
                key = (life.agency, period_type, first_day, breakdown, value)
                add(counts.setdefault(key, Counts()), life, final, received, start, end, as_of)
    return {key: found.figures() for key, found in counts.items()}


def add(
    found: Counts,
    life: Drawn,
    final: Judged,
    received: datetime,
    start: datetime,
    end: datetime,
    as_of: datetime,
) -> None:
    """Counts one feedback in one period."""
    found.numbers["carried_in" if received < start else "received"] += 1
    if final.asked and start <= life.asked < end:
        found.numbers[f"asked_more_{final.asked}"] += 1
    if final.ended is None or final.ended >= end:
        # Refused in vain and answered later: until then it was open.
        found.numbers[judge(replace(life, refused=None), min(end, as_of)).outcome] += 1
        return
    found.numbers[final.outcome] += 1
    if final.publication:
        found.numbers[final.publication] += 1
        found.numbers["judged_answer"] += life.accepted is not None
        found.numbers["accepted_answer"] += life.accepted == "1"
        day_after = day(received) + timedelta(days=1)
        found.working_days.append(
            working_days_between(day_after, day(final.ended) + timedelta(days=1))
        )
