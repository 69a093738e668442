"""Dossiers of a country in the small, as NDJSON files of a drop folder.

300 numbered agencies, two and a half years, 8 % with supplements, 3 % with an apology, and an
earlier version of every tenth dossier. Dossier number n is always the same, whatever the number
of dossiers but for its day. Nothing here is anybody's: agencies and people are numbered.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from random import Random

from bench.generate import write_table
from simulator.agencies import PROCEDURES

AGENCY_COUNT = 300
# Mid-month: at the turn of a month every open dossier is carried into the next one and looked at.
FIRST_DAY, LAST_DAY = date(2023, 1, 2), date(2025, 6, 16)
PER_FILE = 250_000
MAPPING = "mot_cua_compact"
SOURCE_CODE = "bench_dossiers"
EVERY_TENTH = 10
DAYS_AFTER = (1, 5, 10, 20)
LONGEST_DAYS = 120  # no dossier is open longer

ALL_DAYS = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 200)]
WORKING_DAYS = [day for day in ALL_DAYS if day.weekday() < 5]
DAYS = [f"{day:%Y%m%d}" for day in WORKING_DAYS]
DAY_COUNT = sum(day <= LAST_DAY for day in WORKING_DAYS)  # the others come after the as-of
CLOCK = [f"{8 + s // 3600:02d}{s // 60 % 60:02d}{s % 60:02d}" for s in range(0, 9 * 3600, 7)]
REASONS = ("Hồ sơ phức tạp", "Chờ cơ quan phối hợp", "Quá tải", "Lỗi hệ thống", "Do người nộp")
CHANNELS = ("1",) * 11 + ("2",) * 8 + ("3",)


def agency_code(number: int) -> str:
    """The code of an agency, numbered from 0."""
    return f"H99.{number // 20 + 10}.{number % 20 + 1:02d}"


def record(number: int, total: int, as_of: int, agencies: int = AGENCY_COUNT) -> str | None:
    """A dossier as its system tells it at the end of a working day, as a line of NDJSON; None when
    it was not filed by then. Dossiers are numbered from 0 in the order of their filing."""
    rng = Random(number)
    draw = rng.random
    filed = number * DAY_COUNT // total
    if filed > as_of:
        return None
    agency = agency_code(number % agencies)
    procedure = PROCEDURES[int(draw() * len(PROCEDURES))]
    minute = [CLOCK[int(draw() * len(CLOCK))] for _ in range(4)]
    code = f"{agency}-{DAYS[filed][2:]}-{number % 10_000_000:07d}"
    limit, channel = procedure.time_limit, CHANNELS[int(draw() * len(CHANNELS))]
    is_late, is_refused = draw() < 0.08, draw() < 0.02
    needed = limit + 1 + int(draw() * 15) if is_late else int(draw() * limit)
    has_supplement, wait = draw() < 0.08, 1 + int(draw() * 10)
    begin = filed + (draw() < 0.2)
    asked, pause = begin + limit // 3, wait if has_supplement else 0
    due, done = begin + limit + pause, begin + needed + pause
    returned = done + int(draw() * 6)
    has_notice, has_apology = is_late and draw() < 0.6, is_late and draw() < 0.4

    def at(day: int, which: int) -> str:
        return f'"{DAYS[day]}{minute[which]}"'

    begun, reason = at(begin, 1), REASONS[int(draw() * len(REASONS))]
    events = [("1", at(filed, 0), filed), ("2", begun, begin)]
    if is_refused:
        events[1] = ("3", begun, begin)
    else:
        events.append(("4", at(begin, 2), begin))
        if has_supplement:
            events += [("5", at(asked, 2), asked), ("4", at(asked + wait, 2), asked + wait)]
        events += [("9", at(done, 2), done), ("10", at(returned, 3), returned)]
    events = [event for event in events if event[2] <= as_of]
    status, updated, _ = events[-1]
    told = {status for status, *_ in events}
    log = ",".join(
        f'{{"NguoiXuLy":"Cán bộ {number % 1500}","NoiDungXuLy":"Chuyển bước xử lý",'
        f'"TrangThai":"{step}","ThoiDiemXuLy":{moment}}}'
        for step, moment, _ in events
    )
    supplement = ""
    if "5" in told:
        is_back = asked + wait <= as_of
        supplement = (
            f'{{"NoiDungBoSung":"Bổ sung giấy tờ","NgayBoSung":{at(asked, 2)},"NgayTiepNhanBoSung":'
            f'{at(asked + wait, 2) if is_back else "null"},"NgayHenTraTruoc":'
            f'{at(due - pause, 1)},"NgayHenTraMoi":{at(due, 1) if is_back else "null"}}}'
        )
    is_known_late = is_late and due < as_of and not is_refused
    apology = ""
    if is_known_late and has_apology:
        apology = (
            f'{{"SoThu":"{number}/TXL","NgayThu":{at(due, 3)},"LyDo":"{reason}","NgayHenTraMoi":'
            f'{at(done, 1)},"LanThu":1}}'
        )
    fee = ""
    if procedure.fee:
        is_online = "Trực tuyến" if channel == "2" else "Trực tiếp"
        fee = (
            f'{{"TenPhiLePhi":"Lệ phí giải quyết hồ sơ","MaPhiLePhi":"LP-{procedure.code}",'
            f'"HinhThucThu":"{is_online}","Gia":{procedure.fee},"LoaiPhiLePhi":"Lệ phí",'
            f'"NgayThanhToan":null}}'
        )
    is_received = begin <= as_of and not is_refused
    return (
        f'{{"MaHoSo":"{code}","MaTTHC":"{procedure.code}","TenTTHC":"{procedure.name}",'
        f'"MaLinhVuc":"{procedure.field_code}","TenLinhVuc":"{procedure.field_name}",'
        f'"KenhThucHien":"{channel}","ChuHoSo":"Nguyễn Văn Mô Phỏng {number}",'
        f'"SoGiayToChuHoSo":"999{number:09d}","SoDienThoai":"0000{number % 1_000_000:06d}",'
        f'"LoaiDoiTuong":"{number % 7 // 5}","NgayNopHoSo":{at(filed, 0)},'
        f'"NgayTiepNhan":{begun if is_received else "null"},'
        f'"NgayHenTra":{at(due, 1) if is_received else "null"},'
        f'"NgayKetThucXuLy":{at(done, 2) if "9" in told else "null"},'
        f'"NgayTra":{at(returned, 3) if "10" in told else "null"},'
        f'"NgayTuChoi":{begun if "3" in told else "null"},'
        f'"NgayYeuCauBoSung":{at(asked, 2) if "5" in told else "null"},'
        f'"TrangThaiHoSo":"{status}","HinhThuc":"{number % 9 // 8}","DonViXuLy":"{agency}",'
        f'"HoSoCoThanhPhanSoHoa":"{number % 2}","DuocThanhToanTrucTuyen":"{number % 3 // 2}",'
        f'"DanhSachLePhi":[{fee}],"DanhSachHoSoBoSung":[{supplement}],"NgayThongBaoTreHan":'
        f'{at(due, 2) if is_known_late and has_notice else "null"},"NguyenNhanTreHan":'
        f"{f'{chr(34)}{reason}{chr(34)}' if is_known_late else 'null'},"
        f'"DanhSachThuXinLoi":[{apology}],"ThoiHanGiaiQuyet":{limit},"DonViTinh":"ngày làm việc",'
        f'"PhieuHuongDan":"{number % 50 // 49}","LienThong":"{int(procedure.is_interlinked)}",'
        f'"NguoiXuLy":"Cán bộ {number % 1500}","NgayCapNhat":{updated},"QuaTrinhXuLy":[{log}]}}\n'
    )


def records(first: int, last: int, total: int, agencies: int) -> Iterator[str]:
    """The lines of dossiers `first` to `last` (exclusive): the version at the end, and of every
    tenth before it the one of the day of its filing."""
    end = DAY_COUNT - 1
    for number in range(first, last):
        line = record(number, total, end, agencies)
        if number % EVERY_TENTH == 0:
            earlier = record(number, total, number * DAY_COUNT // total, agencies)
            if earlier != line:  # some are done on the day
                yield earlier
        yield line


def write_drop_folder(folder: Path, total: int, agencies: int = AGENCY_COUNT) -> int:
    """Writes `total` dossiers as files of at most PER_FILE; returns how many records they hold.
    The same number gives the same bytes."""
    folder.mkdir(parents=True)
    count = 0
    for part, first in enumerate(range(0, total, PER_FILE), start=1):
        with (folder / f"ho-so-{part:04d}.ndjson").open("w", encoding="utf8") as file:
            for line in records(first, min(first + PER_FILE, total), total, agencies):
                file.write(line)
                count += 1
    return count


def write_changes(folder: Path, total: int, count: int) -> int:
    """Writes one file with `count` dossiers, filed or changed in the working days after the end of
    `total`, as they stand then; returns how many it holds. The days are as few as it takes: one
    when `count` is a day's work of so many dossiers."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    for days in DAYS_AFTER:
        newest = total + total * days // DAY_COUNT
        changed = (
            line
            for number in range(newest, total - total * LONGEST_DAYS // DAY_COUNT, -1)
            if (line := record(number, total, DAY_COUNT - 1 + days))
            and line != record(number, total, DAY_COUNT - 1)
        )
        lines = list(islice(changed, count))
        if len(lines) == count:
            break
    (folder / "thay-doi-0001.ndjson").write_text("".join(lines), encoding="utf8")
    return len(lines)


def write_agencies(folder: Path, agencies: int = AGENCY_COUNT) -> None:
    """The agencies as reference rows (units.csv) of an inbox."""
    folder.mkdir(parents=True, exist_ok=True)
    codes = [agency_code(number) for number in range(agencies)]
    rows = [
        {
            "unit_key": f"onestop:{code}@2020-01-01",
            "unit_code": f"onestop:{code}",
            "unit_name": f"Cơ quan thử {code}",
            "unit_level": "agency",
            "parent_unit_key": "",
            "valid_from": "2020-01-01",
        }
        for code in codes
    ]
    write_table(folder, "units", rows)
