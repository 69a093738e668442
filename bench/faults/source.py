"""The simulated one-stop systems behind a real port, a new world whenever one is asked for."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import uvicorn
from fastapi import FastAPI

from simulator import LOCAL_TIME
from simulator.agencies import COMMUNE_SYSTEM, PROVINCIAL_SYSTEM
from simulator.faults import AnyFault
from simulator.one_stop import create_app
from simulator.world import Settings, World
from sipas.sources.configuration import HttpSource
from sipas.sources.session import Access

FIRST_NIGHT = datetime(2024, 1, 10, 23, tzinfo=LOCAL_TIME)
# About 80 dossiers of departments and districts and 40 of communes.
SMALL = Settings(
    dossiers_per_day=14,
    history_from=date(2024, 1, 2),
    clock=FIRST_NIGHT,
    removed_share=0.04,
)
USER, PASSWORD = "sipas", "not-a-secret"
MAPPINGS = {PROVINCIAL_SYSTEM: "mot_cua_compact", COMMUNE_SYSTEM: "mot_cua_iso"}
PAGINGS = {PROVINCIAL_SYSTEM: "page", COMMUNE_SYSTEM: "cursor"}


class OneStop:
    """Both systems at an address; `start` gives them a new world."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._app: FastAPI | None = None

    async def __call__(self, scope, receive, send) -> None:
        await self._app(scope, receive, send)

    @property
    def world(self) -> World:
        """What the systems hold now."""
        return self._app.state.world

    def start(self, settings: Settings) -> None:
        """A new world without faults."""
        self._app = create_app(settings, USER, PASSWORD)

    def pass_days(self, days: float) -> None:
        """Time goes on."""
        self.world.advance(timedelta(days=days))

    def fail(self, fault: AnyFault) -> None:
        """From now on something goes wrong."""
        self._app.state.faults.add(fault)

    def repair(self) -> None:
        """The vendor repairs everything."""
        self._app.state.faults.repair()

    def is_failing(self) -> bool:
        """Whether some fault is not over yet."""
        return bool(self._app.state.faults.active())

    @property
    def access(self) -> Access:
        """Where the systems answer, and the account."""
        return Access(self.address, USER, PASSWORD)


@contextmanager
def one_stop_server() -> Iterator[OneStop]:
    """Serves on a free port of this machine until the end of the block."""
    config = uvicorn.Config(None, host="127.0.0.1", port=0, log_level="critical", lifespan="off")
    socket = config.bind_socket()
    served = OneStop(f"http://127.0.0.1:{socket.getsockname()[1]}")
    config.app = served
    # Connections that a fault drops are no news.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    try:
        yield served
    finally:
        server.should_exit = True
        thread.join()
        socket.close()


def entry(system: str, **changes: object) -> HttpSource:
    """A system's entry of the sources file; the pauses are short, nothing else is special."""
    settings = {
        "code": system,
        "name_vi": f"Hệ thống {system}",
        "connection": system,
        "path": f"/systems/{system}",
        "mapping": MAPPINGS[system],
        "data_nature": "simulated",
        "paging": PAGINGS[system],
        "page_size": 25,
        "overlap_minutes": 1440,
        "removals": True,
        "reconcile_days": 14,
        "requests_per_second": 10_000.0,
        "timeout_seconds": 0.25,
        "tries": 4,
        "longest_pause_seconds": 0.005,
    }
    return HttpSource(**settings | changes)
