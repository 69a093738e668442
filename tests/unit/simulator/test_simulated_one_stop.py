"""What a connector relies on: pages, time, tokens, and the same answer for the same question."""

import re
from collections import Counter
from datetime import date, datetime

import pytest
from fastapi.testclient import TestClient

from simulator import LOCAL_TIME
from simulator.agencies import AGENCIES, PROCEDURES
from simulator.dossiers import FIELDS
from simulator.one_stop import create_app
from simulator.world import DOSSIERS, Window

TOWN, VILLAGE = "mot_cua_tinh", "mot_cua_xa"
SYSTEMS = (TOWN, VILLAGE)
# Appointments are promises: they alone may lie ahead.
PROMISES = {"NgayHenTra", "NgayHenTraTruoc", "NgayHenTraMoi"}


def moment(text: str) -> datetime:
    if re.fullmatch(r"\d{14}", text):
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=LOCAL_TIME)
    return datetime.fromisoformat(text)


def dates(record: dict):
    for name, value in record.items():
        if isinstance(value, list):
            for entry in value:
                yield from dates(entry)
        elif name.startswith("Ngay") and value is not None:
            yield name, moment(value)


def all_records(client: TestClient, system: str, **query) -> list[dict]:
    first = client.get(f"/systems/{system}/dossiers", params=query).json()
    records = first["data"]
    for page in range(2, first["total_pages"] + 1):
        answer = client.get(f"/systems/{system}/dossiers", params={**query, "page": page})
        records += answer.json()["data"]
    return records


@pytest.mark.parametrize("system", SYSTEMS)
def test_same_question_same_bytes(open_client, client_of, system):
    first, second = open_client(system), client_of(system)
    path = f"/systems/{system}/dossiers?page=2&page_size=100"
    assert first.get(path).content == second.get(path).content == first.get(path).content


def test_other_seed_other_dossiers(open_client, client_of):
    path = f"/systems/{TOWN}/dossiers"
    assert client_of(TOWN).get(path).content != open_client(TOWN, seed=8).get(path).content


def test_advancing_leads_to_the_world_that_starts_there(open_client, client_of):
    walked = open_client(TOWN, clock=datetime(2024, 1, 20, 17, tzinfo=LOCAL_TIME))
    for days in (1, 3, 7):
        walked.post("/clock", json={"advance_days": days})
    path = f"/systems/{TOWN}/dossiers?page_size=1000"
    assert walked.get(path).content == client_of(TOWN).get(path).content


@pytest.mark.parametrize("system", SYSTEMS)
def test_pages_cover_the_total_once_and_in_order(client_of, system):
    client = client_of(system)
    total = client.get(f"/systems/{system}/dossiers", params={"page_size": 97}).json()["total"]
    records = all_records(client, system, page_size=97)
    order = [(moment(record["NgayCapNhat"]), record["MaHoSo"]) for record in records]
    assert len(records) == len({record["MaHoSo"] for record in records}) == total > 97
    assert order == sorted(order)
    beyond = client.get(f"/systems/{system}/dossiers", params={"page": 9999}).json()
    assert beyond["data"] == []
    assert beyond["total"] == total


@pytest.mark.parametrize("system", SYSTEMS)
def test_updated_since_is_inclusive(client_of, system):
    client = client_of(system)
    records = all_records(client, system)
    since = moment(records[len(records) // 2]["NgayCapNhat"])
    newer = all_records(client, system, updated_since=since.isoformat())
    assert newer == [r for r in records if moment(r["NgayCapNhat"]) >= since]
    assert newer[0]["NgayCapNhat"] == records[len(records) // 2]["NgayCapNhat"]


def test_advancing_only_adds_and_updates(open_client):
    client = open_client(VILLAGE)
    before = {record["MaHoSo"]: record for record in all_records(client, VILLAGE)}
    then = moment(client.get("/clock").json()["now"])
    now = moment(client.post("/clock", json={"advance_days": 5}).json()["now"])
    assert (now - then).days == 5
    after = {record["MaHoSo"]: record for record in all_records(client, VILLAGE)}
    assert before.keys() < after.keys()
    changed = {code for code in before if before[code] != after[code]}
    new = after.keys() - before.keys()
    assert changed
    assert all(moment(after[code]["NgayCapNhat"]) > then for code in changed | new)
    told = all_records(client, VILLAGE, updated_since=then.isoformat())
    assert changed | new <= {record["MaHoSo"] for record in told}


@pytest.mark.parametrize("system", SYSTEMS)
def test_records_know_nothing_of_the_future(client_of, system):
    client = client_of(system)
    now = moment(client.get("/clock").json()["now"])
    for record in all_records(client, system):
        happened = [at for name, at in dates(record) if name not in PROMISES]
        assert max(happened) == moment(record["NgayCapNhat"]) or record["TrangThaiHoSo"] in "467"
        assert max(happened) <= moment(record["NgayCapNhat"]) <= now


@pytest.mark.parametrize("system", SYSTEMS)
def test_records_have_the_fields_and_belong_together(client_of, system):
    agencies = {agency.code for agency in AGENCIES if agency.system == system}
    for record in all_records(client_of(system), system):
        assert tuple(record) == FIELDS
        assert re.fullmatch(r"H99(\.\d\d){1,2}-\d{6}-\d{4}", record["MaHoSo"])
        assert record["MaHoSo"].split("-")[0] == record["DonViXuLy"] in agencies
        status = record["TrangThaiHoSo"]
        assert bool(record["NgayTuChoi"]) == (status in ("3", "8"))
        assert bool(record["NgayTra"]) == (status == "10")
        assert bool(record["NgayKetThucXuLy"]) == (status in ("9", "10"))
        assert bool(record["NgayTiepNhan"]) == (status not in ("1", "3"))
        waits = [s for s in record["DanhSachHoSoBoSung"] if s["NgayTiepNhanBoSung"] is None]
        assert len(waits) == 1 if status == "5" else len(waits) <= (status in ("7", "8"))
        steps = [
            record[name]
            for name in ("NgayNopHoSo", "NgayTiepNhan", "NgayKetThucXuLy", "NgayTra")
            if record[name]
        ]
        assert steps == sorted(steps)


def test_wrong_password_and_missing_token_are_refused(settings):
    client = TestClient(create_app(settings, "connector", "right"))
    for login in (("connector", "wrong"), ("somebody", "right"), ("connector", "sai mật khẩu")):
        body = dict(zip(("username", "password"), login, strict=True))
        answer = client.post(f"/systems/{TOWN}/token", json=body)
        assert answer.status_code == 401
        assert "access_token" not in answer.text
    assert client.get(f"/systems/{TOWN}/dossiers").status_code == 401
    assert client.get(f"/systems/{TOWN}/units").status_code == 401
    assert client.get("/systems/khong_co/dossiers").status_code == 404


def test_a_token_opens_one_system(client_of):
    assert client_of(TOWN).get(f"/systems/{VILLAGE}/dossiers").status_code == 401


def test_every_answer_says_that_it_is_simulated(client_of):
    client = client_of(TOWN)
    paths = (
        f"/systems/{TOWN}/dossiers",
        f"/systems/{TOWN}/units",
        f"/systems/{VILLAGE}/units",
        "/health",
        "/clock",
    )
    answers = [client.get(path) for path in paths]
    assert {answer.headers["X-Data-Nature"] for answer in answers} == {"simulated"}


def test_the_clock_stops_before_the_calendar_ends(open_client):
    client = open_client(TOWN, dossiers_per_day=0)
    before = client.get("/clock").json()
    assert client.post("/clock", json={"advance_days": 3000}).status_code == 409
    assert client.post("/clock", json={"advance_days": 0}).status_code == 422
    assert client.get("/clock").json() == before


def test_default_world_has_the_characters_that_figures_need(default_world):
    world = default_world
    records = [
        record
        for system in SYSTEMS
        for record in world.records(system, world.changes(system, DOSSIERS, Window()))
    ]
    assert 5500 < len(records) < 6500
    assert {r["TrangThaiHoSo"] for r in records} == {str(code) for code in range(1, 11)}
    assert {r["MaTTHC"] for r in records} == {procedure.code for procedure in PROCEDURES}
    assert {r["KenhThucHien"] for r in records} == {"1", "2", "3", None}
    received = Counter(r["DonViXuLy"] for r in records)
    assert [code for code, count in received.items() if count < 30] == ["H99.33.02"]
    late = Counter(
        r["DonViXuLy"]
        for r in records
        if r["NgayKetThucXuLy"]
        and r["NgayHenTra"]
        and moment(r["NgayKetThucXuLy"]) > moment(r["NgayHenTra"])
    )
    assert late["H99.02"] / received["H99.02"] > 0.2
    assert late["H99.32"] / received["H99.32"] < 0.02
    assert any(len(r["DanhSachHoSoBoSung"]) == 2 for r in records)
    assert any(r["NgayTiepNhan"] and not r["NgayHenTra"] for r in records)
    assert any(r["NgayThongBaoTreHan"] for r in records)
    assert any(r["DanhSachThuXinLoi"] for r in records)
    filed = {moment(r["NgayNopHoSo"]) for r in records}
    assert all(at.weekday() < 5 for at in filed)
    assert date(2024, 1, 1) not in {at.date() for at in filed}
