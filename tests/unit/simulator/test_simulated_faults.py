"""Each fault of a one-stop system shows over HTTP, hits as often as told, and ends."""

import json
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import monotonic

import pytest
from fastapi.testclient import TestClient
from test_simulated_one_stop import TOWN, VILLAGE, all_records, moment

from simulator.faults import AnyFault, TooManyRequests

PATH = f"/systems/{TOWN}/dossiers"
LIFE = {"page": 2, "page_size": 60}


@pytest.fixture
def client(open_client) -> TestClient:
    """A system signed in to, its client unmoved by an answer that breaks off."""
    made = open_client(TOWN)
    made._transport.raise_server_exceptions = False
    return made


def switch_on(client: TestClient, kind: str, **settings) -> None:
    answer = client.post("/faults", json={"kind": kind, **settings})
    assert answer.status_code == 200, answer.text
    assert answer.json()["active"][-1]["kind"] == kind


def ask(client: TestClient, **query):
    return client.get(PATH, params=LIFE | query)


def test_a_fault_lets_some_through_hits_as_often_as_told_and_ends(client):
    switch_on(client, "server_error", skip=1, times=2)
    assert [ask(client).status_code for _ in range(5)] == [200, 500, 500, 200, 200]
    assert client.get("/faults").json() == {"active": []}


def test_a_fault_of_one_system_or_part_leaves_the_others_alone(client, open_client):
    switch_on(client, "server_error", system=VILLAGE)
    assert ask(client).status_code == 200
    switch_on(client, "server_error", part="counts")
    days = {"from": "2024-01-08", "to": "2024-01-08"}
    assert ask(client).status_code == 200
    assert client.get(f"{PATH}/counts", params=days).status_code == 500


def test_a_repair_ends_every_fault(client):
    good = ask(client).json()
    for kind in ("server_error", "renamed_field", "late_update"):
        switch_on(client, kind)
    assert ask(client).status_code == 500
    assert client.delete("/faults").json() == {"active": []}
    assert ask(client).json() == good


def test_an_unknown_fault_is_refused(client):
    for wrong in (
        {"kind": "magic"},
        {"kind": "slow_page", "minutes": 3},
        {"kind": "slow_page", "seconds": -1},
    ):
        assert client.post("/faults", json=wrong).status_code == 422


def test_too_many_requests_says_when_to_come_again(client):
    switch_on(client, "too_many_requests", times=1, retry_after=7)
    answer = ask(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    switch_on(client, "too_many_requests", times=1, retry_after=90, as_date=True)
    until = parsedate_to_datetime(ask(client).headers["Retry-After"])
    assert timedelta(60) > until - datetime.now(until.tzinfo) > timedelta(seconds=60)


def test_a_slow_page_is_the_right_page_later(client):
    good = ask(client).content
    switch_on(client, "slow_page", times=1, seconds=0.3)
    started = monotonic()
    assert ask(client).content == good
    assert monotonic() - started >= 0.3


@pytest.mark.parametrize("kind", ["truncated_json", "malformed_json"])
@pytest.mark.parametrize("seed", range(4))
def test_a_spoilt_body_is_no_json(client, kind, seed):
    switch_on(client, kind, times=1, seed=seed)
    answer = ask(client)
    assert answer.status_code == 200
    with pytest.raises(ValueError):  # noqa: PT011 - of JSON or of UTF-8
        json.loads(answer.content)
    assert ask(client).json()["page"] == 2


def test_a_dropped_connection_ends_half_way(client):
    good = ask(client).content
    switch_on(client, "dropped_connection", times=1)
    half = client.get(PATH, params=LIFE, headers={"Accept-Encoding": "identity"}).content
    assert 0 < len(half) < len(good)
    assert good.startswith(half)
    assert ask(client).content == good


def test_a_repeated_page_says_so_or_pretends(client):
    first, second = ask(client, page=1).json(), ask(client).json()
    switch_on(client, "repeated_page", times=1)
    assert ask(client, page=1).json() == first
    assert ask(client).json() == first
    assert ask(client).json() == second
    switch_on(client, "repeated_page", times=1, pretends=True)
    assert ask(client).json() == first | {"page": 2}


def test_by_cursor_the_first_page_comes_again(client):
    first = client.get(PATH, params={"cursor": "", "page_size": 50}).json()
    switch_on(client, "repeated_page", times=1)
    asked = {"cursor": first["next_cursor"], "page_size": 50}
    assert client.get(PATH, params=asked).json() == first
    assert client.get(PATH, params=asked).json()["data"][0] not in first["data"]


def test_overlapping_pages_bring_records_of_the_page_before(client):
    first, second = ask(client, page=1).json(), ask(client).json()
    switch_on(client, "overlapping_pages", times=1)
    told = ask(client).json()["data"]
    assert told[-60:] == second["data"]
    again = told[:-60]
    assert again
    assert again == first["data"][-len(again) :]


def test_reordered_records_are_the_same_records(client):
    good = ask(client).json()["data"]
    switch_on(client, "reordered_records", times=1)
    told = ask(client).json()["data"]
    assert told != good
    assert sorted(told, key=lambda r: r["MaHoSo"]) == sorted(good, key=lambda r: r["MaHoSo"])


def test_reordered_pages_hold_the_same_records_from_the_last_to_the_first(client):
    good = all_records(client, TOWN, page_size=60)
    switch_on(client, "reordered_pages", days=1)
    told = [ask(client, page=1).json()]
    told += [ask(client, page=page).json() for page in range(2, told[0]["total_pages"] + 1)]
    assert [page["page"] for page in told] == list(range(1, len(told) + 1))
    assert [record for page in reversed(told) for record in page["data"]] == good


def test_a_skewed_clock_moves_what_an_answer_is_of(client):
    good = ask(client).json()
    switch_on(client, "clock_skew", times=1, hours=-5)
    told = ask(client).json()
    assert moment(told["as_of"]) == moment(good["as_of"]) - timedelta(hours=5)
    assert told["data"] == good["data"]


def test_a_late_update_shows_a_time_that_was_passed_already(client):
    good = {r["MaHoSo"]: r for r in all_records(client, TOWN)}
    now = moment(client.get("/clock").json()["now"])
    switch_on(client, "late_update", hours=30, share=0.5)
    held = {r["MaHoSo"]: r for r in all_records(client, TOWN)}
    client.delete("/faults")
    late = {code for code in good if held.get(code) != good[code]}
    assert 0 < len(late) < len(good)
    assert all(now - timedelta(hours=30) < moment(good[c]["NgayCapNhat"]) <= now for c in late)
    assert {r["MaHoSo"]: r for r in all_records(client, TOWN)} == good


def test_dossiers_are_removed_at_once_and_told(client):
    before = {r["MaHoSo"] for r in all_records(client, TOWN)}
    gone = {r["MaHoSo"] for r in client.get(f"{PATH}/removed").json()["data"]}
    switch_on(client, "removed_dossiers", share=0.1)
    after = {r["MaHoSo"] for r in all_records(client, TOWN)}
    told = {r["MaHoSo"] for r in client.get(f"{PATH}/removed").json()["data"]}
    assert after < before
    assert told - gone == before - after


SPOILT = {
    "renamed_field": lambda good: (
        {k: v for k, v in good.items() if k != "MaTTHC"} | {"MaThuTuc": good["MaTTHC"]}
    ),
    "new_field": lambda good: good | {"MaDinhDanhDonVi": "G22.99"},
    "retyped_field": lambda good: good | {"ThoiHanGiaiQuyet": f"{good['ThoiHanGiaiQuyet']} ngày"},
    "changed_codes": lambda good: good | {"TrangThaiHoSo": f"TT{good['TrangThaiHoSo']}"},
}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_changed_record_differs_in_one_thing(client, kind):
    good = ask(client).json()["data"]
    switch_on(client, kind, times=1)
    assert ask(client).json()["data"] == [SPOILT[kind](record) for record in good]
    switch_on(client, kind, times=1, share=0.3, seed=4)
    told = ask(client).json()["data"]
    assert 0 < sum(one != other for one, other in zip(told, good, strict=True)) < len(good)


def test_an_expired_token_is_refused_until_the_next_login(client):
    switch_on(client, "expired_token", times=1)
    assert [ask(client).status_code for _ in range(2)] == [401, 401]


def test_a_source_is_down_for_two_days_and_back_on_the_third(client):
    switch_on(client, "source_down", days=2)
    down = [ask(client, page=page).status_code for page in range(1, 6)]
    assert set(down) == {503}
    assert client.post("/clock", json={"advance_days": 1}).status_code == 200
    assert ask(client).status_code == 503
    client.post("/clock", json={"advance_days": 1})
    assert ask(client).status_code == 200


def test_records_move_while_pages_are_asked_for(client):
    before = moment(client.get("/clock").json()["now"])
    switch_on(client, "moving_pages", times=2, minutes=45)
    told = [moment(ask(client).json()["as_of"]) for _ in range(3)]
    assert [at - before for at in told] == [timedelta(minutes=45 * n) for n in range(3)]


def test_every_fault_has_a_test_here():
    kinds = {one.model_fields["kind"].default for one in AnyFault.__args__[0].__args__}
    text = Path(__file__).read_text(encoding="utf-8")
    assert {kind for kind in kinds if f'"{kind}"' not in text} == set()
    assert TooManyRequests().kind in kinds
