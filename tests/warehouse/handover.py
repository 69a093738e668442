"""What sources hand over in the tests of this folder, and the steps that take it in."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from simulator import LOCAL_TIME
from sipas.contracts.mapping import load_mapping
from sipas.landing import Incoming, Manifest, register, register_all
from sipas.loading.batches import BatchResult, load, pending_deliveries
from sipas.local.instance import PROJECT
from sipas.sources.inbox import land_file, land_reference

SOURCE = "mot_cua_xa"
NOON = datetime(2024, 1, 10, 12, tzinfo=LOCAL_TIME)
REFERENCE = Path(__file__).parents[2] / "reference"


def empty(warehouse) -> None:
    """Nothing was ever received: no delivery, no batch, no row, no file."""
    with warehouse.connect() as connection:
        connection.execute(
            "truncate audit.deliveries, audit.incremental_tables, raw.dossiers, pii.applicants "
            "cascade"
        )
    for folder in (warehouse.landing, warehouse.inbox):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()


def forget_surveys(warehouse) -> None:
    """No survey file that was handed in stands any more."""
    with warehouse.connect() as owner:
        owner.execute(
            "update audit.batches set status = 'refused', refusal_reason = 'another test' "
            "from audit.deliveries as deliveries "
            "where deliveries.delivery_id = batches.delivery_id "
            "and delivery_kind = 'survey_forms'"
        )


def record(number: int = 1, **changes: Any) -> dict:
    """A good record as the communes' system writes it; `changes` by the vendor's names."""
    day = NOON - timedelta(days=3)
    good = {
        "MaHoSo": f"H99.31.01-240105-{number:04d}",
        "DonViXuLy": "H99.31.01",
        "NgayCapNhat": (NOON - timedelta(days=1)).isoformat(),
        "MaTTHC": "9.100404",
        "TenTTHC": "Đăng ký kết hôn",
        "MaLinhVuc": "HT",
        "TenLinhVuc": "Hộ tịch",
        "KenhThucHien": "1",
        "ChuHoSo": f"Nguyễn Văn Thử {number}",
        "SoGiayToChuHoSo": f"999000{number:06d}",
        "SoDienThoai": f"0000{number:06d}",
        "LoaiDoiTuong": "0",
        "TrangThaiHoSo": "4",
        "NgayNopHoSo": day.isoformat(),
        "NgayTiepNhan": day.isoformat(),
        "NgayHenTra": (day + timedelta(days=9)).isoformat(),
        "ThoiHanGiaiQuyet": 5,
        "DanhSachHoSoBoSung": [],
        "DanhSachThuXinLoi": [],
        "DuocThanhToanTrucTuyen": "0",
        "HinhThuc": "0",
        "LienThong": "0",
        "HoSoCoThanhPhanSoHoa": "1",
        "PhieuHuongDan": "0",
        "NguoiXuLy": "Trần Thị Xử Lý",
    }
    return complete(good | changes)


def complete(told: dict) -> dict:
    """The record with every field that the mapping reads, as systems send them: empty ones null."""
    mapping = load_mapping("mot_cua_iso")
    full = dict.fromkeys(mapping.fields.values()) | told
    for names in mapping.lists.values():
        parts = dict.fromkeys(theirs for part, theirs in names.items() if part != "from")
        entries = full.setdefault(names["from"], [])
        if isinstance(entries, list):
            full[names["from"]] = [
                parts | entry if isinstance(entry, dict) else entry for entry in entries
            ]
    return full


def page(*records: Any) -> bytes:
    """One page of a one-stop system."""
    return json.dumps({"data": records}, ensure_ascii=False).encode()


def land_pages(
    connection: psycopg.Connection,
    landing: Path,
    *bodies: bytes,
    source_code: str = SOURCE,
    watermark: datetime = NOON,
    window_from: datetime | None = None,
) -> Manifest:
    """Lands and registers pages as the connector of a one-stop system does."""
    with Incoming(
        landing,
        source_code=source_code,
        delivery_kind="dossiers",
        data_nature="simulated",
        window_from=window_from,
    ) as incoming:
        for number, body in enumerate(bodies, start=1):
            incoming.add(f"page-{number:05d}.json", body)
        manifest = incoming.commit(watermark=watermark)
    register(connection, landing, manifest)
    return manifest


def land_workbook(
    connection: psycopg.Connection,
    landing: Path,
    path: Path,
    body: bytes,
    round_code: str = "hue-2023-sim",
) -> Manifest | None:
    """Writes a survey file as `path` and lands it as the inbox does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return land_file(
        connection,
        landing,
        path,
        source_code="surveys",
        delivery_kind="survey_forms",
        lot_key=f"surveys/{round_code}/{path.name}",
        subject_code=round_code,
        data_nature="simulated",
    )


def load_pending(
    connection: psycopg.Connection, landing: Path, delivery_kind: str
) -> list[BatchResult]:
    """Loads what is landed and has no batch, as the ingest DAGs do."""
    register_all(connection, landing, delivery_kind)
    return [
        load(connection, landing, manifest)
        for manifest in pending_deliveries(connection, landing, delivery_kind)
    ]


def accept(connection: psycopg.Connection, *results: BatchResult) -> None:
    """Opens the raw gate for loaded batches without looking; the gate has tests of its own."""
    for result in results:
        connection.execute(
            "update audit.batches set status = 'accepted', decided_at = now() "
            "where batch_id = %s and status = 'loaded'",
            [result.batch_id],
        )


def take_in_reference(connection: psycopg.Connection, warehouse) -> list[BatchResult]:
    """The product's reference rows, and those that lie in the inbox, accepted."""
    land_reference(connection, warehouse.landing, REFERENCE, warehouse.inbox)
    results = load_pending(connection, warehouse.landing, "reference")
    accept(connection, *results)
    return results


def run_dbt(*models: str, without: Sequence[str] = ()) -> None:
    """A bare `dbt build` with the settings of the environment, all tests included; or of `models`
    and what they are made of, with the tests that ask for nothing else. `without` leaves out what
    another build of the tests has tried: unit_test, test."""
    selection = ["--indirect-selection", "cautious", "--select", *(f"+{name}" for name in models)]
    result = subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"),
            "--quiet",
            "build",
            "--project-dir",
            str(PROJECT / "dbt_project"),
            *(selection if models else []),
            *(part for kind in without for part in ("--exclude-resource-type", kind)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
