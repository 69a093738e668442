"""Two one-stop systems over HTTP, as vendors build them; their clock moves only when told to."""

import secrets
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from time import monotonic
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from simulator import DATA_NATURE, LOCAL_TIME
from simulator.agencies import AGENCIES, COMMUNE_SYSTEM, PROVINCIAL_SYSTEM, Agency
from simulator.dossiers import Life, lives_of_day
from simulator.office_hours import OfficeHours

TOKEN_SECONDS = 1800
# A life may go on for months after filing; the calendar has to reach that far.
LONGEST_LIFE = timedelta(days=300)
WRITE_MOMENT = {
    PROVINCIAL_SYSTEM: lambda moment: moment.strftime("%Y%m%d%H%M%S"),
    COMMUNE_SYSTEM: lambda moment: moment.isoformat(),
}


@dataclass(frozen=True)
class Settings:
    """What makes a simulated world: the same settings give the same bytes."""

    seed: int = 2023
    dossiers_per_day: float = 41.0
    history_from: date = date(2023, 7, 1)
    clock: datetime = datetime(2024, 1, 31, 17, tzinfo=LOCAL_TIME)


class World:
    """All dossiers of all agencies, seen at a clock that only goes forward."""

    def __init__(self, settings: Settings) -> None:
        """Draw the history; raises ValueError if the calendar does not cover it."""
        self._settings = settings
        self._hours = OfficeHours()
        if settings.history_from < self._hours.first_day:
            raise ValueError(f"history cannot begin before {self._hours.first_day}")
        self._lives: dict[str, list[Life]] = {system: [] for system in WRITE_MOMENT}
        self._drawn_to = settings.history_from - timedelta(days=1)
        self._volume = sum(agency.volume for agency in AGENCIES)
        self._go_to(settings.clock.astimezone(LOCAL_TIME))

    def advance(self, days: int) -> None:
        """Let days pass; raises ValueError (and changes nothing) beyond the calendar."""
        self._go_to(self.clock + timedelta(days=days))

    def _go_to(self, clock: datetime) -> None:
        last = self._hours.last_day - LONGEST_LIFE
        if clock.date() > last:
            raise ValueError(f"the clock cannot pass {last}: the calendar ends soon after")
        for day in self._hours.working_days(self._drawn_to + timedelta(days=1), clock.date()):
            for agency in AGENCIES:
                self._lives[agency.system] += lives_of_day(
                    agency, day, self._daily(agency), self._settings.seed, self._hours
                )
        self._drawn_to = max(self._drawn_to, clock.date())
        self.clock = clock
        self._changes = {system: self._seen_in_order(system) for system in self._lives}

    def _daily(self, agency: Agency) -> float:
        if agency.own_daily is not None:
            return agency.own_daily
        return self._settings.dossiers_per_day * agency.volume / self._volume

    def _seen_in_order(self, system: str) -> list[tuple[datetime, str, Life]]:
        seen = (
            (updated_at, life.code, life)
            for life in self._lives[system]
            if (updated_at := life.updated_at(self.clock)) is not None
        )
        return sorted(seen, key=lambda change: change[:2])

    def page(
        self, system: str, page: int, page_size: int, updated_since: datetime | None
    ) -> tuple[list[dict], int]:
        """Records of a page ordered by (NgayCapNhat, MaHoSo), and how many there are in all."""
        changes = self._changes[system]
        first = 0 if updated_since is None else bisect_left(changes, (updated_since, ""))
        start = first + (page - 1) * page_size
        write = WRITE_MOMENT[system]
        records = [
            life.record(self.clock, write) for _, _, life in changes[start : start + page_size]
        ]
        return records, len(changes) - first


class Login(BaseModel):
    """Body of a token request."""

    username: str
    password: str


class Advance(BaseModel):
    """Body of a clock request."""

    advance_days: int = Field(ge=1, le=3660)


class _Doorkeeper:
    """Gives out tokens and knows them again. Only here does wall-clock time pass."""

    def __init__(self, username: str, password: str) -> None:
        self._login = (username.encode(), password.encode())
        self._tokens: dict[tuple[str, str], float] = {}

    def admit(self, system: str, login: Login) -> str:
        right = [
            secrets.compare_digest(given.encode(), wanted)
            for given, wanted in zip((login.username, login.password), self._login, strict=True)
        ]
        if not all(right):
            raise HTTPException(401, "Sai tên đăng nhập hoặc mật khẩu")
        now = monotonic()
        self._tokens = {key: until for key, until in self._tokens.items() if until > now}
        token = secrets.token_urlsafe(24)
        self._tokens[system, token] = now + TOKEN_SECONDS
        return token

    def check(self, system: str, token: str | None) -> None:
        if self._tokens.get((system, token or ""), 0) <= monotonic():
            raise HTTPException(
                401, "Thiếu token hoặc token hết hạn", {"WWW-Authenticate": "Bearer"}
            )


def _known_system(system: str) -> str:
    if system not in WRITE_MOMENT:
        raise HTTPException(404, f"Không có hệ thống {system}")
    return system


System = Annotated[str, Depends(_known_system)]
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


def create_app(settings: Settings, username: str, password: str) -> FastAPI:
    """The HTTP service of both systems, health and clock.

    The handlers are coroutines without awaits: requests follow each other, so that none sees
    the clock move half way.
    """
    world = World(settings)
    door = _Doorkeeper(username, password)
    app = FastAPI(title="Hệ thống Một cửa mô phỏng", docs_url=None, redoc_url=None)

    def signed_in(system: System, bearer: Bearer) -> str:
        door.check(system, bearer.credentials if bearer else None)
        return system

    signed_in_system = Annotated[str, Depends(signed_in)]

    @app.middleware("http")
    async def mark_as_simulated(request, call_next):
        response = await call_next(request)
        response.headers["X-Data-Nature"] = DATA_NATURE
        return response

    @app.get("/health")
    async def health() -> dict:
        return {"status": "ok", "data_nature": DATA_NATURE}

    @app.get("/clock")
    async def read_clock() -> dict:
        return {"now": world.clock.isoformat()}

    @app.post("/clock")
    async def advance_clock(advance: Advance) -> dict:
        try:
            world.advance(advance.advance_days)
        except ValueError as error:
            raise HTTPException(409, str(error)) from error
        return {"now": world.clock.isoformat()}

    @app.post("/systems/{system}/token")
    async def token(system: System, login: Login) -> dict:
        return {
            "access_token": door.admit(system, login),
            "token_type": "bearer",
            "expires_in": TOKEN_SECONDS,
        }

    @app.get("/systems/{system}/units")
    async def units(system: signed_in_system) -> dict:
        return {"data": [_unit(agency) for agency in AGENCIES if agency.system == system]}

    @app.get("/systems/{system}/dossiers")
    async def dossiers(
        system: signed_in_system,
        page: Annotated[int, Query(ge=1)] = 1,
        page_size: Annotated[int, Query(ge=1, le=1000)] = 500,
        updated_since: datetime | None = None,
    ) -> dict:
        if updated_since is not None and updated_since.tzinfo is None:
            updated_since = updated_since.replace(tzinfo=LOCAL_TIME)
        data, total = world.page(system, page, page_size, updated_since)
        return {
            "data": data,
            "page": page,
            "page_size": page_size,
            "total_pages": max(1, ceil(total / page_size)),
            "total": total,
            "as_of": world.clock.isoformat(),
        }

    return app


def _unit(agency: Agency) -> dict:
    return {
        "MaDonVi": agency.code,
        "TenDonVi": agency.name,
        "CapDonVi": agency.level,
        "MaDonViCha": agency.parent_code,
    }
