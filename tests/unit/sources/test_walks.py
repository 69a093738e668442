"""Pages of a list that changes, breaks off and repeats itself: nothing lost, nothing half-done."""

import json
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from listing import START, Killed, Listing, newest, pages_asked, received, with_settings

from sipas.sources.seams import receive_days
from sipas.sources.session import Incomplete, SourceUnavailable

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
