"""What a connector may ask beside pages by number: cursors, days, removals, counts, feedback."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from test_simulated_one_stop import SYSTEMS, TOWN, VILLAGE, all_records, dates, moment

from simulator import LOCAL_TIME
from simulator.agencies import AGENCIES
from simulator.dossiers import LATENESS_REASONS
from simulator.feedback import CHANNELS, FIELDS, REFUSE_IN, SUBJECTS
from simulator.office_hours import MINUTES_A_DAY, OfficeHours
from simulator.world import FEEDBACK, Window


def walk(client, system: str, kind: str = "dossiers", **query) -> list[dict]:
    """All records from cursor to cursor."""
    records, cursor = [], ""
    while cursor is not None:
        asked = {**query, "cursor": cursor}
        answer = client.get(f"/systems/{system}/{kind}", params=asked).json()
        assert "page" not in answer
        records += answer["data"]
        cursor = answer["next_cursor"]
    return records


@pytest.mark.parametrize("system", SYSTEMS)
def test_cursors_lead_through_the_same_records_as_pages(client_of, system):
    client = client_of(system)
    records = all_records(client, system)
    assert walk(client, system, page_size=37) == records
    since = records[len(records) // 2]["NgayCapNhat"]
    asked = {"updated_since": moment(since).isoformat()}
    assert walk(client, system, page_size=37, **asked) == all_records(client, system, **asked)


def test_the_first_request_may_name_neither_page_nor_cursor(client_of):
    answer = client_of(TOWN).get(f"/systems/{TOWN}/dossiers?page_size=9").json()
    assert answer["page"] == 1
    assert answer["next_cursor"]
    assert answer["total"] > len(answer["data"])


def test_a_cursor_that_is_none_is_refused(client_of):
    answer = client_of(TOWN).get(f"/systems/{TOWN}/dossiers", params={"cursor": "trang-2"})
    assert answer.status_code == 422


def test_a_cursor_loses_nothing_when_records_move_between_two_pages(open_client):
    client = open_client(VILLAGE)
    path = f"/systems/{VILLAGE}/dossiers"
    first = client.get(path, params={"cursor": "", "page_size": 50}).json()
    before = {record["MaHoSo"] for record in all_records(client, VILLAGE)}
    client.post("/clock", json={"advance_days": 4})
    rest, cursor = [], first["next_cursor"]
    while cursor:
        answer = client.get(path, params={"cursor": cursor, "page_size": 50}).json()
        rest, cursor = rest + answer["data"], answer["next_cursor"]
    removed = client.get(f"{path}/removed").json()["data"]
    told = {record["MaHoSo"] for record in first["data"] + rest + removed}
    assert before <= told


@pytest.mark.parametrize("system", SYSTEMS)
def test_counts_are_those_of_the_records_filed_on_the_days(client_of, system):
    client = client_of(system)
    path = f"/systems/{system}/dossiers"
    days = {"from": "2024-01-08", "to": "2024-01-10"}
    told = client.get(f"{path}/counts", params=days).json()["data"]
    asked = {"submitted_from": days["from"], "submitted_to": days["to"]}
    records = all_records(client, system, **asked)
    filed = Counter((r["DonViXuLy"], moment(r["NgayNopHoSo"]).date().isoformat()) for r in records)
    assert {(row["DonViXuLy"], row["Ngay"]): row["SoLuong"] for row in told} == filed
    assert {day for _, day in filed} == {"2024-01-08", "2024-01-09", "2024-01-10"}
    everything = all_records(client, system)
    inside = [
        r
        for r in everything
        if date(2024, 1, 8) <= moment(r["NgayNopHoSo"]).date() <= date(2024, 1, 10)
    ]
    assert records == inside


def test_a_removed_dossier_is_told_once_removed_and_never_again(open_client):
    client = open_client(TOWN, removed_share=0.2)
    path = f"/systems/{TOWN}/dossiers"
    then = moment(client.get("/clock").json()["now"])
    before = {r["MaHoSo"] for r in all_records(client, TOWN)}
    gone = client.get(f"{path}/removed").json()["data"]
    assert gone
    assert before.isdisjoint(r["MaHoSo"] for r in gone)
    client.post("/clock", json={"advance_days": 7})
    later = client.get(f"{path}/removed", params={"updated_since": then.isoformat()}).json()["data"]
    assert any(r["MaHoSo"] in before for r in later)
    assert all(then <= moment(r["NgayXoa"]) <= then + timedelta(days=7) for r in later)
    assert all(r["MaHoSo"].startswith(f"{r['DonViXuLy']}-") for r in later)
    assert {r["MaHoSo"] for r in all_records(client, TOWN)}.isdisjoint(r["MaHoSo"] for r in later)


def test_some_dossiers_are_removed_in_the_default_world(default_world):
    removed = [row for system in SYSTEMS for row in default_world.removed(system, None)]
    assert 5 < len(removed) < 60


def test_answers_are_packed_when_asked_for(client_of):
    client = client_of(TOWN)
    path = f"/systems/{TOWN}/dossiers"
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content


@pytest.mark.parametrize("system", SYSTEMS)
def test_fees_events_and_reasons_fit_the_life(client_of, system):
    records = all_records(client_of(system), system)
    assert any(len(r["DanhSachLePhi"]) == 2 for r in records) or system == VILLAGE
    logged = [r for r in records if r["QuaTrinhXuLy"]]
    assert 0.3 < len(logged) / len(records) < 0.7
    for record in records:
        for fee in record["DanhSachLePhi"]:
            assert fee["Gia"] > 0
            assert fee["NgayThanhToan"] or record["TrangThaiHoSo"] in "1367"
        if record["NguyenNhanTreHan"] is not None:
            assert record["NguyenNhanTreHan"] in LATENESS_REASONS
            assert moment(record["NgayHenTra"]) < moment(record["NgayCapNhat"])
    for record in logged:
        entries = record["QuaTrinhXuLy"]
        assert entries[0]["TrangThai"] == "1"
        assert entries[-1]["TrangThai"] == record["TrangThaiHoSo"]
        times = [moment(entry["ThoiDiemXuLy"]) for entry in entries]
        assert times == sorted(times)
    assert any(record["NguyenNhanTreHan"] for record in records)


@pytest.mark.parametrize("system", SYSTEMS)
def test_feedback_comes_in_pages_and_cursors_with_its_fields(open_client, system):
    client = open_client(system, feedback_share=0.5)
    path = f"/systems/{system}/feedback"
    answer = client.get(path, params={"page": 1, "page_size": 1000}).json()
    records = answer["data"]
    assert answer["total"] == len(records) > 10
    assert walk(client, system, "feedback", page_size=7) == records
    agencies = {agency.code for agency in AGENCIES if agency.system == system}
    for record in records:
        assert tuple(record) == FIELDS
        assert record["MaPhanAnh"].split("-")[0] == record["DonViTiepNhan"] in agencies
        assert record["KenhTiepNhan"] in CHANNELS
        assert record["LoaiNoiDung"] in SUBJECTS
        assert max(at for _, at in dates(record)) <= moment(record["NgayCapNhat"])
        assert bool(record["NgayTraLoi"]) or not record["NgayCongKhai"]
        assert not (record["NgayTuChoi"] and record["NgayTraLoi"])


def test_feedback_of_the_default_world_is_mostly_in_time_and_sometimes_not(default_world):
    hours = OfficeHours()
    records = [
        record
        for system in SYSTEMS
        for record in default_world.records(
            system, default_world.changes(system, FEEDBACK, Window())
        )
    ]

    def days(record: dict, first: str, last: str) -> float:
        start, end = (hours.position(moment(record[name])) for name in (first, last))
        return (end - start) / MINUTES_A_DAY

    refused = [r for r in records if r["NgayTuChoi"]]
    asked = [r for r in records if r["NgayYeuCauBoSung"]]
    plain = [r for r in records if r["NgayTraLoi"] and not r["NgayYeuCauBoSung"]]
    in_time = sum(days(r, "NgayTiepNhan", "NgayTraLoi") <= 15 for r in plain)
    assert 0.75 < in_time / len(plain) < 1
    assert any(days(r, "NgayTiepNhan", "NgayTuChoi") <= REFUSE_IN for r in refused)
    assert any(r["NgayBoSung"] for r in asked)
    month_ago = datetime(2023, 12, 15, tzinfo=LOCAL_TIME)
    old = [r for r in records if moment(r["NgayGui"]) < month_ago and not r["NgayTuChoi"]]
    assert any(not r["NgayTraLoi"] for r in old)
    assert {r["ChapNhanTraLoi"] for r in records} == {"1", "0", None}
