"""Pages of a list that changes, breaks off and repeats itself: nothing lost, nothing half-done."""

import json
import os
import threading
from datetime import datetime, timedelta
from functools import partial

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from listing import START, Listing

from sipas.sources import session as session_module
from sipas.sources.checkpoint import LOG, Incomplete
from sipas.sources.configuration import HttpSource
from sipas.sources.one_stop_http import incoming_pages, walk_of
from sipas.sources.seams import receive_changes, receive_days
from sipas.sources.session import Access, Session, SourceRefusesUs, SourceUnavailable

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


class Killed(BaseException):
    """Stands for a kill: no `except Exception` may catch it."""


@pytest.fixture
def pauses(monkeypatch):
    """The pauses that would have been made, in seconds; nor does anybody wait for the disk."""
    made: list[float] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(session_module, "sleep", made.append)
    return made


@pytest.fixture
def receive(monkeypatch, pauses):
    """A function that receives what changed into a folder and returns the delivery's pages."""

    def receive(listing, landing, source=SOURCE, since=None, how=receive_changes, **parameters):
        client = partial(httpx.Client, transport=listing.transport())
        monkeypatch.setattr(session_module.httpx, "Client", client)
        asked = {"updated_since": since.isoformat()} if since else {}
        incoming = incoming_pages(landing, source, "dossiers", asked | parameters)
        with Session(source, ACCESS) as session, incoming:
            walk = walk_of(session, incoming, "dossiers")
            how(walk)
            return incoming.commit(watermark=walk.as_of)

    return receive


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


# ----- lists that change while they are read


def test_a_quiet_list_is_received_page_by_page_with_two_requests_more(receive, tmp_path):
    listing = Listing(10)
    manifest = receive(listing, tmp_path)
    assert [item.name for item in manifest.objects] == [f"page-0000{n}.json" for n in (1, 2, 3)]
    assert newest(received(tmp_path, manifest)) == listing.changed_at
    assert manifest.watermark == START
    # The last page once more, and the seam behind page 1.
    assert pages_asked(listing) == ["1", "3", "2", "3", "1"]


def test_one_page_needs_one_request(receive, tmp_path):
    listing = Listing(4)
    receive(listing, tmp_path)
    assert pages_asked(listing) == ["1"]


@pytest.mark.parametrize("request_number", [2, 3])
def test_the_neighbour_of_a_record_that_moved_away_is_not_lost(receive, tmp_path, request_number):
    """Its page was read already when it slipped there: before or after the last page was read."""
    listing = Listing(12)

    def move_one(number: int) -> None:
        if number == request_number:
            listing.change("H99-0001")

    listing.before = move_one
    manifest = receive(listing, tmp_path)
    assert "H99-0004" not in {
        record["MaHoSo"]
        for name in ("page-00001.json", "page-00002.json", "page-00003.json")
        for record in json.loads(
            (tmp_path / "dossiers" / manifest.delivery_id / name).read_bytes()
        )["data"]
    }, "otherwise this test proves nothing"
    assert newest(received(tmp_path, manifest)).keys() >= listing.changed_at.keys()


MOVES = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.sampled_from(["change", "change", "change", "remove", "add", "late", "kill"]),
        st.integers(0, 20),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(6, 30), size=st.integers(2, 5), threads=st.integers(1, 3), moves=MOVES)
def test_two_deliveries_in_a_row_hold_exactly_what_the_source_holds(
    receive, tmp_path_factory, count, size, threads, moves
):
    """Records change, come, go and come late while pages are asked for, and the run is killed and
    goes on: what did not change is in the first delivery, what did is in the second."""
    landing = tmp_path_factory.mktemp("landing")
    listing = Listing(count, spacing=timedelta(hours=3))  # the overlap covers nearly nothing
    source = with_settings(page_size=size, concurrency=threads)
    touched, left = set(), sorted(moves)

    def move(number: int) -> None:
        while left and left[0][0] <= number:
            _, what, place = left.pop(0)
            code = f"H99-{place:04d}"
            touched.add(code)
            if what == "kill":
                raise Killed
            if what == "remove":
                listing.remove(code)
            elif what == "late":  # told late, with an older time of change
                if code not in listing.changed_at.keys() | listing.removed.keys():
                    listing.changed_at[code] = START - timedelta(minutes=place)
            elif what == "add" or code in listing.changed_at:
                listing.change(code)

    listing.before = move
    for _ in range(15):
        try:
            first = receive(listing, landing, source)
            break
        except Killed:
            continue
    unchanged = {code: at for code, at in listing.changed_at.items() if code not in touched}
    held = newest(received(landing, first))
    assert {code: held.get(code) for code in unchanged} == unchanged
    left.clear()
    since = first.watermark - timedelta(hours=1)
    second = receive(listing, landing, source, since=since)
    held = newest(received(landing, first), received(landing, second))
    for code, at in listing.removed.items():
        assert held.pop(code, at) <= at
    assert held == listing.changed_at


def test_a_list_of_days_that_moves_is_asked_for_once_more(receive, tmp_path):
    listing = Listing(12)
    moves = iter(["H99-0001", "H99-0002"])
    listing.before = lambda number: number in (3, 8) and listing.change(next(moves))
    manifest = receive(listing, tmp_path, how=receive_days, submitted_from="2024-01-01")
    assert newest(received(tmp_path, manifest)) == listing.changed_at
    assert [item.name for item in manifest.objects] == [f"page-0000{n}.json" for n in (1, 2, 3)]


def test_a_list_of_days_that_never_rests_is_given_up(receive, tmp_path):
    listing = Listing(12)
    listing.before = lambda number: listing.change(f"H99-{number % 12:04d}")
    with pytest.raises(Incomplete, match=r"mot_cua.*change faster"):
        receive(listing, tmp_path, how=receive_days)
    assert not list(tmp_path.rglob("page-*"))


# ----- cursors


def test_a_cursor_is_followed_to_its_end(receive, tmp_path):
    listing = Listing(10)
    manifest = receive(listing, tmp_path, with_settings(paging="cursor"))
    assert newest(received(tmp_path, manifest)) == listing.changed_at
    assert [query.get("cursor") is None for query in listing.asked] == [True, False, False]


def test_a_cursor_that_is_interrupted_goes_on_where_it_stopped(receive, tmp_path):
    listing = Listing(10)
    source = with_settings(paging="cursor")
    listing.instead = lambda number, request: httpx.Response(500) if number >= 3 else None
    with pytest.raises(SourceUnavailable, match="page 3"):
        receive(listing, tmp_path, source)
    listing.instead = lambda number, request: None
    listing.asked.clear()
    manifest = receive(listing, tmp_path, source)
    assert len(listing.asked) == 1
    assert newest(received(tmp_path, manifest)) == listing.changed_at


# ----- pages that are not what was asked for


SPOILT = {
    "html": httpx.Response(200, content=b"<html>login</html>"),
    "cut": httpx.Response(200, content=b'{"data": [{"MaHoSo": "H99'),
    "another page": httpx.Response(
        200, json={"data": [], "page": 1, "total_pages": 3, "as_of": START.isoformat()}
    ),
    "no time zone": httpx.Response(
        200, json={"data": [], "page": 3, "total_pages": 3, "as_of": "2024-01-10T08:00:00"}
    ),
    "no gzip": httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=None),
    "server error": httpx.Response(500),
    "too many requests": httpx.Response(429, headers={"Retry-After": "7"}),
}


def spoil(kind: str, first: int, last: int):
    """Requests `first` to `last` are answered with something else."""

    def instead(number: int, request: httpx.Request) -> httpx.Response | None:
        if not first <= number <= last:
            return None
        if kind == "dropped connection":
            raise httpx.ReadError("peer closed connection", request=request)
        if kind == "no gzip":
            return httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=b"{}")
        spoilt = SPOILT[kind]
        return httpx.Response(spoilt.status_code, headers=spoilt.headers, content=spoilt.content)

    return instead


@pytest.mark.parametrize("kind", [*SPOILT, "dropped connection"])
def test_a_spoilt_page_is_asked_for_again(receive, tmp_path, kind):
    listing = Listing(10)
    listing.instead = spoil(kind, 2, 3)  # page 3 comes second, and well at its third try
    manifest = receive(listing, tmp_path)
    assert newest(received(tmp_path, manifest)) == listing.changed_at
    assert pages_asked(listing)[:5] == ["1", "3", "3", "3", "2"]


@pytest.mark.parametrize("kind", [*SPOILT, "dropped connection"])
def test_a_page_that_stays_spoilt_fails_with_its_number_and_lands_nothing(receive, tmp_path, kind):
    listing = Listing(10)
    listing.instead = spoil(kind, 2, 99)
    with pytest.raises(SourceUnavailable, match=r"mot_cua.*page 3.*the next run asks again"):
        receive(listing, tmp_path)
    assert pages_asked(listing) == ["1", "3", "3", "3"]
    assert not list(tmp_path.rglob("manifest.json"))


def repeat(listing: Listing, answers: dict[int, str]) -> None:
    """Requests by number are answered with another page that claims to be the one asked for."""

    def instead(number: int, request: httpx.Request) -> httpx.Response | None:
        if number not in answers:
            return None
        other = listing.answer({**request.url.params, "page": answers[number]}).json()
        return httpx.Response(200, json=other | {"page": int(request.url.params["page"])})

    listing.instead = instead


@pytest.mark.parametrize("answers", [{2: "1"}, {3: "1"}, {3: "3"}, {1: "3"}, {2: "1", 3: "1"}])
def test_a_page_that_came_in_place_of_another_is_asked_for_again(receive, tmp_path, answers):
    listing = Listing(10)
    repeat(listing, answers)
    manifest = receive(listing, tmp_path)
    assert newest(received(tmp_path, manifest)) == listing.changed_at


def test_a_system_that_does_not_turn_pages_is_found_out(receive, tmp_path):
    listing = Listing(10)
    repeat(listing, {number: "1" for number in range(100)})
    with pytest.raises(Incomplete, match=r"mot_cua counts 10 records and handed over 4"):
        receive(listing, tmp_path)
    assert not list(tmp_path.rglob("page-*")), "the next run must not go on from these"


def test_pages_that_only_bring_records_once_more_are_harmless(receive, tmp_path):
    listing = Listing(10)

    def overlap(number: int, request: httpx.Request) -> httpx.Response | None:
        page = int(request.url.params["page"])
        if page == 1:
            return None
        body = listing.answer(dict(request.url.params)).json()
        before = listing.answer({**request.url.params, "page": str(page - 1)}).json()
        return httpx.Response(200, json=body | {"data": before["data"][-2:] + body["data"]})

    listing.instead = overlap
    manifest = receive(listing, tmp_path)
    assert newest(received(tmp_path, manifest)) == listing.changed_at


# ----- account and pace


def test_an_expired_token_is_renewed_once_and_the_same_page_asked_again(receive, tmp_path):
    listing = Listing(10)
    listing.instead = lambda number, request: httpx.Response(401) if number == 2 else None
    manifest = receive(listing, tmp_path)
    assert pages_asked(listing)[:4] == ["1", "3", "3", "2"]
    assert listing.logins == 2
    assert newest(received(tmp_path, manifest)) == listing.changed_at


def test_an_account_that_is_rejected_with_a_new_token_is_not_tried_again(receive, tmp_path):
    listing = Listing(10)
    listing.instead = lambda number, request: httpx.Response(401) if number > 1 else None
    with pytest.raises(SourceRefusesUs, match=r"mot_cua.*401.*connection 'mot_cua'"):
        receive(listing, tmp_path)
    assert (listing.logins, pages_asked(listing)) == (2, ["1", "3", "3"])
    assert not list(tmp_path.rglob("page-*"))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "7000"}, 20),
        (
            {
                "Retry-After": "Wed, 10 Jan 2024 01:00:09 GMT",
                "Date": "Wed, 10 Jan 2024 01:00:00 GMT",
            },
            9,  # by the source's clock, years away from ours
        ),
    ],
)
def test_the_pause_that_a_system_asks_for_is_kept(receive, tmp_path, pauses, headers, seconds):
    listing = Listing(10)
    listing.instead = lambda n, r: httpx.Response(429, headers=headers) if n == 2 else None
    receive(listing, tmp_path, with_settings(longest_pause_seconds=20))
    assert max(pauses) == pytest.approx(seconds, abs=0.5)


def test_a_pause_of_our_own_grows_and_is_never_twice_the_same(receive, tmp_path, pauses):
    listing = Listing(3)
    listing.instead = lambda n, r: httpx.Response(503) if n < 6 else None
    receive(listing, tmp_path, with_settings(tries=6))
    long = [pause for pause in pauses if pause >= 0.5]
    assert len(long) == 5
    assert long == sorted(set(long))


def test_requests_keep_the_pace_of_the_source(receive, tmp_path, pauses):
    """Ten requests a second: each but the first waits its turn, whatever thread it is in."""
    listing = Listing(40)
    receive(listing, tmp_path, with_settings(requests_per_second=10, concurrency=4))
    requests = len(listing.asked) + listing.logins
    assert max(pauses) == pytest.approx((requests - 1) / 10, abs=0.3)


def test_pages_are_asked_for_side_by_side_but_not_more_than_the_source_bears(receive, tmp_path):
    listing = Listing(40)
    under_way, most = [], []
    answer = listing.handle

    def handle(request: httpx.Request) -> httpx.Response:
        under_way.append(request)
        most.append(len(under_way))
        barrier_or_time(most)
        response = answer(request)
        under_way.remove(request)
        return response

    def barrier_or_time(seen: list[int]) -> None:
        """Gives others the time to begin, for as long as nobody has."""
        for _ in range(200):
            if max(seen) >= 3:
                return
            threading.Event().wait(0.001)

    listing.handle = handle
    receive(listing, tmp_path, with_settings(concurrency=3))
    assert max(most) == 3


# ----- interruptions


def interrupted(receive, listing, landing, at: int = 4, source=SOURCE) -> None:
    """A run that ends at a request and leaves what it has."""

    def kill(number: int) -> None:
        if number == at:
            raise Killed

    listing.before = kill
    with pytest.raises(Killed):
        receive(listing, landing, source)
    listing.before = lambda number: None
    assert not list(landing.rglob("manifest.json"))
    listing.asked.clear()


def test_a_run_goes_on_at_the_page_where_the_last_one_stopped(receive, tmp_path):
    listing = Listing(20)
    interrupted(receive, listing, tmp_path)
    listing.tick()
    manifest = receive(listing, tmp_path)
    assert pages_asked(listing) == ["3", "4", "5", "1"]
    assert newest(received(tmp_path, manifest)) == listing.changed_at
    assert manifest.watermark == START, "what the first page told, before the interruption"
    assert list((tmp_path / ".incoming").iterdir()) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "page-00001.json").write_bytes(b"{}"),
        lambda folder: (folder / "page-00001.json").unlink(),
        lambda folder: (folder / LOG).write_bytes(b"nonsense\n"),
        lambda folder: (folder / LOG).unlink(),
        lambda folder: (folder / LOG).write_bytes((folder / LOG).read_bytes().replace(b"5", b"}")),
    ],
)
def test_what_an_interruption_left_damaged_is_not_gone_on_from(receive, tmp_path, damage):
    listing = Listing(20)
    interrupted(receive, listing, tmp_path)
    damage(tmp_path / ".incoming" / SOURCE.code)
    manifest = receive(listing, tmp_path)
    assert pages_asked(listing)[:3] == ["1", "5", "2"]
    assert newest(received(tmp_path, manifest)) == listing.changed_at
    assert len(manifest.objects) == 5


def test_a_page_and_a_line_that_a_kill_cut_off_are_asked_for_again(receive, tmp_path):
    listing = Listing(20)
    interrupted(receive, listing, tmp_path)
    folder = tmp_path / ".incoming" / SOURCE.code
    (folder / "page-00009.json").write_bytes(b"half a pa")
    with (folder / LOG).open("ab") as file:
        file.write(b'{"name": "page-000')
    interrupted(receive, listing, tmp_path, at=2)
    manifest = receive(listing, tmp_path)
    assert newest(received(tmp_path, manifest)) == listing.changed_at
    assert sorted(path.name for path in (tmp_path / "dossiers").glob("*/*")) == [
        "manifest.json",
        *(f"page-0000{number}.json" for number in range(1, 6)),
    ]


@pytest.mark.parametrize(
    ("changes", "since"),
    [
        ({"page_size": 5}, None),
        ({"resume_hours": 1e-9}, None),
        ({"data_nature": "real"}, None),
        ({}, START - timedelta(days=3)),
    ],
)
def test_pages_of_another_question_or_too_old_are_not_taken_over(receive, tmp_path, changes, since):
    listing = Listing(20)
    interrupted(receive, listing, tmp_path)
    receive(listing, tmp_path, with_settings(**changes), since=since)
    assert pages_asked(listing)[0] == "1"


def test_a_run_that_takes_too_long_stops_by_itself_and_the_next_goes_on(receive, tmp_path):
    listing = Listing(20)
    clock = iter(range(0, 10_000, 60))
    slow = with_settings(longest_minutes=10)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(session_module.time, "monotonic", lambda: float(next(clock)))
        with pytest.raises(SourceUnavailable, match=r"within 10 minutes; stopped at page \d"):
            receive(listing, tmp_path, slow)
    before = len(listing.asked)
    manifest = receive(listing, tmp_path, slow)
    assert "1" not in pages_asked(listing)[before:-1]
    assert newest(received(tmp_path, manifest)) == listing.changed_at
