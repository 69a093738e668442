"""Days and periods of Viet Nam, and the calendar of working days, as rows told them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import cached_property

from sipas.release.trace.released import Released

# Viet Nam has had no other clock since 1975.
HERE = timezone(timedelta(hours=7))
LAST_MOMENT = time(23, 59, 59, 999999)
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def local_day(moment: datetime) -> date:
    """The day in Viet Nam."""
    return moment.astimezone(HERE).date()


def end_of(day: date) -> datetime:
    """The last moment of a day."""
    return datetime.combine(day, LAST_MOMENT, HERE)


@dataclass(frozen=True)
class Period:
    """A month, quarter or year."""

    period_type: str
    start_on: date

    @cached_property
    def end_on(self) -> date:
        """The day after its last one."""
        number = self.start_on.year * 12 + self.start_on.month - 1 + MONTHS[self.period_type]
        return date(number // 12, number % 12 + 1, 1)

    @cached_property
    def start_at(self) -> datetime:
        """When it begins."""
        return datetime.combine(self.start_on, time(), HERE)

    @cached_property
    def end_at(self) -> datetime:
        """When it is over."""
        return datetime.combine(self.end_on, time(), HERE)


class Calendar:
    """Working days as the build saw them."""

    def __init__(self, rows: list[dict]) -> None:
        self.number = {row["day_on"]: row["working_day_number"] for row in rows}
        self.working = {
            row["working_day_number"]: row["day_on"] for row in rows if row["is_working_day"]
        }
        # A day off counts as the next working day.
        self.position = {
            row["day_on"]: row["working_day_number"] + (not row["is_working_day"]) for row in rows
        }

    def end_after(self, day: date, working_days: int) -> datetime | None:
        """The end of the working day that lies so many after a day; None beyond the calendar."""
        number = self.number.get(day)
        found = None if number is None else self.working.get(number + working_days)
        return end_of(found) if found else None

    def between(self, first: date, last: date) -> int | None:
        """Working days from one day to another; None beyond the calendar."""
        numbers = self.number.get(first), self.number.get(last)
        return None if None in numbers else numbers[1] - numbers[0]


def calendar_of(released: Released) -> Calendar:
    """The calendar that the build saw."""
    return released.keep("calendar", lambda: Calendar(released.reference("calendar_days")))
