"""All that the simulated systems hold, seen at a clock that moves only when told to."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache

from simulator import LOCAL_TIME
from simulator.agencies import AGENCIES, COMMUNE_SYSTEM, PROVINCIAL_SYSTEM, Agency
from simulator.dossiers import lives_of_day
from simulator.feedback import feedback_of_day
from simulator.lives import Life
from simulator.office_hours import OfficeHours

DOSSIERS, FEEDBACK = "dossiers", "feedback"
KINDS = (DOSSIERS, FEEDBACK)
# A life may go on for months after filing; the calendar has to reach that far.
LONGEST_LIFE = timedelta(days=300)
WRITE_MOMENT = {
    PROVINCIAL_SYSTEM: lambda moment: moment.strftime("%Y%m%d%H%M%S"),
    COMMUNE_SYSTEM: lambda moment: moment.isoformat(),
}
Change = tuple[datetime, str, Life]


@dataclass(frozen=True)
class Settings:
    """What makes a simulated world: the same settings give the same bytes.

    Shares are parts of the dossiers: those that the source removes later, and how many pieces of
    feedback there are.
    """

    seed: int = 2023
    dossiers_per_day: float = 41.0
    history_from: date = date(2023, 7, 1)
    clock: datetime = datetime(2024, 1, 31, 17, tzinfo=LOCAL_TIME)
    removed_share: float = 0.003
    feedback_share: float = 0.04


@dataclass(frozen=True)
class Window:
    """Which records are asked for: changed since a moment, filed on the days from … to (both
    included), or all."""

    updated_since: datetime | None = None
    submitted_from: date | None = None
    submitted_to: date | None = None

    def holds(self, life: Life) -> bool:
        """Whether a life was filed on the days asked for."""
        day = life.filed_at.astimezone(LOCAL_TIME).date()
        return (self.submitted_from or day) <= day <= (self.submitted_to or day)


@cache
def _office_hours() -> OfficeHours:
    return OfficeHours()


class World:
    """All dossiers and feedback of all agencies, seen at a clock that only goes forward."""

    def __init__(self, settings: Settings) -> None:
        """Draw the history; raises ValueError if the calendar does not cover it."""
        self._settings = settings
        self._hours = _office_hours()
        if settings.history_from < self._hours.first_day:
            raise ValueError(f"history cannot begin before {self._hours.first_day}")
        self._lives: dict[tuple[str, str], list[Life]] = {
            (system, kind): [] for system in WRITE_MOMENT for kind in KINDS
        }
        self._lags: list[Callable[[str, str], timedelta]] = []
        self._drawn_to = settings.history_from - timedelta(days=1)
        self._volume = sum(agency.volume for agency in AGENCIES)
        self._go_to(settings.clock.astimezone(LOCAL_TIME))

    def advance(self, time: timedelta) -> None:
        """Let time pass; raises ValueError (and changes nothing) beyond the calendar."""
        self._go_to(self.clock + time)

    def hold_back(self, lag: Callable[[str, str], timedelta]) -> None:
        """Show each dossier as it was `lag(system, code)` ago: its changes come late."""
        self._lags.append(lag)
        self._see()

    def let_go(self, lag: Callable[[str, str], timedelta]) -> None:
        """Show again what `hold_back` held back."""
        self._lags.remove(lag)
        self._see()

    def remove(self, is_chosen: Callable[[str, str], bool]) -> None:
        """The source removes the dossiers that `is_chosen(system, code)`, of those it holds."""
        for system in WRITE_MOMENT:
            held = {code for _, code, _ in self._seen[system, DOSSIERS] if is_chosen(system, code)}
            self._lives[system, DOSSIERS] = [
                replace(life, removed_at=self.clock) if life.code in held else life
                for life in self._lives[system, DOSSIERS]
            ]
        self._see()

    def _go_to(self, clock: datetime) -> None:
        last = self._hours.last_day - LONGEST_LIFE
        if clock.date() > last:
            raise ValueError(f"the clock cannot pass {last}: the calendar ends soon after")
        for day in self._hours.working_days(self._drawn_to + timedelta(days=1), clock.date()):
            for agency in AGENCIES:
                self._draw(agency, day)
        self._drawn_to = max(self._drawn_to, clock.date())
        self.clock = clock
        self._see()

    def _draw(self, agency: Agency, day: date) -> None:
        settings, daily = self._settings, self._daily(agency)
        self._lives[agency.system, DOSSIERS] += lives_of_day(
            agency, day, daily, settings.seed, self._hours, settings.removed_share
        )
        self._lives[agency.system, FEEDBACK] += feedback_of_day(
            agency, day, daily * settings.feedback_share, settings.seed, self._hours
        )

    def _daily(self, agency: Agency) -> float:
        if agency.own_daily is not None:
            return agency.own_daily
        return self._settings.dossiers_per_day * agency.volume / self._volume

    def _see(self) -> None:
        """What each system holds now, by time of change and code."""
        self._seen = {
            key: sorted(
                (
                    (updated_at, life.code, life)
                    for life in lives
                    if (updated_at := life.updated_at(self._seen_at(key[0], life))) is not None
                    and not life.is_removed(self.clock)
                ),
                key=lambda change: change[:2],
            )
            for key, lives in self._lives.items()
        }

    def _seen_at(self, system: str, life: Life) -> datetime:
        return self.clock - sum((lag(system, life.code) for lag in self._lags), timedelta())

    def lives(self, system: str, kind: str) -> list[Life]:
        """Everything of a kind that was drawn, what is removed or still to come included."""
        return self._lives[system, kind]

    def changes(self, system: str, kind: str, window: Window) -> list[Change]:
        """What of a kind lies in a window: time of change, code and life, in this order."""
        seen = self._seen[system, kind]
        since = window.updated_since
        first = 0 if since is None else bisect_left(seen, (since, ""))
        if window.submitted_from is None and window.submitted_to is None:
            return seen[first:]
        return [change for change in seen[first:] if window.holds(change[2])]

    def records(self, system: str, changes: list[Change]) -> list[dict]:
        """The records of changes as the system writes them."""
        write = WRITE_MOMENT[system]
        return [life.record(self._seen_at(system, life), write) for _, _, life in changes]

    def removed(self, system: str, since: datetime | None) -> list[dict]:
        """The dossiers that the source removed, by time of removal and code."""
        gone = sorted(
            (life.removed_at, life.code, life.agency_code)
            for life in self._lives[system, DOSSIERS]
            if life.is_removed(self.clock) and (since is None or life.removed_at >= since)
        )
        write = WRITE_MOMENT[system]
        return [
            {"MaHoSo": code, "DonViXuLy": agency, "NgayXoa": write(at)} for at, code, agency in gone
        ]

    def counts(self, system: str, window: Window) -> list[dict]:
        """How many dossiers the source holds by agency and day of filing."""
        found = Counter(
            (life.agency_code, life.filed_at.astimezone(LOCAL_TIME).date().isoformat())
            for _, _, life in self.changes(system, DOSSIERS, window)
        )
        return [
            {"DonViXuLy": agency, "Ngay": day, "SoLuong": count}
            for (agency, day), count in sorted(found.items())
        ]
