"""Faults of servers and networks: no answer, a late one, half of one, or one of another program."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal

from pydantic import Field, PrivateAttr

from simulator.door import Doorkeeper
from simulator.faults.base import Answer, Call, Fault, Part, System
from simulator.world import World

DOWN = b"<html><body><h1>503 Service Unavailable</h1></body></html>"
LOGIN_PAGE = "<html><body>Phiên làm việc đã hết hạn, mời đăng nhập lại.</body></html>".encode()


def said(status: int, body: bytes, **headers: str) -> Answer:
    """An answer that the system itself never gave."""
    named = tuple((name.replace("_", "-").encode(), v.encode()) for name, v in headers.items())
    return Answer(status, ((b"content-type", b"text/html"), *named), body)


class TooManyRequests(Fault):
    """429, with Retry-After in seconds or as a date."""

    depth = 2
    kind: Literal["too_many_requests"] = "too_many_requests"
    retry_after: int = Field(1, ge=0)
    as_date: bool = False

    async def answer(self, call: Call, system: System) -> Answer:
        later = datetime.now(UTC) + timedelta(seconds=self.retry_after)
        wait = format_datetime(later, usegmt=True) if self.as_date else str(self.retry_after)
        return said(429, b"", retry_after=wait)


class ServerError(Fault):
    """500 or another status of the server's own."""

    depth = 2
    kind: Literal["server_error"] = "server_error"
    status: int = Field(500, ge=500, le=599)

    async def answer(self, call: Call, system: System) -> Answer:
        return said(self.status, DOWN)


class SlowPage(Fault):
    """The right answer, later than the client waits."""

    depth = 2
    kind: Literal["slow_page"] = "slow_page"
    seconds: float = Field(60, gt=0)

    async def answer(self, call: Call, system: System) -> Answer:
        await asyncio.sleep(self.seconds)
        return await system(call)


class DroppedConnection(Fault):
    """The connection ends half way through the body."""

    depth = 2
    kind: Literal["dropped_connection"] = "dropped_connection"

    async def answer(self, call: Call, system: System) -> Answer:
        return replace(await system(call), is_cut=True)


class TruncatedJson(Fault):
    """A body that ends too early in an answer that seems complete."""

    depth = 2
    kind: Literal["truncated_json"] = "truncated_json"

    async def answer(self, call: Call, system: System) -> Answer:
        whole = await system(call)
        if not whole.body:
            return whole
        return replace(whole, body=whole.body[: self.random().randrange(len(whole.body))])


class MalformedJson(Fault):
    """A body that is no JSON: a login page, a comma too many, broken UTF-8, a missing quote."""

    depth = 2
    kind: Literal["malformed_json"] = "malformed_json"

    async def answer(self, call: Call, system: System) -> Answer:
        whole = await system(call)
        spoilt = (
            LOGIN_PAGE,
            whole.body[:-1] + b",}",
            whole.body.replace(b'"data"', b'"da\xc3ta"', 1),
            whole.body.replace(b'":', b":", 1),
        )
        return replace(whole, body=self.random().choice(spoilt))


class ExpiredToken(Fault):
    """Every token of the system expires before the request is answered."""

    kind: Literal["expired_token"] = "expired_token"
    _door: Doorkeeper = PrivateAttr()

    def begin(self, world: World, door: Doorkeeper) -> None:
        super().begin(world, door)
        self._door = door

    async def answer(self, call: Call, system: System) -> Answer:
        self._door.forget(call.system)
        return await system(call)


class SourceDown(Fault):
    """Nothing of the system answers for days: 503, or the connection is dropped."""

    depth = 2
    kind: Literal["source_down"] = "source_down"
    part: Part = "any"
    days: float = Field(2, gt=0)

    async def answer(self, call: Call, system: System) -> Answer:
        down = said(503, DOWN)
        return replace(down, is_cut=True) if self.random().random() < 0.5 else down
