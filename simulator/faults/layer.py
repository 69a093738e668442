"""Puts the active faults between the one-stop systems and who asks them."""

import re
from functools import partial
from urllib.parse import parse_qsl, urlencode

from simulator.door import Doorkeeper
from simulator.faults.base import Answer, Call, Fault
from simulator.world import World

SYSTEM_PATH = re.compile(r"/systems/(\w+)/(?:dossiers/)?(token|dossiers|removed|counts|feedback)")


class Faults:
    """The faults that are switched on, in the order in which they were."""

    def __init__(self, world: World, door: Doorkeeper) -> None:
        self._world, self._door = world, door
        self._active: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Switches a fault on."""
        fault.begin(self._world, self._door)
        self._active.append(fault)

    def active(self) -> list[Fault]:
        """The faults that are not over; ends those that are."""
        self._end([fault for fault in self._active if fault.is_over(self._world.clock)])
        return list(self._active)

    def repair(self) -> None:
        """The vendor repairs everything."""
        self._end(self._active)

    def _end(self, over: list[Fault]) -> None:
        for fault in over:
            self._active = [active for active in self._active if active is not fault]
            fault.end(self._world)


class FaultLayer:
    """ASGI middleware: an answer goes through every fault that hits its request."""

    def __init__(self, app, faults: Faults) -> None:
        self.app, self.faults = app, faults

    async def __call__(self, scope, receive, send) -> None:
        call = _call(scope)
        hitting = [fault for fault in self.faults.active() if fault.hits(call)] if call else []
        if not hitting:
            await self.app(scope, receive, send)
            return
        system = partial(self._ask, scope, receive)
        for fault in sorted(hitting, key=lambda fault: fault.depth):
            system = partial(fault.answer, system=system)
        await _send(await system(call), send)

    async def _ask(self, scope, receive, call: Call) -> Answer:
        """What the system itself answers."""
        messages = []

        async def keep(message) -> None:
            messages.append(message)

        await self.app({**scope, "query_string": urlencode(call.query).encode()}, receive, keep)
        start, *bodies = messages
        return Answer(
            start["status"],
            tuple(start["headers"]),
            b"".join(message.get("body", b"") for message in bodies),
        )


def _call(scope) -> Call | None:
    found = scope["type"] == "http" and SYSTEM_PATH.fullmatch(scope["path"])
    if not found:
        return None
    query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
    return Call(found[1], found[2], query)


async def _send(answer: Answer, send) -> None:
    """Sends an answer; raises ConnectionAbortedError half way when it is to be cut."""
    headers = [header for header in answer.headers if header[0] != b"content-length"]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.is_cut:
        half = answer.body[: len(answer.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        raise ConnectionAbortedError("a fault that was asked for")
    await send({"type": "http.response.body", "body": answer.body})
