"""The end of personal data: copies without persons, whole at every step, that load alike."""

import gzip
import io
import json
import os
from datetime import UTC, datetime, timedelta

import msgspec
import openpyxl
import pytest
from click.testing import CliRunner
from handover import NOON, SOURCE, accept, load_pending, page, record

from sipas import landing
from sipas.cli import main
from sipas.contracts import feedback
from sipas.contracts.mapping import load_mapping
from sipas.errors import UserError
from sipas.landing import Incoming, landed_manifest, register
from sipas.loading import dossiers
from sipas.loading.batches import pending_deliveries
from sipas.personal_data import copies
from sipas.personal_data import purge as room
from sipas.personal_data.purge import Limits, purge, purge_delivery

LONG_AGO = datetime.now(UTC) - timedelta(days=400)
TO_REMOVE = {"MaHoSo": "H99.31.01-240105-0099", "DonViXuLy": "H99.31.01"}
REMOVED = TO_REMOVE | {"NgayXoa": NOON.isoformat(), "NguoiXoa": "Lê Thị Xóa"}
# Everything that tells of a person, in the usual places and where nobody expects it.
PERSONS = (
    *("Nguyễn Văn Thử", "999000000", "0000000", "Trần Thị Xử Lý", "Lê Thị Xóa"),
    *("Phạm Người Mới", "Gửi bà Hoa", "ông Nam ở số 5", "Võ Ẩn Danh", "dân@thu.vn"),
)
RECORDS = [
    record(1),
    record(2, NguoiNopThay="Phạm Người Mới", Email="dân@thu.vn", TrichYeuHoSo="ông Nam ở số 5"),
    record(
        3,
        DanhSachHoSoBoSung=[
            {"NgayBoSung": NOON.isoformat(), "NoiDungBoSung": "ông Nam ở số 5"},
        ],
        DanhSachThuXinLoi=[{"NgayThu": NOON.isoformat(), "LyDo": "Gửi bà Hoa", "LanThu": 1}],
        NguyenNhanTreHan="quá  tải",
    ),
    record(4, NguyenNhanTreHan="ông Nam ở số 5", SoDienThoai=905123456, NguoiXuLy=7),
    record(5, ChuHoSo={"HoTen": "Võ Ẩn Danh"}),
    record(6, ChuHoSo="Võ Ẩn\x00Danh", NguoiXuLy="Trần Thị Xử Lý"),
    record(7, SoDienThoai=["0000000007"], NguoiXuLy={"HoTen": "Võ Ẩn Danh"}),
    record(8, TenTTHC=["Đăng ký", "Võ Ẩn Danh"]),
    record(9, DanhSachHoSoBoSung="Võ Ẩn Danh"),
    record(10, DanhSachHoSoBoSung=["Võ Ẩn Danh", {"NgayBoSung": {"a": "Võ Ẩn Danh"}}]),
    record(11, NgayNopHoSo={"Ai": "Võ Ẩn Danh"}),
    record(12, NguyenNhanTreHan={"Ai": "Võ Ẩn Danh"}, NguoiXuLy=None),
    record(13, KenhThucHien="4"),
    "Võ Ẩn Danh",
    ["0000000014"],
]
DOSSIER_ROWS = """
    select to_jsonb(rows) - 'batch_id' - 'record_sha256' from raw.dossiers as rows
    where batch_id = %s order by position
"""
REMOVAL_ROWS = "select to_jsonb(r) - 'batch_id' from raw.dossier_removals as r where batch_id = %s"
FAULT_ROWS = """
    select to_jsonb(rows) - 'batch_id' from quarantine.records as rows
    where batch_id = %s order by position, field
"""


class Killed(BaseException):
    """Stands for SIGKILL: no `except Exception` may catch it."""


def limits(**changes) -> Limits:
    now = datetime.now(UTC)
    given = {"originals_before": now - timedelta(days=365), "reason": "test"}
    return Limits(**given | {"applicants_before": now - timedelta(days=365)} | changes)


def workbook(records: list[dict]) -> bytes:
    names = [name for name in record() if not isinstance(record()[name], list)]
    book = openpyxl.Workbook()
    book.active.append(["Danh sách hồ sơ"])
    book.active.append([*names, "NguoiNopThay"])
    for item in records:
        book.active.append([item[name] for name in names] + ["Phạm Người Mới"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def lines(records: list) -> bytes:
    return b"\n".join(json.dumps(item, ensure_ascii=False).encode() for item in records) + b"\n"


FORMS = {
    "pages": {
        "page-00001.json": page(*RECORDS),
        "page-00002.json": page(record(20)),
        "removed-00001.json": page(REMOVED, "Lê Thị Xóa", TO_REMOVE),
    },
    "lines": {"ho_so.ndjson": lines(RECORDS)},
    "zipped lines": {"ho_so.ndjson.gz": gzip.compress(lines(RECORDS))},
    "workbook": {"ho_so.xlsx": workbook([record(1), record(2), record(3, KenhThucHien="4")])},
    "cut off": {"page-00001.json": page(*RECORDS)[:-9], "page-00002.json": page(record(20))},
    "cut off and zipped": {"ho_so.ndjson.gz": gzip.compress(lines(RECORDS))[:-20]},
}


def land(
    ingest, warehouse, objects: dict[str, bytes], received_at=LONG_AGO, kind: str = "dossiers"
) -> landing.Manifest:
    """A delivery that was received long ago."""
    with Incoming(
        warehouse.landing, source_code=SOURCE, delivery_kind=kind, data_nature="simulated"
    ) as incoming:
        for name, body in objects.items():
            incoming.add(name, body)
        manifest = incoming.commit(NOON)
    register(ingest, warehouse.landing, manifest)
    with warehouse.connect() as owner:
        owner.execute(
            "update audit.deliveries set received_at = %s where delivery_id = %s",
            [received_at, manifest.delivery_id],
        )
    return manifest


def take_in(ingest, warehouse, objects: dict[str, bytes], received_at=LONG_AGO):
    manifest = land(ingest, warehouse, objects, received_at)
    (result,) = load_pending(ingest, warehouse.landing, "dossiers")
    accept(ingest, result)
    return manifest, result


def everything(folder) -> bytes:
    """The bytes of all files below a folder, unpacked."""
    bodies = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    unpacked = []
    for body in bodies:
        if body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        if body[:2] == b"PK":
            book = openpyxl.load_workbook(io.BytesIO(body))
            cells = [str(v) for row in book.active.iter_rows(values_only=True) for v in row]
            body = "\n".join(cells).encode()
        unpacked.append(body)
    return b"\n".join(unpacked)


def tells_of_persons(folder) -> list[str]:
    text = everything(folder).decode()
    with_escapes = text + json.dumps(text)
    return [value for value in PERSONS if value in with_escapes]


def load_anew(ingest, warehouse, monkeypatch):
    """The pending deliveries, loaded by a mapping of another version that reads alike."""
    made = msgspec.structs.replace(load_mapping("mot_cua_iso"), version="anew")
    monkeypatch.setattr(dossiers, "load_mapping", lambda _: made)
    return load_pending(ingest, warehouse.landing, "dossiers")


@pytest.mark.parametrize("form", FORMS)
def test_a_copy_has_no_persons_and_loads_like_the_original(ingest, warehouse, monkeypatch, form):
    manifest, before = take_in(ingest, warehouse, FORMS[form])
    folder = warehouse.landing / landing.landing_path(manifest)
    if "cut off and" not in form:
        assert len(tells_of_persons(folder)) > 3
    assert before.status == ("refused" if "cut off" in form else "loaded")
    done = purge(ingest, warehouse.landing, limits(), who="An", why="theo quy chế")
    assert (done.deliveries, done.failures) == ([manifest.delivery_id], [])
    assert tells_of_persons(folder) == []
    copied = landed_manifest(ingest, warehouse.landing, manifest.delivery_id)
    assert [item.name for item in copied.objects] == list(FORMS[form])
    assert copied.is_copy

    (after,) = load_anew(ingest, warehouse, monkeypatch)
    assert after.status == before.status
    assert after.received_count == before.received_count
    assert after.quarantined_count == before.quarantined_count
    for query in (DOSSIER_ROWS, REMOVAL_ROWS, FAULT_ROWS):
        rows = warehouse.rows(query, after.batch_id)
        assert rows == warehouse.rows(query, before.batch_id)
        told = json.dumps(rows, ensure_ascii=False)
        assert [value for value in PERSONS if value in told] == []
    kept = warehouse.value("select count(*) from raw.dossiers where handler_hash is not null")
    assert kept > 2 or before.status == "refused"


FEEDBACK = {
    "MaPhanAnh": "PA-1",
    "DonViTiepNhan": "H99.31.01",
    "NgayCapNhat": NOON.isoformat(),
    "NgayGui": NOON.isoformat(),
    "HoTen": "Võ Ẩn Danh",
    "SoDienThoai": "0000000001",
    "NoiDung": "Gửi bà Hoa",
    "NguoiXuLy": "Trần Thị Xử Lý",
}


def test_a_copy_of_feedback_has_no_persons_and_loads_like_the_original(
    ingest, warehouse, monkeypatch
):
    bad = FEEDBACK | {"MaPhanAnh": "PA-2", "NguoiXuLy": {"HoTen": "Võ Ẩn Danh"}}
    objects = {"page-00001.json": page(FEEDBACK, bad)}
    manifest = land(ingest, warehouse, objects, kind="feedback")
    (before,) = load_pending(ingest, warehouse.landing, "feedback")
    assert (before.loaded_count, before.quarantined_count) == (1, 1)
    accept(ingest, before)
    done = purge(ingest, warehouse.landing, limits(), who="An", why="")
    assert done.deliveries == [manifest.delivery_id]
    assert tells_of_persons(warehouse.landing / landing.landing_path(manifest)) == []
    made = msgspec.structs.replace(feedback.load_mapping("mot_cua_iso"), version="anew")
    monkeypatch.setattr(feedback, "load_mapping", lambda _: made)
    (after,) = load_pending(ingest, warehouse.landing, "feedback")
    rows = DOSSIER_ROWS.replace("raw.dossiers", "raw.feedback")
    for query in (rows, FAULT_ROWS):
        assert warehouse.rows(query, after.batch_id) == warehouse.rows(query, before.batch_id)
        assert warehouse.rows(query, after.batch_id)


def test_the_manifest_of_the_originals_stays_and_the_copy_is_on_record(ingest, warehouse):
    manifest, _ = take_in(ingest, warehouse, FORMS["pages"])
    folder = warehouse.landing / landing.landing_path(manifest)
    original = (folder / "manifest.json").read_bytes()
    purge(ingest, warehouse.landing, limits(), who="An", why="theo quy chế")
    assert (folder / "manifest.json").read_bytes() == original
    assert sorted(os.listdir(folder)) == ["copy", "manifest.json"]
    assert sorted(os.listdir(folder / "copy")) == sorted([*FORMS["pages"], "manifest.json"])
    (row,) = warehouse.rows("select delivery_id, requested_by, reason from audit.purges")
    assert row == (manifest.delivery_id, "An", "theo quy chế")
    again = purge(ingest, warehouse.landing, limits(), who="An", why="lần nữa")
    assert again.deliveries == []


@pytest.mark.parametrize("name", ["page-00001.json", "manifest.json"])
def test_a_changed_copy_is_found_and_named(ingest, warehouse, monkeypatch, name):
    manifest, _ = take_in(ingest, warehouse, FORMS["pages"])
    purge(ingest, warehouse.landing, limits(), who="An", why="")
    path = warehouse.landing / landing.landing_path(manifest) / "copy" / name
    path.write_bytes(path.read_bytes().replace(b"H99.31.01", b"H99.31.02").replace(b":", b": ", 1))
    with pytest.raises(UserError, match=f"copy/{name}"):
        load_anew(ingest, warehouse, monkeypatch)


def test_only_what_is_old_loaded_and_decided_is_purged(ingest, warehouse):
    young, _ = take_in(ingest, warehouse, {"page-00001.json": page(record(1))}, datetime.now(UTC))
    take_in(ingest, warehouse, {"page-00001.json": page(record(2))})
    undecided = land(ingest, warehouse, {"page-00001.json": page(record(3))})
    load_pending(ingest, warehouse.landing, "dossiers")
    unloaded = land(ingest, warehouse, {"page-00001.json": page(record(4))})
    done = purge(ingest, warehouse.landing, limits(), who="An", why="")
    assert len(done.deliveries) == 1
    assert not {m.delivery_id for m in (young, undecided, unloaded)} & set(done.deliveries)


STEPS = ("body", "manifest", "folder", "rename", "noted", "unlink", "after")


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_leaves_the_original_or_the_copy_whole(
    ingest, warehouse, monkeypatch, step
):
    manifest, before = take_in(ingest, warehouse, FORMS["pages"])
    folder = warehouse.landing / landing.landing_path(manifest)
    kill(monkeypatch, step)
    with pytest.raises(Killed):
        purge(ingest, warehouse.landing, limits(), who="An", why="")
    monkeypatch.undo()

    (found,) = [landed_manifest(ingest, warehouse.landing, manifest.delivery_id)]
    for item in found.objects:  # hashes checked
        landing.read_object(warehouse.landing, found, item)
    assert found.is_copy == (step in ("unlink", "after"))
    (after,) = load_anew(ingest, warehouse, monkeypatch)
    assert warehouse.rows(DOSSIER_ROWS, after.batch_id) == warehouse.rows(
        DOSSIER_ROWS, before.batch_id
    )
    accept(ingest, after)
    monkeypatch.undo()
    purge(ingest, warehouse.landing, limits(), who="An", why="")
    assert tells_of_persons(folder) == []
    assert sorted(os.listdir(folder)) == ["copy", "manifest.json"]
    assert warehouse.value("select count(*) from audit.purges") == 1


def kill(monkeypatch, step: str) -> None:
    """The next purge is killed at a step of one delivery."""

    def killed(*_, **__):
        raise Killed

    def killed_after_one(function):
        calls = []

        def run(*arguments):
            if calls:
                raise Killed
            calls.append(arguments)
            return function(*arguments)

        return run

    if step == "body":
        monkeypatch.setattr(copies, "write_object", killed_after_one(copies.write_object))
    elif step == "manifest":
        monkeypatch.setattr(copies, "write_synced", killed)
    elif step == "folder":
        monkeypatch.setattr(copies, "sync_folder", killed)
    elif step == "rename":
        monkeypatch.setattr(copies.os, "rename", killed)
    elif step == "noted":
        monkeypatch.setattr(room, "note", killed)
    elif step == "unlink":
        monkeypatch.setattr(room, "remove_originals", killed)
    else:
        monkeypatch.setattr(room, "sync_folder", killed)


def test_the_copy_is_on_the_disk_before_the_purge_is_noted_and_the_originals_go(
    ingest, warehouse, monkeypatch
):
    manifest, _ = take_in(ingest, warehouse, {"page-00001.json": page(record(1))})
    folder = warehouse.landing / landing.landing_path(manifest)
    seen = []
    fsync, rename, note = os.fsync, os.rename, room.note

    def watch(name, function):
        return lambda *a, **k: (seen.append(name(*a)), function(*a, **k))[1]

    monkeypatch.setattr(os, "fsync", watch(lambda fd: os.readlink(f"/proc/self/fd/{fd}"), fsync))
    monkeypatch.setattr(os, "rename", watch(lambda *_: "rename", rename))
    monkeypatch.setattr(room, "note", watch(lambda *_: "note", note))
    purge_delivery(ingest, warehouse.landing, manifest.delivery_id, who="An", why="")
    assert [os.path.basename(place) for place in seen] == [
        *("page-00001.json", "manifest.json", "copy.incoming", "rename", folder.name, "note"),
        folder.name,
    ]


def test_a_delivery_that_cannot_be_purged_is_named_and_stops_no_other(ingest, warehouse):
    broken, _ = take_in(ingest, warehouse, {"page-00001.json": page(record(1))})
    whole, _ = take_in(ingest, warehouse, {"page-00001.json": page(record(2))})
    path = warehouse.landing / landing.landing_path(broken) / "page-00001.json"
    path.write_bytes(b"other bytes")
    done = purge(ingest, warehouse.landing, limits(), who="An", why="")
    assert done.deliveries == [whole.delivery_id]
    (failure,) = done.failures
    assert broken.delivery_id in failure
    assert path.exists()


def test_applicants_end_with_their_time_and_on_record(ingest, warehouse):
    take_in(ingest, warehouse, {"page-00001.json": page(record(1), record(2))})
    take_in(ingest, warehouse, {"page-00001.json": page(record(3))}, datetime.now(UTC))
    assert room.count_applicants(ingest, limits()) == 2
    done = purge(ingest, warehouse.landing, limits(), who="An", why="theo quy chế")
    assert done.applicant_count == 2
    assert warehouse.rows("select dossier_code from pii.applicants") == [("H99.31.01-240105-0003",)]
    *_, row = warehouse.rows(
        "select deleted_count, requested_by, reason from audit.applicant_purges "
        "order by applicant_purge_id"
    )
    assert row == (2, "An", "theo quy chế")


def test_young_applicants_cannot_be_deleted(ingest, warehouse):
    take_in(ingest, warehouse, {"page-00001.json": page(record(1))})
    young = limits(applicants_before=datetime.now(UTC) - timedelta(days=29))
    with pytest.raises(Exception, match="at least 30 days"):
        purge(ingest, warehouse.landing, young, who="An", why="")
    assert warehouse.value("select count(*) from pii.applicants") == 1


def test_the_command_tells_first_and_purges_when_somebody_asks(ingest, warehouse):
    manifest, _ = take_in(ingest, warehouse, FORMS["pages"])
    take_in(ingest, warehouse, {"page-00001.json": page(record(3))}, datetime.now(UTC))

    def sipas(*arguments: str):
        return CliRunner().invoke(main, ["personal-data", "purge", *arguments])

    told = sipas("--dry-run")
    assert told.output.splitlines()[0] == f"due: {manifest.delivery_id}"
    assert "due: 5 applicants" in told.output
    assert "--by" in sipas().output
    assert warehouse.value("select count(*) from audit.purges") == 0
    done = sipas("--by", "An")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("1 deliveries are copies without persons now, 5 applicants")
    assert "SIPAS_PURGE_ORIGINALS_AFTER_DAYS=365" in warehouse.value(
        "select reason from audit.purges"
    )


@pytest.mark.parametrize("value", ["29", "soon", "-1", "1.5"])
def test_a_time_that_is_none_or_too_short_is_refused(monkeypatch, value):
    monkeypatch.setenv("SIPAS_PURGE_ORIGINALS_AFTER_DAYS", value)
    with pytest.raises(UserError, match="SIPAS_PURGE_ORIGINALS_AFTER_DAYS"):
        Limits.of_settings()


def test_a_purged_delivery_is_no_new_one_and_waits_for_nothing(ingest, warehouse):
    take_in(ingest, warehouse, FORMS["pages"])
    purge(ingest, warehouse.landing, limits(), who="An", why="")
    landing.register_all(ingest, warehouse.landing, "dossiers")
    assert warehouse.value("select count(*) from audit.deliveries") == 1
    assert list(pending_deliveries(ingest, warehouse.landing, "dossiers")) == []
