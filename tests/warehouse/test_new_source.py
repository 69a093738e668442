"""A source of a known kind is one entry in the sources file, and no code."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import date

import handover
import pytest
import yaml
from click.testing import CliRunner
from handover import accept, load_pending
from one_stop_server import serve

from simulator.world import Window
from sipas.errors import UserError
from sipas.sources import commands, session
from sipas.sources.ask import land_news
from sipas.sources.configuration import known_source, read_sources

BASE = {"name_vi": "Một cửa xã Đông", "mapping": "mot_cua_iso", "data_nature": "simulated"}
HTTP = {
    **BASE,
    "code": "xa_dong",
    "kind": "http",
    "connection": "ket_noi_xa",
    "path": "/systems/mot_cua_xa",
    "page_size": 40,
    "requests_per_second": 1000,
}
FILES = {**BASE, "code": "xa_tay", "kind": "files"}


@pytest.fixture(scope="module")
def server():
    with serve() as made:
        yield made


@pytest.fixture
def entry(ingest, warehouse, server, tmp_path, monkeypatch) -> Callable[[dict], None]:
    """A function that makes an entry the only one of the sources file."""
    path = tmp_path / "sources.yml"
    monkeypatch.setenv("SIPAS_SOURCES_FILE", str(path))
    monkeypatch.setattr(session, "sleep", lambda seconds: None)
    monkeypatch.setattr(commands, "access_of_command", lambda name: server.access)

    def write(content: dict) -> None:
        path.write_text(
            yaml.safe_dump({"one_stop": [content], "surveys": {"mapping": "x"}}, allow_unicode=True)
        )

    return write


def nightly(ingest, warehouse, server) -> int:
    """What ingest_one_stop does for each source; returns how many dossiers came new."""
    for source in read_sources().one_stop:
        land_news(ingest, warehouse.landing, warehouse.inbox, source, lambda name: server.access)
    results = load_pending(ingest, warehouse.landing, "dossiers")
    accept(ingest, *results)
    return sum(result.loaded_count for result in results)


def as_csv(records: list[dict]) -> bytes:
    """Flat fields as a spreadsheet program saves them."""
    flat = [{k: v for k, v in record.items() if not isinstance(v, list)} for record in records]
    made = io.StringIO()
    writer = csv.DictWriter(made, flat[0])
    writer.writeheader()
    writer.writerows(flat)
    return made.getvalue().encode()


def sipas(*arguments: str) -> tuple[int, str]:
    """Exit code and output of `sipas sources …`."""
    result = CliRunner().invoke(commands.sources, arguments)
    if isinstance(result.exception, UserError):
        return 1, str(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


RECORDS = [handover.record(number) for number in range(1, 4)]
FILES_OF = {
    "thang-01.json": handover.page(*RECORDS),
    "2024/thang-01.ndjson": b"".join(json.dumps(r).encode() + b"\n" for r in RECORDS),
    "thang-01.ndjson.gz": gzip.compress(b"".join(json.dumps(r).encode() + b"\n" for r in RECORDS)),
    "thang-01.csv": as_csv(RECORDS),
}


def put(folder, name: str, body: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def test_one_entry_adds_a_system_with_an_interface(ingest, warehouse, server, entry):
    entry(HTTP)
    assert nightly(ingest, warehouse, server) > 50
    assert warehouse.rows("select distinct source_code from raw.dossiers") == [("xa_dong",)]


@pytest.mark.parametrize("paging", ["page", "cursor"])
def test_both_ways_of_paging_bring_the_same(ingest, warehouse, server, entry, paging):
    entry({**HTTP, "paging": paging, "removals": True})
    nightly(ingest, warehouse, server)
    held = len(server.world.changes("mot_cua_xa", "dossiers", Window()))
    assert warehouse.value("select count(distinct dossier_code) from raw.dossiers") == held


@pytest.mark.parametrize("name", FILES_OF)
def test_one_entry_adds_agencies_without_an_interface(ingest, warehouse, server, entry, name):
    entry(FILES)
    put(warehouse.inbox / "one_stop" / "xa_tay", name, FILES_OF[name])
    assert nightly(ingest, warehouse, server) == 3
    assert nightly(ingest, warehouse, server) == 0
    assert warehouse.rows("select source_code, file_name from audit.deliveries") == [
        ("xa_tay", name)
    ]


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_one_entry_adds_a_drop_folder(ingest, warehouse, server, entry, tmp_path, scheme):
    entry({**FILES, "kind": "drop_folder", "path": f"{scheme}{tmp_path}/drop"})
    put(tmp_path / "drop", "a.ndjson.gz", FILES_OF["thang-01.ndjson.gz"])
    assert nightly(ingest, warehouse, server) == 3
    put(tmp_path / "drop", "b.json", handover.page(handover.record(9)))
    assert nightly(ingest, warehouse, server) == 1
    assert warehouse.value("select count(*) from audit.deliveries") == 2


def test_one_entry_adds_a_store_behind_airflow(ingest, warehouse, server, entry):
    """Any fsspec store; here one in memory stands for S3."""
    from airflow.sdk import ObjectStoragePath
    from airflow.sdk.io import attach
    from fsspec.implementations.memory import MemoryFileSystem

    attach("memory", fs=MemoryFileSystem())
    store = ObjectStoragePath("memory://drop")
    store.mkdir(parents=True, exist_ok=True)
    (store / "thang-01.json").write_bytes(FILES_OF["thang-01.json"])
    entry({**FILES, "kind": "drop_folder", "path": "memory://drop"})
    assert nightly(ingest, warehouse, server) == 3
    assert nightly(ingest, warehouse, server) == 0


def test_a_store_that_no_package_can_open_is_named(ingest, warehouse, server, entry):
    entry({**FILES, "kind": "drop_folder", "path": "s3://bucket/drop"})
    with pytest.raises(UserError, match=r"xa_tay: s3://bucket/drop needs a package"):
        nightly(ingest, warehouse, server)


def test_a_corrected_file_is_a_new_delivery_beside_the_old_one(ingest, warehouse, server, entry):
    entry(FILES)
    folder = warehouse.inbox / "one_stop" / "xa_tay"
    put(folder, "thang-01.json", handover.page(*RECORDS))
    nightly(ingest, warehouse, server)
    corrected = handover.record(2, TrangThaiHoSo="5")
    put(folder, "thang-01.json", handover.page(corrected))
    assert nightly(ingest, warehouse, server) == 1
    assert warehouse.value("select count(distinct dossier_code) from raw.dossiers") == 3
    assert warehouse.value("select count(*) from audit.current_batches") == 2


def test_a_file_that_is_still_being_written_waits(ingest, warehouse, server, entry):
    entry(FILES)
    folder = warehouse.inbox / "one_stop" / "xa_tay"
    for name in (".thang-01.json.part", "~$thang-01.xlsx", "thang-01.json.tmp", "ghi chú.txt"):
        put(folder, name, b"half")
    assert nightly(ingest, warehouse, server) == 0
    assert warehouse.value("select count(*) from audit.deliveries") == 0


def test_a_folder_that_is_not_there_is_named(ingest, warehouse, server, entry, tmp_path):
    entry({**FILES, "kind": "drop_folder", "path": f"{tmp_path}/nowhere"})
    with pytest.raises(UserError, match=r"xa_tay: the folder .*nowhere is not there"):
        nightly(ingest, warehouse, server)


# ----- sipas sources


def test_the_list_tells_how_far_each_source_is(ingest, warehouse, server, entry):
    entry(HTTP)
    code, output = sipas("list")
    assert code == 0
    assert "xa_dong" in output
    assert "never" in output
    assert "STALE" in output
    nightly(ingest, warehouse, server)
    (row,) = json.loads(sipas("list", "--json")[1])
    assert (row["kind"], row["delivery_kind"]) == ("http", "dossiers")
    assert row["watermark"].startswith("2024-01-31 17:00:00")
    assert (row["last_batch_status"], row["quarantined_count"]) == ("accepted", 0)
    assert row["is_stale"] is False


def test_a_trial_shows_how_each_field_is_read_and_writes_nothing(ingest, warehouse, server, entry):
    entry(HTTP)
    code, output = sipas("try", "xa_dong")
    assert code == 0, output
    assert "A load would be accepted." in output
    trial = json.loads(sipas("try", "xa_dong", "--json")[1])
    fields = {field["ours"]: field for field in trial["fields"]}
    assert fields["dossier_code"]["theirs"] == "MaHoSo"
    assert fields["dossier_code"]["shape"] == "A99.99.99-999999-9999"
    assert fields["submitted_at"]["shape"].startswith("9999-99-99A99:99:99")
    assert fields["applicant_name"]["shape"] == "text"
    assert fields["applicant_phone"]["shape"] == "text"
    assert fields["lateness_reason"]["shape"] in ("text", "-")
    assert fields["supplements.requested_at"]["theirs"] == "DanhSachHoSoBoSung[].NgayBoSung"
    assert [note.split(" ")[0] for note in trial["notes"][2:]] == [
        "dossiers/removed",
        "dossiers/counts",
        "feedback",
    ]
    assert all("answers as agreed" in note for note in trial["notes"][2:])
    assert warehouse.value("select count(*) from audit.deliveries") == 0
    assert list(warehouse.landing.rglob("*")) == []


def test_a_trial_shows_no_value_of_a_person(ingest, warehouse, server, entry):
    entry(HTTP)
    output = sipas("try", "xa_dong")[1] + sipas("try", "xa_dong", "--json")[1]
    page = server.world.records(
        "mot_cua_xa", server.world.changes("mot_cua_xa", "dossiers", Window())[:40]
    )
    for record in page:
        for name in ("ChuHoSo", "SoDienThoai", "NguoiXuLy", "MaHoSo", "SoGiayToChuHoSo"):
            assert str(record[name]) not in output


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            {"kind": "renamed_field", "field": "MaTTHC", "to": "MaThuTuc"},
            ["not in the mapping: MaThuTuc  text", "never there: MaTTHC", "40 × MaTTHC: Thiếu"],
        ),
        (
            {"kind": "changed_codes", "field": "KenhThucHien"},
            ["40 × KenhThucHien: Mã không có trong danh mục", "trang 1, bản ghi 1"],
        ),
    ],
)
def test_a_trial_tells_what_would_be_quarantined_and_why(
    ingest, warehouse, server, entry, fault, said
):
    import httpx

    entry(HTTP)
    assert httpx.post(f"{server.address}/faults", json=fault).status_code == 200
    try:
        code, output = sipas("try", "xa_dong")
    finally:
        httpx.delete(f"{server.address}/faults")
    assert code == 1
    assert "A load would be refused." in output
    for words in said:
        assert words in output
    assert warehouse.value("select count(*) from audit.deliveries") == 0


def test_a_trial_of_a_file_reads_the_newest(ingest, warehouse, server, entry):
    entry(FILES)
    code, output = sipas("try", "xa_tay")
    assert code == 1
    assert "there is no file in" in output
    put(warehouse.inbox / "one_stop" / "xa_tay", "a.csv", FILES_OF["thang-01.csv"])
    code, output = sipas("try", "xa_tay")
    assert code == 0, output
    assert "a.csv: 3 records, mapping mot_cua_iso" in output


def test_a_source_that_is_not_there_is_answered_with_those_that_are(entry):
    entry(HTTP)
    with pytest.raises(UserError, match=r"no source 'xa_nam'.*: xa_dong"):
        known_source("xa_nam")
    assert sipas("try", "xa_nam")[0] == 1


# ----- backfill


BACKFILL = ("backfill", "xa_dong", "--from", "2024-01-08", "--to", "2024-01-09")
WHO = ("--by", "Nguyễn Văn A", "--reason", "Đơn vị nhập lại hồ sơ giấy")


def test_a_backfill_is_a_recorded_act_that_brings_the_dossiers_of_its_days(
    ingest, warehouse, server, entry
):
    entry(HTTP)
    code, output = sipas(*BACKFILL, *WHO)
    assert code == 0, output
    accept(ingest, *load_pending(ingest, warehouse.landing, "dossiers"))
    days = warehouse.rows(
        "select min((submitted_at at time zone 'Asia/Ho_Chi_Minh')::date), "
        "max((submitted_at at time zone 'Asia/Ho_Chi_Minh')::date) from raw.dossiers"
    )
    assert days == [(date(2024, 1, 8), date(2024, 1, 9))]
    assert warehouse.value("select max(watermark) from audit.deliveries") is None
    (act,) = json.loads(sipas("backfills", "--json")[1])
    assert (act["requested_by"], act["reason"]) == (WHO[1], WHO[3])
    assert (act["days_from"], act["days_to"]) == ("2024-01-08", "2024-01-09")
    assert (act["status"], act["delivery_id"] is not None) == ("succeeded", True)
    assert "landed" in act["outcome"]
    assert WHO[3] in sipas("backfills")[1]


def test_a_backfill_that_fails_says_so(ingest, warehouse, server, entry, monkeypatch):
    from sipas.sources.session import Access

    entry({**HTTP, "tries": 1})
    monkeypatch.setattr(
        commands, "access_of_command", lambda name: Access("http://127.0.0.1:9", "a", "b")
    )
    assert sipas(*BACKFILL, *WHO)[0] == 1
    (act,) = json.loads(sipas("backfills", "--json")[1])
    assert act["status"] == "failed"
    assert "could not be reached" in act["outcome"]
    assert act["ended_at"]


def test_a_backfill_needs_a_name_a_reason_and_days_in_order(ingest, warehouse, server, entry):
    entry(HTTP)
    assert "cannot be empty" in sipas(*BACKFILL, "--by", " ", "--reason", "x")[1]
    assert (
        "--to is before --from"
        in sipas("backfill", "xa_dong", "--from", "2024-01-09", "--to", "2024-01-08", *WHO)[1]
    )
    entry({**FILES, "code": "xa_dong"})
    assert "hand its files in again" in sipas(*BACKFILL, *WHO)[1]
    assert sipas("backfills")[1] == "No backfills.\n"
