"""What all faults have in common, and what they see of a request and its answer."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import ClassVar, Literal

from pydantic import BaseModel, Field, PrivateAttr

from simulator.agencies import COMMUNE_SYSTEM, PROVINCIAL_SYSTEM
from simulator.door import Doorkeeper
from simulator.world import World

Part = Literal["token", "dossiers", "removed", "counts", "feedback", "any"]


@dataclass(frozen=True)
class Call:
    """One request to a system: its part, and what the query asks."""

    system: str
    part: str
    query: dict[str, str]

    @property
    def is_first_page(self) -> bool:
        """Whether no page of the window lies before."""
        return self.query.get("page", "1") == "1" and not self.query.get("cursor")


@dataclass(frozen=True)
class Answer:
    """What is sent back; `is_cut` drops the connection half way through the body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    is_cut: bool = False


System = Callable[[Call], Awaitable[Answer]]


def chance(seed: int, code: str) -> float:
    """A number in 0-1 that belongs to a dossier: a share is chosen by it, always the same."""
    return Random(f"{seed}/{code}").random()


def with_body(answer: Answer, body: dict) -> Answer:
    """The same answer saying something else, written as the system writes."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return replace(answer, body=text.encode())


class Fault(BaseModel, extra="forbid"):
    """What all faults have in common; without `times` and `days` it lasts until repaired."""

    # Faults of records lie inside those of pages, and these inside those of servers and networks.
    depth: ClassVar[int] = 0
    system: Literal[PROVINCIAL_SYSTEM, COMMUNE_SYSTEM] | None = None
    part: Part = "dossiers"
    skip: int = Field(0, ge=0)
    times: int | None = Field(None, ge=1)
    days: float | None = Field(None, gt=0)
    seed: int = 0
    _seen: int = PrivateAttr(0)
    _until: datetime | None = PrivateAttr(None)

    def begin(self, world: World, door: Doorkeeper) -> None:
        """Called once when it is switched on."""
        self._until = None if self.days is None else world.clock + timedelta(days=self.days)

    def end(self, world: World) -> None:
        """Called once when it is over: what it moved goes back."""

    def is_over(self, clock: datetime) -> bool:
        """Whether it can hit nothing any more."""
        worn_out = self.times is not None and self._seen >= self.skip + self.times
        return worn_out or (self._until is not None and clock >= self._until)

    def hits(self, call: Call) -> bool:
        """Whether this request is hit; counts it."""
        if self.system not in (None, call.system) or self.part not in ("any", call.part):
            return False
        if not self.concerns(call):
            return False
        self._seen += 1
        return self._seen > self.skip

    @property
    def hit_count(self) -> int:
        """How many requests it has hit: a fault that hit none proves nothing."""
        return max(0, self._seen - self.skip)

    def concerns(self, call: Call) -> bool:
        """Whether the fault could show in the answer to this request at all."""
        return True

    def random(self) -> Random:
        """A generator of its own for each request."""
        return Random(f"{self.seed}/{self._seen}")

    async def answer(self, call: Call, system: System) -> Answer:
        """What is answered in place of what the system says."""
        return await system(call)


class JsonFault(Fault):
    """A fault in what a good answer says."""

    async def answer(self, call: Call, system: System) -> Answer:
        whole = await system(call)
        if whole.status != 200:
            return whole
        return with_body(whole, self.change(json.loads(whole.body), call))

    def change(self, body: dict, call: Call) -> dict:
        """The answer with the fault in it."""
        raise NotImplementedError
