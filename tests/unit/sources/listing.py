"""A one-stop system in memory: a list ordered by time of change that may change while read."""

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from threading import Lock

import httpx
import msgspec

from simulator import LOCAL_TIME
from sipas.sources.configuration import HttpSource
from sipas.sources.session import Access

SOURCE = HttpSource(
    code="mot_cua",
    name_vi="Một cửa",
    connection="mot_cua",
    path="/systems/mot_cua",
    mapping="mot_cua_iso",
    data_nature="simulated",
    page_size=4,
    concurrency=1,
    requests_per_second=100_000,
    tries=3,
)
ACCESS = Access("http://source.test", "user", "not-a-secret")
START = datetime(2024, 1, 10, 8, tzinfo=LOCAL_TIME)
TOKEN = {"access_token": "abc"}


class Listing:
    """Answers like the agreed interface; `before` and `instead` are called at each page asked."""

    def __init__(self, count: int, spacing: timedelta = timedelta(minutes=1)) -> None:
        self.changed_at = {f"H99-{n:04d}": START - spacing * (count - n) for n in range(count)}
        self.removed: dict[str, datetime] = {}
        self.clock = START
        self.lock = Lock()
        self.asked: list[dict[str, str]] = []
        self.logins = 0
        self.before: Callable[[int], None] = lambda number: None
        self.instead: Callable[[int, httpx.Request], httpx.Response | None] = lambda n, r: None

    def tick(self) -> datetime:
        """The clock goes on by a second."""
        self.clock += timedelta(seconds=1)
        return self.clock

    def change(self, code: str) -> None:
        """A record changes (or comes) now, and moves to the end."""
        self.changed_at[code] = self.tick()
        self.removed.pop(code, None)

    def remove(self, code: str) -> None:
        """A record goes."""
        if self.changed_at.pop(code, None):
            self.removed[code] = self.tick()

    def transport(self) -> httpx.MockTransport:
        """For an httpx client."""
        return httpx.MockTransport(self.handle)

    def handle(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            query = dict(request.url.params)
            if request.url.path.endswith("/token"):
                self.logins += 1
                return httpx.Response(200, json=TOKEN)
            self.asked.append({"path": request.url.path.rpartition("/")[2], **query})
            number = len(self.asked)
            self.before(number)
            return self.instead(number, request) or self.answer(query)

    def answer(self, query: dict[str, str]) -> httpx.Response:
        """The page that is asked for."""
        since = datetime.fromisoformat(query.get("updated_since", "2000-01-01T00:00:00+07:00"))
        rows = sorted((at, code) for code, at in self.changed_at.items() if at >= since)
        size = int(query["page_size"])
        if "page" not in query:
            return self.cursor_page(rows, size, query.get("cursor"))
        page = int(query["page"])
        body = {
            "data": [as_record(*row) for row in rows[(page - 1) * size : page * size]],
            "page": page,
            "total_pages": max(1, ceil(len(rows) / size)),
            "total": len(rows),
            "as_of": self.clock.isoformat(),
        }
        return httpx.Response(200, json=body)

    def cursor_page(self, rows: list, size: int, cursor: str | None) -> httpx.Response:
        """The page behind the cursor, which is a place in the order."""
        if cursor:
            at, code = json.loads(base64.b64decode(cursor))
            rows = [row for row in rows if row > (datetime.fromisoformat(at), code)]
        shown = rows[:size]
        is_last = len(rows) <= size
        place = json.dumps([shown[-1][0].isoformat(), shown[-1][1]]) if shown else ""
        body = {
            "data": [as_record(*row) for row in shown],
            "next_cursor": None if is_last else base64.b64encode(place.encode()).decode(),
            "as_of": self.clock.isoformat(),
        }
        return httpx.Response(200, json=body)


def as_record(changed_at: datetime, code: str) -> dict:
    """A record with nothing but what the connector reads."""
    return {"MaHoSo": code, "NgayCapNhat": changed_at.isoformat()}


class Killed(BaseException):
    """Stands for a kill: no `except Exception` may catch it."""


def received(landing, manifest) -> list[dict]:
    """The records of a delivery in the order of its objects."""
    folder = landing / "dossiers" / manifest.delivery_id
    return [
        record
        for item in manifest.objects
        for record in json.loads((folder / item.name).read_bytes())["data"]
    ]


def newest(*deliveries: list[dict]) -> dict[str, datetime]:
    """Time of change of the newest version of each dossier."""
    found: dict[str, datetime] = {}
    for record in (r for records in deliveries for r in records):
        moment = datetime.fromisoformat(record["NgayCapNhat"])
        found[record["MaHoSo"]] = max(moment, found.get(record["MaHoSo"], moment))
    return found


def pages_asked(listing: Listing) -> list[str | None]:
    return [query.get("page") for query in listing.asked]


def with_settings(**changes) -> HttpSource:
    return msgspec.structs.replace(SOURCE, **changes)
