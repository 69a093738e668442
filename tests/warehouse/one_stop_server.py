"""The simulated one-stop systems behind a real port, and sources that ask them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
import uvicorn
from fastapi import FastAPI

from simulator import LOCAL_TIME
from simulator.one_stop import Settings, create_app
from simulator.world import World
from sipas.sources.configuration import HttpSource
from sipas.sources.session import Access

CLOCK = datetime(2024, 1, 31, 17, tzinfo=LOCAL_TIME)
USER, PASSWORD = "sipas", "not-a-secret"  # pragma: allowlist secret
COMMUNES = HttpSource(
    code="mot_cua_xa",
    name_vi="Một cửa cấp xã",
    connection="ket_noi_xa",
    path="/systems/mot_cua_xa",
    mapping="mot_cua_iso",
    data_nature="simulated",
    page_size=40,
    requests_per_second=1000,
    tries=4,
    reconcile_days=20,
)


@dataclass(frozen=True)
class Server:
    """A running simulator."""

    app: FastAPI
    address: str

    @property
    def world(self) -> World:
        """What its systems hold."""
        return self.app.state.world

    @property
    def access(self) -> Access:
        """Its account."""
        return Access(self.address, USER, PASSWORD)


@contextmanager
def serve(**settings) -> Iterator[Server]:
    """A small simulated world behind a port of its own."""
    given = {"seed": 7, "dossiers_per_day": 16, "history_from": date(2024, 1, 2), "clock": CLOCK}
    app = create_app(Settings(**given | settings), USER, PASSWORD)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error")
    socket = config.bind_socket()
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    try:
        yield Server(app, f"http://127.0.0.1:{socket.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join()
        socket.close()


def source(**changes) -> HttpSource:
    """The communes' system, asked in another way."""
    return msgspec.structs.replace(COMMUNES, **changes)
