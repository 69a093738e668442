"""Deliveries received long ago, full of persons, and how to look for them."""

import gzip
import io
import json
from datetime import UTC, datetime, timedelta

import msgspec
import openpyxl
from handover import NOON, SOURCE, accept, load_pending, page, record

from sipas import landing
from sipas.contracts.mapping import load_mapping
from sipas.landing import Incoming, register
from sipas.loading import dossiers
from sipas.personal_data.purge import Limits

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
