"""What the sources hold, in the warehouse's columns, by a translation of its own; and what differs.

Nothing of the product's contract or mappings is used: names, codes and dates are written down here
a second time.
"""

import hashlib
import hmac
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime

from simulator import LOCAL_TIME
from simulator.agencies import PROVINCIAL_SYSTEM
from simulator.world import DOSSIERS, WRITE_MOMENT, Window, World

REASONS = {
    "Hồ sơ phức tạp": "complex_case",
    "Chờ ý kiến cơ quan phối hợp": "waiting_cooperation",
    "Quá tải": "overload",
    "Lỗi hệ thống": "system_error",
    "Do người nộp hồ sơ": "applicant_side",
    "Lý do khác": "other",
}
TEXTS = {
    "agency_code": "DonViXuLy",
    "dossier_code": "MaHoSo",
    "procedure_code": "MaTTHC",
    "procedure_name": "TenTTHC",
    "field_code": "MaLinhVuc",
    "field_name": "TenLinhVuc",
}
NUMBERS = {
    "applicant_type": "LoaiDoiTuong",
    "status": "TrangThaiHoSo",
    "time_limit_working_days": "ThoiHanGiaiQuyet",
    "online_payment": "DuocThanhToanTrucTuyen",
}
YES_NO = {
    "is_postal_return": "HinhThuc",
    "is_interlinked": "LienThong",
    "has_digitised_parts": "HoSoCoThanhPhanSoHoa",
    "has_guidance_slip": "PhieuHuongDan",
}
MOMENTS = {
    "source_updated_at": "NgayCapNhat",
    "submitted_at": "NgayNopHoSo",
    "received_at": "NgayTiepNhan",
    "due_at": "NgayHenTra",
    "processed_at": "NgayKetThucXuLy",
    "returned_at": "NgayTra",
    "refused_at": "NgayTuChoi",
    "late_notice_at": "NgayThongBaoTreHan",
}
LISTS = ("supplements", "apologies", "fees", "status_events")
COLUMNS = (
    *TEXTS,
    *NUMBERS,
    *YES_NO,
    *MOMENTS,
    "channel",
    "lateness_reason",
    "handler_hash",
    *LISTS,
)
Row = dict[str, object]


def translated(record: dict, system: str, hash_key: bytes) -> Row:
    """One record of a system as the row that it should be."""

    def at(text: str | None) -> datetime | None:
        if text is None:
            return None
        if system == PROVINCIAL_SYSTEM:
            return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=LOCAL_TIME)
        return datetime.fromisoformat(text)

    row: Row = {ours: record[theirs] for ours, theirs in TEXTS.items()}
    row |= {ours: int(record[theirs]) for ours, theirs in NUMBERS.items()}
    row |= {ours: record[theirs] == "1" for ours, theirs in YES_NO.items()}
    row |= {ours: at(record[theirs]) for ours, theirs in MOMENTS.items()}
    row["channel"] = int(record["KenhThucHien"] or 1)
    row["lateness_reason"] = REASONS.get(record["NguyenNhanTreHan"])
    handler = record["NguoiXuLy"]
    row["handler_hash"] = (
        hmac.new(hash_key, handler.encode(), hashlib.sha256).hexdigest() if handler else None
    )
    row["supplements"] = [
        {
            "requested_at": at(entry["NgayBoSung"]),
            "arrived_at": at(entry["NgayTiepNhanBoSung"]),
            "due_before_at": at(entry["NgayHenTraTruoc"]),
            "due_after_at": at(entry["NgayHenTraMoi"]),
        }
        for entry in record["DanhSachHoSoBoSung"]
    ]
    row["apologies"] = [
        {
            "issued_on": at(entry["NgayThu"]).date().isoformat(),
            "due_after_at": at(entry["NgayHenTraMoi"]),
            "sequence": entry["LanThu"],
            "reason_code": REASONS[entry["LyDo"]],
        }
        for entry in record["DanhSachThuXinLoi"]
    ]
    row["fees"] = [
        {
            "fee_code": entry["MaPhiLePhi"],
            "fee_type": entry["LoaiPhiLePhi"],
            "amount": entry["Gia"],
            "is_online": entry["HinhThucThu"] == "Trực tuyến",
            "paid_at": at(entry["NgayThanhToan"]),
        }
        for entry in record["DanhSachLePhi"]
    ]
    row["status_events"] = [
        {"status": int(entry["TrangThai"]), "occurred_at": at(entry["ThoiDiemXuLy"])}
        for entry in record["QuaTrinhXuLy"]
    ]
    return row


def stored(connection, system: str) -> list[Row]:
    """Every version of a system's dossiers in accepted batches, in the order of arrival."""
    cursor = connection.execute(
        f"""
        select {", ".join(COLUMNS)}, extra from raw.dossiers
        inner join audit.current_batches using (batch_id)
        where source_code = %s order by batch_id, position
        """,  # noqa: S608 - names of our own
        [system],
    )
    return [_read(dict(zip((*COLUMNS, "extra"), values, strict=True))) for values in cursor]


def _read(row: Row) -> Row:
    """Lists as Python has them: what is not there is None, moments are moments."""
    for name in LISTS:
        row[name] = [
            {
                key: datetime.fromisoformat(value)
                if key.endswith("_at") and value is not None
                else value
                for key, value in entry.items()
            }
            for entry in row[name]
        ]
    return row


def differences(connection, world: World, system: str, hash_key: bytes) -> Iterator[str]:
    """In words, whatever the warehouse holds otherwise than the source; nothing when it is equal:
    newest versions field by field, versions once each and as they were, removals, counts."""
    versions = stored(connection, system)
    newest: dict[str, Row] = {}
    seen: dict[tuple[str, datetime], list[Row]] = defaultdict(list)
    for row in versions:
        code, at = row["dossier_code"], row["source_updated_at"]
        if any(row == other for other in seen[code, at]):
            yield f"{code} as of {at} is stored twice"
        seen[code, at].append(row)
        if code not in newest or newest[code]["source_updated_at"] <= at:
            newest[code] = row
    removed = dict(
        connection.execute(
            "select dossier_code, max(removed_at) from raw.dossier_removals "
            "inner join audit.current_batches using (batch_id) where source_code = %s group by 1",
            [system],
        ).fetchall()
    )
    held = {
        code: row
        for code, row in newest.items()
        if code not in removed or removed[code] < row["source_updated_at"]
    }
    yield from _differences_of_state(held, world, system, hash_key)
    yield from _invented(versions, world, system, hash_key)


def _differences_of_state(
    held: dict[str, Row], world: World, system: str, hash_key: bytes
) -> Iterator[str]:
    records = world.records(system, world.changes(system, DOSSIERS, Window()))
    expected = {record["MaHoSo"]: translated(record, system, hash_key) for record in records}
    yield from (f"{code} is lost" for code in sorted(expected.keys() - held.keys()))
    yield from (f"{code} is gone at its source" for code in sorted(held.keys() - expected.keys()))
    for code in sorted(expected.keys() & held.keys()):
        for name, value in expected[code].items():
            if held[code][name] != value:
                yield f"{code}, {name}: {held[code][name]} and not {value}"
    ours = Counter(
        (row["agency_code"], row["submitted_at"].astimezone(LOCAL_TIME).date().isoformat())
        for row in held.values()
    )
    theirs = {
        (line["DonViXuLy"], line["Ngay"]): line["SoLuong"]
        for line in world.counts(system, Window())
    }
    if ours != theirs:
        yield f"{system}: counts by agency and day differ"


def _invented(versions: list[Row], world: World, system: str, hash_key: bytes) -> Iterator[str]:
    """Versions that the source never showed."""
    lives = {life.code: life for life in world.lives(system, DOSSIERS)}
    for row in versions:
        code, at = row["dossier_code"], row["source_updated_at"]
        if code not in lives or at not in lives[code].moments:
            yield f"{code} as of {at} never was"
            continue
        was = translated(lives[code].record(at, WRITE_MOMENT[system]), system, hash_key)
        wrong = [name for name in was if was[name] != row[name]]
        if wrong:
            yield f"{code} as of {at} was another: {', '.join(wrong)}"
