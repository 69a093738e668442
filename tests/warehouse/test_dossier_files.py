"""Dossiers as files and lists: NDJSON, CSV, XLSX, tombstones; repeats are taken back narrowly."""

import gzip
import io
import json

import openpyxl
import psycopg
import pytest
from handover import NOON, SOURCE, accept, load_pending, page, record

from sipas.errors import UserError
from sipas.landing import Incoming, register
from sipas.loading import dossier_files
from sipas.loading.batches import load

HEADINGS = [name for name, value in record().items() if not isinstance(value, list)]


def land(ingest, warehouse, objects: dict[str, bytes]):
    """Lands objects under their names as one delivery."""
    with Incoming(
        warehouse.landing, source_code=SOURCE, delivery_kind="dossiers", data_nature="simulated"
    ) as incoming:
        for name, body in objects.items():
            incoming.add(name, body)
        manifest = incoming.commit(watermark=NOON)
    register(ingest, warehouse.landing, manifest)
    return manifest


def take_in(ingest, warehouse, objects: dict[str, bytes]):
    """Lands, loads and accepts one delivery."""
    result = load(ingest, warehouse.landing, land(ingest, warehouse, objects))
    accept(ingest, result)
    return result


def counts(result) -> tuple:
    return (
        result.received_count,
        result.loaded_count,
        result.unchanged_count,
        result.quarantined_count,
    )


def lines(*values: object) -> bytes:
    """NDJSON."""
    return "".join(f"{json.dumps(value, ensure_ascii=False)}\n" for value in values).encode()


def sheet(*records: dict, title: str = "Hồ sơ") -> bytes:
    """A workbook with a heading row below a title, as agencies send it."""
    book = openpyxl.Workbook()
    book.active.title = title
    book.active.append(["Danh sách hồ sơ"])
    book.active.append(HEADINGS)
    for item in records:
        book.active.append([item.get(name) for name in HEADINGS])
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def rows(warehouse) -> list[tuple]:
    """What is stored, but for batch and source."""
    return warehouse.rows(
        "select to_jsonb(dossiers) - '{batch_id,record_sha256}'::text[] from raw.dossiers "
        "order by position"
    )


FILES = {
    "ho-so.ndjson": lines(record(1), record(2)),
    "ho-so.ndjson.gz": gzip.compress(lines(record(1), record(2))),
    "ho-so.csv": "\n".join(
        ",".join(str(item[name] or "") for name in HEADINGS)
        for item in ({name: name for name in HEADINGS}, record(1), record(2))
    ).encode(),
    "ho-so.xlsx": sheet(record(1), record(2)),
}


@pytest.mark.parametrize("name", FILES)
def test_the_same_records_in_a_file_give_the_same_rows_as_in_a_page(ingest, warehouse, name):
    first = take_in(ingest, warehouse, {"page-00001.json": page(record(1), record(2))})
    assert counts(first) == (2, 2, 0, 0)
    wanted = rows(warehouse)
    again = take_in(ingest, warehouse, {name: FILES[name]})
    assert counts(again) == (2, 0, 2, 0)
    assert rows(warehouse) == wanted


def test_a_bad_row_of_a_spreadsheet_is_named_by_sheet_and_row(ingest, warehouse):
    body = sheet(record(1), record(2, TrangThaiHoSo="xong"), title="Tháng 1")
    result = take_in(ingest, warehouse, {"ho-so.xlsx": body})
    assert counts(result) == (2, 1, 0, 1)
    assert warehouse.rows("select position, place, field from quarantine.records") == [
        (2, "ho-so.xlsx, trang «Tháng 1», dòng 4", "TrangThaiHoSo")
    ]


def test_a_spreadsheet_without_the_heading_of_the_code_is_refused(ingest, warehouse):
    result = take_in(ingest, warehouse, {"ho-so.csv": b"Ma,Ten\n1,2\n"})
    assert result.status == "refused"
    assert "«MaHoSo»" in result.refusal_reason


def test_lines_are_read_in_blocks_and_every_record_keeps_its_number(ingest, warehouse, monkeypatch):
    monkeypatch.setattr(dossier_files, "BLOCK_BYTES", 500)  # less than a record
    bad = record(3, TrangThaiHoSo="xong")
    body = lines(record(1), record(2), bad, record(4)) + b"\n" + lines(None)[:-1]
    result = take_in(ingest, warehouse, {"ho-so.ndjson": body})
    assert counts(result) == (5, 3, 0, 2)
    assert warehouse.rows("select position, place from quarantine.records order by 1") == [
        (3, "ho-so.ndjson, bản ghi 3"),
        (5, "ho-so.ndjson, bản ghi 5"),
    ]
    assert warehouse.rows("select position from raw.dossiers order by 1") == [(1,), (2,), (4,)]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("ho-so.ndjson", lines(record(1), record(2))[:-40]),
        ("ho-so.ndjson.gz", gzip.compress(lines(record(1), record(2)))[:-9]),
    ],
)
def test_a_file_that_was_cut_off_is_refused_as_a_whole(ingest, warehouse, name, body):
    result = take_in(ingest, warehouse, {name: body})
    assert result.status == "refused"
    assert f"{SOURCE}, {name}" in result.refusal_reason
    assert warehouse.value("select count(*) from raw.dossiers") == 0


def test_a_file_that_was_changed_after_it_was_landed_is_not_loaded(ingest, warehouse):
    """The hash of a large file is known at its end: nothing of it may stay."""
    manifest = land(ingest, warehouse, {"ho-so.ndjson": lines(record(1), record(2))})
    path = warehouse.landing / "dossiers" / manifest.delivery_id / "ho-so.ndjson"
    path.write_bytes(lines(record(1), record(3)))
    with pytest.raises(UserError, match="its hash differs"):
        load(ingest, warehouse.landing, manifest)
    assert warehouse.value("select count(*) from raw.dossiers") == 0
    assert warehouse.value("select count(*) from audit.batches") == 0


def test_a_landed_file_is_the_file(ingest, warehouse):
    path = warehouse.folder / "ho-so.ndjson"
    path.write_bytes(lines(record(1)) * 2_000)
    with Incoming(
        warehouse.landing, source_code=SOURCE, delivery_kind="dossiers", data_nature="simulated"
    ) as by_file:
        by_file.add_file(path.name, path)
        (of_file,) = by_file.objects
        assert (by_file.folder / path.name).read_bytes() == path.read_bytes()
        by_file.add(path.name, path.read_bytes())
        assert by_file.objects[1] == of_file


def test_a_new_field_is_reported_with_the_load_and_the_records_are_kept(ingest, warehouse, caplog):
    pages = [page(record(n, MucDo="cao")) for n in range(3)]
    result = take_in(ingest, warehouse, {f"page-{n}.json": body for n, body in enumerate(pages)})
    assert counts(result) == (3, 3, 0, 0)
    (warning,) = result.warnings
    assert "MucDo (3 bản ghi)" in warning
    assert "cao" not in warning
    assert warning in caplog.text
    assert warehouse.rows("select extra from raw.dossiers") == [(["MucDo"],)] * 3


def test_reasons_fees_and_events_are_kept_as_codes_without_names_and_texts(ingest, warehouse):
    moment = NOON.isoformat()
    full = record(
        NguyenNhanTreHan="Bà Trần Thị Mật nghỉ ốm",
        DanhSachThuXinLoi=[{"NgayThu": moment, "LyDo": "quá tải"}],
        DanhSachLePhi=[{"MaPhiLePhi": "LP", "Gia": 8000, "HinhThucThu": "Trực tuyến"}],
        QuaTrinhXuLy=[
            {"TrangThai": "4", "ThoiDiemXuLy": moment, "NguoiXuLy": "Mật", "NoiDungXuLy": "Mật"}
        ],
    )
    take_in(ingest, warehouse, {"page-00001.json": page(full)})
    ((reason, apologies, fees, events),) = warehouse.rows(
        "select lateness_reason, apologies, fees, status_events from raw.dossiers"
    )
    assert (reason, apologies[0]["reason_code"]) == ("other", "overload")
    assert fees == [
        {"fee_code": "LP", "fee_type": None, "amount": 8000, "is_online": True, "paid_at": None}
    ]
    assert events == [{"status": 4, "occurred_at": moment}]
    assert warehouse.value("select count(*) from raw.dossiers where dossiers::text ~ 'Mật'") == 0


def tombstone(number: int, **changes) -> dict:
    code = f"H99.31.01-240105-{number:04d}"
    removed = {"MaHoSo": code, "DonViXuLy": "H99.31.01", "NgayXoa": NOON.isoformat()}
    return removed | changes


def test_removed_dossiers_become_tombstones_once_and_the_versions_stay(ingest, warehouse):
    objects = {
        "page-00001.json": page(record(1)),
        "removed-00001.json": page(tombstone(1), tombstone(1), tombstone(2, NgayXoa="?"), None),
    }
    assert counts(take_in(ingest, warehouse, objects)) == (5, 2, 1, 2)
    assert warehouse.rows(
        "select dossier_code, position, source_code, removed_at from raw.dossier_removals"
    ) == [("H99.31.01-240105-0001", 2, SOURCE, NOON)]
    assert warehouse.rows("select position, place, field from quarantine.records order by 1") == [
        (4, "removed-00001.json, bản ghi 3", "NgayXoa"),
        (5, "removed-00001.json, bản ghi 4", "record"),
    ]
    again = take_in(ingest, warehouse, {"removed-00001.json": page(tombstone(1), tombstone(3))})
    assert counts(again) == (2, 1, 1, 0)
    assert warehouse.value("select count(*) from raw.dossiers") == 1


def test_rows_are_taken_back_only_from_the_batch_of_the_open_transaction(ingest, warehouse):
    result = take_in(ingest, warehouse, {"page-00001.json": page(record(1))})
    with pytest.raises(psycopg.errors.RaiseException, match="not opened by this transaction"):
        ingest.execute("select raw.drop_repeats(%s, 1, 9)", [result.batch_id])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ingest.execute("delete from raw.dossiers")
    with (
        warehouse.connect("transform") as other,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        other.execute("select raw.drop_repeats(1, 1, 9)")
    assert warehouse.value("select count(*) from raw.dossiers") == 1


def test_a_delta_does_not_read_the_whole_table(ingest, warehouse):
    """Pages of the table that are touched follow the delta, not what is there already."""
    ready = "\n".join(json.dumps(record(n), ensure_ascii=False) for n in range(1, 6_001))
    take_in(ingest, warehouse, {"ho-so.ndjson": ready.encode()})
    with warehouse.connect() as owner:
        owner.execute("analyze raw.dossiers")
    before = scanned(ingest)
    result = take_in(
        ingest, warehouse, {"page-00001.json": page(record(1), record(5_999), record(7_000))}
    )
    assert counts(result) == (3, 1, 2, 0)
    assert scanned(ingest) == before
    ingest.execute("set enable_indexonlyscan = off")
    ingest.execute("select count(*) from raw.dossiers")
    assert scanned(ingest) > before  # a scan would have been seen


def scanned(connection: psycopg.Connection) -> int:
    """Rows of raw.dossiers ever read by sequential scans, those of this connection at once."""
    connection.execute("select pg_stat_force_next_flush()")
    return connection.execute(
        "select seq_tup_read from pg_stat_user_tables where relname = 'dossiers'"
    ).fetchone()[0]


def test_a_load_of_many_chunks_counts_and_stores_each_record_once(ingest, warehouse, monkeypatch):
    monkeypatch.setattr("sipas.loading.dossiers.CHUNK", 2)
    pages = [page(*(record(n % 7) for n in range(start, start + 3))) for start in range(0, 30, 3)]
    objects = {f"page-{n:05d}.json": body for n, body in enumerate(pages)}
    assert counts(take_in(ingest, warehouse, objects)) == (30, 7, 23, 0)
    assert warehouse.rows("select position from raw.dossiers order by 1") == [
        (n,) for n in range(1, 8)
    ]
    assert warehouse.rows("select position from pii.applicants order by 1") == [
        (n,) for n in range(1, 8)
    ]
    assert load_pending(ingest, warehouse.landing, "dossiers") == []
