"""The HTTP connector against real local servers: the simulator, and one with scripted answers."""

import json
import threading
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import handover
import httpx
import pytest
from handover import accept, load_pending
from one_stop_server import CLOCK, PASSWORD, serve, source

from sipas.landing import INCOMING, read_object
from sipas.sources import one_stop_http, session
from sipas.sources.one_stop_http import (
    Access,
    SourceRefusesUs,
    SourceUnavailable,
    fetch,
)

SOURCE = source(concurrency=1)


@pytest.fixture
def simulator():
    """The simulator behind a real port; yields its address."""
    with serve() as made:
        yield made.address


class Answer:
    """What a scripted server answers: status, body, headers."""

    def __init__(self, status: int = 200, body: object = None, **headers: str) -> None:
        self.status, self.headers = status, headers
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()


@contextmanager
def scripted(answer: Callable[[str, dict], Answer]):
    """A server that asks `answer(path, query)`; yields its address and the list of requests."""
    requests: list[tuple[str, dict]] = []

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            requests.append((parts.path, query))
            made = answer(parts.path, query)
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(made.body)))
            self.end_headers()
            self.wfile.write(made.body)

        do_GET = do_POST = respond

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch):
    """The tries stay, the pauses between them go."""
    monkeypatch.setattr(session, "sleep", lambda seconds: None)


def take(ingest, warehouse, address: str, asked=SOURCE, password: str = PASSWORD):
    return fetch(ingest, warehouse.landing, asked, Access(address, "sipas", password))


def load_and_accept(ingest, warehouse):
    (result,) = load_pending(ingest, warehouse.landing, "dossiers")
    accept(ingest, result)
    return result


def assert_nothing_landed(warehouse) -> None:
    """Pages that may be kept for the next run lie to the side."""
    folders = [path for path in warehouse.landing.iterdir() if path.name != INCOMING]
    assert [path for folder in folders for path in folder.rglob("*") if path.is_file()] == []
    assert warehouse.value("select count(*) from audit.deliveries") == 0


def page(number: int = 1, total_pages: int = 1, **more) -> dict:
    head = {"page": number, "total_pages": total_pages, "as_of": CLOCK.isoformat()}
    return head | {"data": [handover.record(number)]} | more


TOKEN = Answer(200, {"access_token": "abc"})


def test_every_page_is_landed_byte_for_byte(ingest, warehouse, simulator):
    manifest = take(ingest, warehouse, simulator)
    assert len(manifest.objects) > 2
    with httpx.Client(base_url=simulator) as client:
        login = {"username": "sipas", "password": PASSWORD}
        token = client.post(f"{SOURCE.path}/token", json=login).json()["access_token"]
        for number, item in enumerate(manifest.objects, start=1):
            asked = client.get(
                f"{SOURCE.path}/dossiers",
                params={"page": number, "page_size": 40},
                headers={"Authorization": f"Bearer {token}"},
            )
            assert read_object(warehouse.landing, manifest, item) == asked.content
    assert asked.json()["total_pages"] == len(manifest.objects)
    assert (manifest.watermark, manifest.window_from) == (CLOCK, None)
    assert manifest.data_nature == "simulated"
    assert load_and_accept(ingest, warehouse).received_count == asked.json()["total"]


def test_the_next_request_asks_from_the_watermark_less_the_overlap(ingest, warehouse, simulator):
    take(ingest, warehouse, simulator)
    first = load_and_accept(ingest, warehouse)
    second = take(ingest, warehouse, simulator)
    assert second.window_from == CLOCK - timedelta(days=1)
    again = load_and_accept(ingest, warehouse)
    assert 0 < again.received_count < first.received_count
    assert again.unchanged_count == again.received_count


def test_the_same_answer_to_the_same_question_is_no_delivery(ingest, warehouse, simulator):
    for _ in range(2):
        take(ingest, warehouse, simulator)
        load_and_accept(ingest, warehouse)
    assert take(ingest, warehouse, simulator) is None
    assert warehouse.value("select count(*) from audit.deliveries") == 2
    assert len(list((warehouse.landing / "dossiers").iterdir())) == 2


def test_what_changed_by_the_next_day_stands_beside_what_was(ingest, warehouse, simulator):
    take(ingest, warehouse, simulator)
    first = load_and_accept(ingest, warehouse)
    assert httpx.post(f"{simulator}/clock", json={"advance_days": 1}).status_code == 200
    take(ingest, warehouse, simulator)
    second = load_and_accept(ingest, warehouse)
    assert second.loaded_count > 0
    assert second.unchanged_count > 0
    stored, dossiers = warehouse.rows(
        "select count(*), count(distinct dossier_code) from raw.dossiers"
    )[0]
    assert stored == first.loaded_count + second.loaded_count
    assert stored > dossiers
    assert warehouse.value("select max(watermark) from audit.deliveries") == CLOCK + timedelta(1)


def test_only_accepted_batches_move_the_watermark(ingest, warehouse, simulator):
    take(ingest, warehouse, simulator)
    load_pending(ingest, warehouse.landing, "dossiers")
    assert one_stop_http.watermark(ingest, SOURCE) is None
    ingest.execute("update audit.batches set status = 'refused', refusal_reason = 'test'")
    assert one_stop_http.watermark(ingest, SOURCE) is None
    ingest.execute("update audit.batches set status = 'accepted', refusal_reason = null")
    assert one_stop_http.watermark(ingest, SOURCE) == CLOCK


def test_a_wrong_password_names_source_and_connection(ingest, warehouse, simulator):
    with pytest.raises(SourceRefusesUs, match=r"mot_cua_xa.*401.*'ket_noi_xa'") as refused:
        take(ingest, warehouse, simulator, password="wrong")
    assert "wrong" not in str(refused.value).split()
    assert_nothing_landed(warehouse)


def test_a_refusal_is_not_tried_again(ingest, warehouse):
    with scripted(lambda *_: Answer(403)) as (address, requests):
        with pytest.raises(SourceRefusesUs):
            take(ingest, warehouse, address)
        assert len(requests) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_fault_is_tried_again(ingest, warehouse, status):
    faults = [Answer(status), Answer(status)]

    def answer(path, query):
        if path.endswith("/token"):
            return TOKEN
        return faults.pop() if faults else Answer(200, page())

    with scripted(answer) as (address, requests):
        manifest = take(ingest, warehouse, address)
    assert len(manifest.objects) == 1
    assert [path.rsplit("/")[-1] for path, _ in requests] == ["token"] + 3 * ["dossiers"]


def test_a_lasting_fault_on_a_later_page_lands_nothing(ingest, warehouse):
    def answer(path, query):
        if path.endswith("/token"):
            return TOKEN
        return Answer(200, page(1, 3)) if query["page"] == "1" else Answer(500)

    with scripted(answer) as (address, requests):
        with pytest.raises(SourceUnavailable, match=r"mot_cua_xa.*HTTP 500.*Nothing was landed"):
            take(ingest, warehouse, address)
        assert [query.get("page") for _, query in requests] == [None, "1", "3", "3", "3", "3"]
    assert_nothing_landed(warehouse)


def test_a_system_that_is_down_is_named(ingest, warehouse):
    with scripted(lambda *_: TOKEN) as (address, _):
        pass  # the port was open a moment ago
    with pytest.raises(SourceUnavailable, match=r"mot_cua_xa \(Một cửa cấp xã\)"):
        take(ingest, warehouse, address)
    assert_nothing_landed(warehouse)


def test_a_system_that_is_down_does_not_move_what_is_known(ingest, warehouse, simulator):
    take(ingest, warehouse, simulator)
    load_and_accept(ingest, warehouse)
    with scripted(lambda *_: Answer(503)) as (address, _), pytest.raises(SourceUnavailable):
        take(ingest, warehouse, address)
    assert warehouse.value("select count(*) from audit.deliveries") == 1
    assert take(ingest, warehouse, simulator).window_from == CLOCK - timedelta(days=1)


BAD_PAGES = {
    "html": b"<html>login</html>",
    "cut": b'{"page": 1, "total_pages": 2, "as_of": "2024-01',
    "list": b"[]",
    "without total": json.dumps({"page": 1, "as_of": CLOCK.isoformat(), "data": []}).encode(),
    "wrong clock": json.dumps(page(as_of="now")).encode(),
    "not utf-8": b'{"page": 1, "total_pages": 1, "as_of": "\xff\xfe"}',
}


@pytest.mark.parametrize("kind", BAD_PAGES)
def test_a_page_that_is_none_is_named_and_lands_nothing(ingest, warehouse, kind):
    def answer(path, query):
        if path.endswith("/token"):
            return TOKEN
        return Answer(200, page(1, 2) if query["page"] == "1" else BAD_PAGES[kind])

    with (
        scripted(answer) as (address, _),
        pytest.raises(SourceUnavailable, match="mot_cua_xa: page 2"),
    ):
        take(ingest, warehouse, address)
    assert_nothing_landed(warehouse)


@pytest.mark.parametrize("body", [b"<html>login</html>", b"{}", b"[]"])
def test_a_token_that_is_none_is_named(ingest, warehouse, body):
    with (
        scripted(lambda *_: Answer(200, body)) as (address, _),
        pytest.raises(SourceUnavailable, match="mot_cua_xa"),
    ):
        take(ingest, warehouse, address)
    assert_nothing_landed(warehouse)


@pytest.mark.parametrize(("said", "configured"), [("simulated", "real"), ("real", "simulated")])
def test_data_of_another_nature_do_not_enter(ingest, warehouse, said, configured):
    other = source(data_nature=configured)

    def answer(path, query):
        return TOKEN if path.endswith("/token") else Answer(200, page(), X_Data_Nature=said)

    with (
        scripted(answer) as (address, _),
        pytest.raises(SourceRefusesUs, match=f"mot_cua_xa.*{said}.*{configured}"),
    ):
        take(ingest, warehouse, address, other)
    assert_nothing_landed(warehouse)


def test_pages_that_grow_while_asking_are_all_fetched(ingest, warehouse):
    """Records that change during the fetch move to the end; the last page says how many."""

    def answer(path, query):
        if path.endswith("/token"):
            return TOKEN
        number = int(query["page"])
        later = (CLOCK + timedelta(minutes=number)).isoformat()
        return Answer(200, page(number, 2 if number < 2 else 3, as_of=later))

    with scripted(answer) as (address, _):
        manifest = take(ingest, warehouse, address)
    assert [item.name for item in manifest.objects] == [f"page-0000{n}.json" for n in (1, 2, 3)]
    # Not later than what the first page was told at: what changed since then comes next time.
    assert manifest.watermark == CLOCK + timedelta(minutes=1)


def test_a_quiet_window_is_a_delivery_that_moves_the_watermark(ingest, warehouse, simulator):
    """Over Tết nobody works: the overlap holds nothing, and that is no fault."""
    take(ingest, warehouse, simulator)
    load_and_accept(ingest, warehouse)
    for days in (10, 2):  # to 10 and 12 February 2024, the first and third day of the year
        assert httpx.post(f"{simulator}/clock", json={"advance_days": days}).status_code == 200
        take(ingest, warehouse, simulator)
        result = load_and_accept(ingest, warehouse)
    assert (result.status, result.received_count) == ("loaded", 0)
    assert one_stop_http.watermark(ingest, SOURCE) == CLOCK + timedelta(days=12)
