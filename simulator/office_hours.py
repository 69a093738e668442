"""Office hours of the working days, as one line of minutes on which waiting can be added up."""

import csv
from bisect import bisect_left
from datetime import date, datetime, time, timedelta
from pathlib import Path

from simulator import LOCAL_TIME, REFERENCE_DIR

MORNING_FROM, MORNING_TO = 7 * 60 + 30, 11 * 60 + 30
AFTERNOON_FROM, AFTERNOON_TO = 13 * 60 + 30, 17 * 60
MORNING = MORNING_TO - MORNING_FROM
MINUTES_A_DAY = MORNING + AFTERNOON_TO - AFTERNOON_FROM


class OfficeHours:
    """Maps moments to positions: minutes of office time since the calendar's first working day."""

    def __init__(self, calendar_file: Path = REFERENCE_DIR / "calendar_days.csv") -> None:
        """Read the newest version of a calendar with the columns of `reference.calendar_days`."""
        with calendar_file.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        newest = max(row["calendar_version"] for row in rows)
        days = [row for row in rows if row["calendar_version"] == newest]
        self.first_day = date.fromisoformat(min(row["day_on"] for row in days))
        self.last_day = date.fromisoformat(max(row["day_on"] for row in days))
        self._days = sorted(
            date.fromisoformat(row["day_on"]) for row in days if row["is_working_day"] == "true"
        )

    def working_days(self, first: date, last: date) -> list[date]:
        """Working days from `first` to `last`, both included."""
        return self._days[
            bisect_left(self._days, first) : bisect_left(self._days, last + timedelta(days=1))
        ]

    def position(self, moment: datetime) -> int:
        """Position of a moment; outside office hours that of the next minute that counts."""
        local = moment.astimezone(LOCAL_TIME)
        index = bisect_left(self._days, local.date())
        if index == len(self._days):
            raise ValueError(f"the calendar of working days ends before {local.date()}")
        if self._days[index] != local.date():
            return index * MINUTES_A_DAY
        minute = local.hour * 60 + local.minute
        before_noon = min(max(minute - MORNING_FROM, 0), MORNING)
        after_noon = min(max(minute - AFTERNOON_FROM, 0), MINUTES_A_DAY - MORNING)
        return index * MINUTES_A_DAY + before_noon + after_noon

    def moment(self, position: int, second: int = 0) -> datetime:
        """The moment at a position; raises ValueError beyond the calendar."""
        index, minute = divmod(position, MINUTES_A_DAY)
        if index >= len(self._days):
            raise ValueError(f"the calendar of working days ends on {self.last_day}")
        start = MORNING_FROM + minute if minute < MORNING else AFTERNOON_FROM + minute - MORNING
        clock = time(start // 60, start % 60, second)
        return datetime.combine(self._days[index], clock, LOCAL_TIME)
