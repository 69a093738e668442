"""Faults in the pages of a window: repeated, overlapping, in another order, moving."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from pydantic import Field, PrivateAttr

from simulator.door import Doorkeeper
from simulator.faults.base import Answer, Call, Fault, JsonFault, System, with_body
from simulator.world import World


class PageBefore(Fault):
    """A fault that brings a page of the window once more: the one before, or by cursor the
    first."""

    depth = 1

    def concerns(self, call: Call) -> bool:
        return not call.is_first_page

    async def before(self, call: Call, system: System) -> Answer:
        """The page that comes once more."""
        if "page" in call.query:
            page = {"page": str(int(call.query["page"]) - 1)}
        else:
            page = {"cursor": ""}
        return await system(replace(call, query=call.query | page))


class RepeatedPage(PageBefore):
    """A page is answered with an earlier one; by number it may pretend to be the one asked for."""

    kind: Literal["repeated_page"] = "repeated_page"
    pretends: bool = False

    async def answer(self, call: Call, system: System) -> Answer:
        again = await self.before(call, system)
        if again.status != 200 or not self.pretends or "page" not in call.query:
            return again
        return with_body(again, json.loads(again.body) | {"page": int(call.query["page"])})


class OverlappingPages(PageBefore):
    """Records of an earlier page come once more at the beginning of a page."""

    kind: Literal["overlapping_pages"] = "overlapping_pages"

    async def answer(self, call: Call, system: System) -> Answer:
        again, whole = await self.before(call, system), await system(call)
        if whole.status != 200:
            return whole
        body, count = json.loads(whole.body), self.random().randint(1, 20)
        body["data"] = json.loads(again.body)["data"][-count:] + body["data"]
        return with_body(whole, body)


class ReorderedRecords(JsonFault):
    """The records of a page in another order than agreed."""

    depth = 1
    kind: Literal["reordered_records"] = "reordered_records"

    def change(self, body: dict, call: Call) -> dict:
        self.random().shuffle(body["data"])
        return body


class ReorderedPages(Fault):
    """The pages of a window backwards: the last is given as the first."""

    depth = 1
    kind: Literal["reordered_pages"] = "reordered_pages"

    def concerns(self, call: Call) -> bool:
        return "page" in call.query

    async def answer(self, call: Call, system: System) -> Answer:
        first = await system(call)
        if first.status != 200:
            return first
        pages, page = json.loads(first.body)["total_pages"], int(call.query["page"])
        if not 1 <= pages + 1 - page <= pages:
            return first
        other = await system(replace(call, query={**call.query, "page": str(pages + 1 - page)}))
        return with_body(other, json.loads(other.body) | {"page": page})


class MovingPages(Fault):
    """Time passes while pages are asked for: records change and move to the end."""

    depth = 1
    kind: Literal["moving_pages"] = "moving_pages"
    minutes: float = Field(90, gt=0)
    _world: World = PrivateAttr()

    def begin(self, world: World, door: Doorkeeper) -> None:
        super().begin(world, door)
        self._world = world

    async def answer(self, call: Call, system: System) -> Answer:
        told = await system(call)
        self._world.advance(timedelta(minutes=self.minutes))
        return told
