"""Account, pace and patience of a conversation; going on where an interrupted one stopped."""

import threading
from datetime import timedelta

import httpx
import pytest
from listing import (
    SOURCE,
    START,
    Killed,
    Listing,
    newest,
    pages_asked,
    received,
    with_settings,
)

from sipas.sources import session as session_module
from sipas.sources.checkpoint import LOG
from sipas.sources.session import SourceRefusesUs, SourceUnavailable

# ----- account and pace


def test_an_expired_token_is_renewed_once_and_the_same_page_asked_again(receive, tmp_path):
    listing = Listing(10)
    listing.instead = lambda number, request: httpx.Response(401) if number == 2 else None
    manifest = receive(listing, tmp_path)
    assert pages_asked(listing)[:4] == ["1", "3", "3", "2"]
    assert listing.logins == 2
    assert newest(received(tmp_path, manifest)) == listing.changed_at


def test_a_token_that_expires_again_at_once_is_renewed_once_more(receive, tmp_path):
    listing = Listing(10)
    listing.instead = lambda number, request: httpx.Response(401) if number in (2, 3, 4) else None
    manifest = receive(listing, tmp_path)
    assert newest(received(tmp_path, manifest)) == listing.changed_at


def test_an_account_whose_every_token_is_rejected_is_told(receive, tmp_path):
    listing = Listing(10)
    listing.instead = lambda number, request: httpx.Response(401) if number > 1 else None
    with pytest.raises(SourceRefusesUs, match=r"mot_cua.*401.*connection 'mot_cua'"):
        receive(listing, tmp_path)
    assert listing.logins == 4
    assert not list(tmp_path.rglob("page-*"))


def test_pages_that_the_system_does_not_want_to_go_on_from_are_not_kept(receive, tmp_path):
    """A cursor that has been forgotten since: the next run begins anew."""
    listing, source = Listing(10), with_settings(paging="cursor")
    interrupted(receive, listing, tmp_path, at=3, source=source)
    listing.instead = lambda n, r: httpx.Response(410) if "cursor" in r.url.params else None
    with pytest.raises(SourceUnavailable, match="410"):
        receive(listing, tmp_path, source)
    listing.instead = lambda number, request: None
    listing.asked.clear()
    manifest = receive(listing, tmp_path, source)
    assert len(listing.asked) == 3
    assert newest(received(tmp_path, manifest)) == listing.changed_at


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
    least = [0.5, 1, 2, 4, 8]
    assert all(low <= pause <= low + 1 for low, pause in zip(least, long, strict=True)), long
    assert len(set(long)) == len(long)


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
