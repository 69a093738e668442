"""Two one-stop systems over HTTP, as vendors build them; their clock moves only when told to."""

import base64
import binascii
from bisect import bisect_right
from datetime import date, datetime, timedelta
from math import ceil
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from starlette.middleware.gzip import GZipMiddleware

from simulator import DATA_NATURE, LOCAL_TIME
from simulator.agencies import AGENCIES, Agency
from simulator.door import TOKEN_SECONDS, Doorkeeper, Login
from simulator.faults import AnyFault
from simulator.faults.layer import FaultLayer, Faults
from simulator.world import DOSSIERS, FEEDBACK, WRITE_MOMENT, Change, Settings, Window, World

SMALLEST_GZIP = 500  # bytes


class Advance(BaseModel):
    """Body of a clock request."""

    advance_days: int = Field(ge=1, le=3660)


class Paging(BaseModel):
    """How the records of a window are asked for: by number of page, or from a cursor on.

    The first request by cursor has an empty one, or neither page nor cursor.
    """

    page: int | None = Field(None, ge=1)
    cursor: str | None = None
    page_size: int = Field(500, ge=1, le=1000)


class MarkAsSimulated:
    """ASGI middleware: every answer says that it is simulated. (FastAPI's own kind of middleware
    would end an answer properly that a fault breaks off.)"""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        async def send_marked(message) -> None:
            if message["type"] == "http.response.start":
                mark = (b"x-data-nature", DATA_NATURE.encode())
                message = {**message, "headers": [*message["headers"], mark]}
            await send(message)

        await self.app(scope, receive, send_marked)


def _known_system(system: str) -> str:
    if system not in WRITE_MOMENT:
        raise HTTPException(404, f"Không có hệ thống {system}")
    return system


def _local(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=LOCAL_TIME) if moment and moment.tzinfo is None else moment


def _window(
    updated_since: datetime | None = None,
    submitted_from: date | None = None,
    submitted_to: date | None = None,
) -> Window:
    return Window(_local(updated_since), submitted_from, submitted_to)


System = Annotated[str, Depends(_known_system)]
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]
Asked = Annotated[Window, Depends(_window)]
Pages = Annotated[Paging, Query()]


def create_app(settings: Settings, username: str, password: str) -> FastAPI:
    """The HTTP service of both systems; `app.state` has their `world` and its `faults`.

    The handlers are coroutines without awaits: requests follow each other, so that none sees
    the clock move half way. Raises ValueError if the calendar does not cover the settings.
    """
    app = FastAPI(title="Hệ thống Một cửa mô phỏng", docs_url=None, redoc_url=None)
    world, door = World(settings), Doorkeeper(username, password)
    app.state.world, app.state.faults = world, Faults(world, door)
    app.add_middleware(FaultLayer, faults=app.state.faults)
    app.add_middleware(GZipMiddleware, minimum_size=SMALLEST_GZIP)
    app.add_middleware(MarkAsSimulated)
    _add_clock(app, world)
    _add_faults(app, app.state.faults)
    _add_systems(app, world, door)
    return app


def _add_clock(app: FastAPI, world: World) -> None:
    """Health and the simulated time."""

    @app.get("/health")
    async def health() -> dict:
        return {"status": "ok", "data_nature": DATA_NATURE}

    @app.get("/clock")
    async def read_clock() -> dict:
        return {"now": world.clock.isoformat()}

    @app.post("/clock")
    async def advance_clock(advance: Advance) -> dict:
        try:
            world.advance(timedelta(days=advance.advance_days))
        except ValueError as error:
            raise HTTPException(409, str(error)) from error
        return {"now": world.clock.isoformat()}


def _add_faults(app: FastAPI, faults: Faults) -> None:
    """What goes wrong, on request."""

    @app.get("/faults")
    async def read_faults() -> dict:
        return {"active": [fault.model_dump() for fault in faults.active()]}

    @app.post("/faults")
    async def add_fault(fault: AnyFault) -> dict:
        faults.add(fault)
        return {"active": [active.model_dump() for active in faults.active()]}

    @app.delete("/faults")
    async def repair() -> dict:
        faults.repair()
        return {"active": []}


def _add_systems(app: FastAPI, world: World, door: Doorkeeper) -> None:
    """What a connector asks of each system."""

    def signed_in(system: System, bearer: Bearer) -> str:
        door.check(system, bearer.credentials if bearer else None)
        return system

    signed_in_system = Annotated[str, Depends(signed_in)]

    @app.post("/systems/{system}/token")
    async def token(system: System, login: Login) -> dict:
        access_token = door.admit(system, login)
        return {
            "access_token": access_token,
            "token_type": "bearer",
            "expires_in": TOKEN_SECONDS,
        }

    @app.get("/systems/{system}/units")
    async def units(system: signed_in_system) -> dict:
        return {"data": [_unit(agency) for agency in AGENCIES if agency.system == system]}

    @app.get("/systems/{system}/dossiers")
    async def dossiers(system: signed_in_system, window: Asked, paging: Pages) -> dict:
        return _page(world, system, world.changes(system, DOSSIERS, window), paging)

    @app.get("/systems/{system}/feedback")
    async def feedback(system: signed_in_system, window: Asked, paging: Pages) -> dict:
        return _page(world, system, world.changes(system, FEEDBACK, window), paging)

    @app.get("/systems/{system}/dossiers/removed")
    async def removed(system: signed_in_system, updated_since: datetime | None = None) -> dict:
        found = world.removed(system, _local(updated_since))
        return {"data": found, "as_of": world.clock.isoformat()}

    @app.get("/systems/{system}/dossiers/counts")
    async def counts(
        system: signed_in_system,
        first: Annotated[date, Query(alias="from")],
        last: Annotated[date, Query(alias="to")],
    ) -> dict:
        found = world.counts(system, Window(submitted_from=first, submitted_to=last))
        return {"data": found, "as_of": world.clock.isoformat()}


def _page(world: World, system: str, changes: list[Change], paging: Paging) -> dict:
    """One page of a window: by number, from a cursor on, or the first of both kinds."""
    page = paging.page or 1
    start = (page - 1) * paging.page_size
    if paging.cursor:
        start = bisect_right(changes, _position(paging.cursor), key=lambda change: change[:2])
    shown = changes[start : start + paging.page_size]
    is_last = start + paging.page_size >= len(changes)
    answer = {"data": world.records(system, shown)}
    if paging.cursor is None:
        answer |= {
            "page": page,
            "page_size": paging.page_size,
            "total_pages": max(1, ceil(len(changes) / paging.page_size)),
            "total": len(changes),
        }
    if paging.page is None:
        answer["next_cursor"] = None if is_last else _cursor(shown[-1])
    return answer | {"as_of": world.clock.isoformat()}


def _cursor(change: Change) -> str:
    """The last record shown, in a form that invites nobody to take it apart."""
    text = f"{change[0].isoformat()} {change[1]}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _position(cursor: str) -> tuple[datetime, str]:
    try:
        moment, _, code = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        return datetime.fromisoformat(moment), code
    except (binascii.Error, ValueError) as error:
        raise HTTPException(422, "Con trỏ (cursor) không hợp lệ") from error


def _unit(agency: Agency) -> dict:
    return {
        "MaDonVi": agency.code,
        "TenDonVi": agency.name,
        "CapDonVi": agency.level,
        "MaDonViCha": agency.parent_code,
    }
