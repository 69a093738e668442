"""A dossier's whole life, drawn from a seed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import sqrt
from random import Random

from simulator import LOCAL_TIME, people
from simulator.agencies import Agency, Procedure, procedures_of
from simulator.lives import Life, poisson
from simulator.office_hours import MINUTES_A_DAY, OfficeHours

NEW, RECEIVED, NOT_ACCEPTED, PROCESSING, SUPPLEMENT_ASKED = "1", "2", "3", "4", "5"
DUTY_ASKED, WITHDRAWN, STOPPED, PROCESSED, RETURNED = "6", "7", "8", "9", "10"
COUNTER, ONLINE, POST = "1", "2", "3"
OFFICIALS = 6
# An applicant who is silent for so many working days has given up.
SUPPLEMENT_PATIENCE = 30
AT_FRONT_DESK = (NEW, RECEIVED, NOT_ACCEPTED, RETURNED)
FRONT_DESK, BACK_OFFICE = "Bộ phận Một cửa", "Phòng chuyên môn"
APOLOGY_REASONS = ("Hồ sơ phức tạp", "Chờ ý kiến cơ quan phối hợp", "Quá tải")
LATENESS_REASONS = (*APOLOGY_REASONS, "Lỗi hệ thống", "Do người nộp hồ sơ", "Lý do khác")
BUSIER_ON = (1.25, 1.05, 1.0, 0.95, 0.75)
FIELDS = (
    "MaHoSo",
    "MaTTHC",
    "TenTTHC",
    "MaLinhVuc",
    "TenLinhVuc",
    "KenhThucHien",
    "ChuHoSo",
    "SoGiayToChuHoSo",
    "SoDienThoai",
    "LoaiDoiTuong",
    "NgayNopHoSo",
    "NgayTiepNhan",
    "NgayHenTra",
    "NgayKetThucXuLy",
    "NgayTra",
    "NgayTuChoi",
    "NgayYeuCauBoSung",
    "TrangThaiHoSo",
    "HinhThuc",
    "DonViXuLy",
    "HoSoCoThanhPhanSoHoa",
    "DuocThanhToanTrucTuyen",
    "DanhSachLePhi",
    "DanhSachHoSoBoSung",
    "NgayThongBaoTreHan",
    "DanhSachThuXinLoi",
    "ThoiHanGiaiQuyet",
    "DonViTinh",
    "PhieuHuongDan",
    "LienThong",
    "NguyenNhanTreHan",
    "QuaTrinhXuLy",
    "NguoiXuLy",
    "NgayCapNhat",
)


def lives_of_day(
    agency: Agency, day: date, daily: float, seed: int, hours: OfficeHours, removed: float
) -> list[Life]:
    """All dossiers filed at an agency on a working day; `daily` is its usual number a day and
    `removed` the share that the source removes later."""
    rng = Random(f"{seed}/{agency.code}/{day.isoformat()}")
    procedures = procedures_of(agency)
    # The shorter a procedure, the more often people need it.
    weights = [1 / sqrt(procedure.time_limit) for procedure in procedures]
    filings = []
    for _ in range(poisson(rng, daily * BUSIER_ON[day.weekday()])):
        channel = ONLINE if rng.random() < agency.online else COUNTER
        if channel == COUNTER and rng.random() < 0.06:
            channel = POST
        filings.append((_filed_at(rng, day, channel, hours), channel))
    filings.sort()
    return [
        _Drawing(
            agency,
            rng.choices(procedures, weights)[0],
            f"{agency.code}-{day:%y%m%d}-{sequence:04d}",
            seed,
            hours,
            rng,
            removed,
        ).life(filed_at, channel)
        for sequence, (filed_at, channel) in enumerate(filings, start=1)
    ]


def _filed_at(rng: Random, day: date, channel: str, hours: OfficeHours) -> datetime:
    second = rng.randrange(60)
    if channel == ONLINE and rng.random() < 0.25:
        evening = datetime.combine(day, time(18), LOCAL_TIME)
        return evening + timedelta(minutes=rng.randrange(5 * 60), seconds=second)
    # The counters take nothing in the last quarter of an hour.
    start = hours.position(datetime.combine(day, time(), LOCAL_TIME))
    return hours.moment(start + rng.randrange(MINUTES_A_DAY - 15), second)


@dataclass
class _Drawing:
    """Draws one life; positions are minutes of office time (see OfficeHours).

    What a life is made of comes from the generator of its day; what is written beside it (log,
    reasons, removal) from one of its own, so that the one does not move the other.
    """

    agency: Agency
    procedure: Procedure
    code: str
    seed: int
    hours: OfficeHours
    rng: Random
    removed: float
    own: Random = field(init=False)
    handler: str | None = None
    fees: tuple[dict, ...] = ()
    events: list[tuple[datetime, dict]] = field(default_factory=list)
    supplements: tuple[dict, ...] = ()
    due: int | None = None
    paused: int = 0

    def __post_init__(self) -> None:
        self.own = Random(f"{self.seed}/{self.code}")

    def life(self, filed_at: datetime, channel: str) -> Life:
        self.events.append((filed_at, self._filing(filed_at, channel)))
        wait = self.rng.randint(1, 15) if channel == COUNTER else self.rng.randint(20, 500)
        start = self.hours.position(filed_at) + wait
        if self.rng.random() < self.agency.refused:
            self._event(
                start,
                lambda at: {
                    "TrangThaiHoSo": NOT_ACCEPTED,
                    "NgayTuChoi": at,
                    "PhieuHuongDan": "1",
                },
            )
        else:
            self._reception(start)
            self._handling(start)
        self.events.sort(key=lambda event: event[0])
        if self.own.random() < 0.5:
            self._write_log()
        moments, changes = zip(*self.events, strict=True)
        return Life(self.code, self.agency.code, FIELDS, moments, changes, self._removal(filed_at))

    def _write_log(self) -> None:
        """Some agencies keep a log of who had the dossier when; others send none."""
        log: tuple[dict, ...] = ()
        for moment, changes in self.events:
            if "TrangThaiHoSo" not in changes:
                continue
            status = changes["TrangThaiHoSo"]
            entry = {
                "TrangThai": status,
                "ThoiDiemXuLy": moment,
                "NguoiXuLy": None if status in (NEW, NOT_ACCEPTED) else self.handler,
                "PhongBanXuLy": FRONT_DESK if status in AT_FRONT_DESK else BACK_OFFICE,
            }
            log += (entry,)
            changes["QuaTrinhXuLy"] = log

    def _removal(self, filed_at: datetime) -> datetime | None:
        """When the source removes the dossier (entered twice, at the wrong agency), if ever."""
        if self.own.random() >= self.removed:
            return None
        wait = self.own.randint(30, 20 * MINUTES_A_DAY)
        return self.hours.moment(self.hours.position(filed_at) + wait, self.own.randrange(60))

    def _event(self, position: int, changes: Callable[[datetime], dict]) -> None:
        moment = self.hours.moment(position, self.rng.randrange(60))
        self.events.append((moment, changes(moment)))

    def _filing(self, filed_at: datetime, channel: str) -> dict:
        rng, procedure = self.rng, self.procedure
        business_share = 0.9 if procedure.field_code in ("DT", "XD") else 0.05
        applicant_type = rng.choice("112") if rng.random() < business_share else "0"
        pays_online = procedure.fee and channel == ONLINE and rng.random() < 0.7
        if procedure.fee:
            how = "Trực tuyến" if pays_online else "Trực tiếp"
            self.fees = (
                self._fee("Lệ phí", procedure.fee, how, filed_at if pays_online else None),
            )
        return {
            "MaHoSo": self.code,
            "MaTTHC": procedure.code,
            "TenTTHC": procedure.name,
            "MaLinhVuc": procedure.field_code,
            "TenLinhVuc": procedure.field_name,
            # Some clerks leave the usual channel out.
            "KenhThucHien": None if channel == COUNTER and rng.random() < 0.03 else channel,
            "ChuHoSo": people.applicant(rng, applicant_type),
            "SoGiayToChuHoSo": people.identity_number(rng),
            "SoDienThoai": people.phone(rng),
            "LoaiDoiTuong": applicant_type,
            "NgayNopHoSo": filed_at,
            "TrangThaiHoSo": NEW,
            "HinhThuc": "1" if rng.random() < (0.4 if channel == POST else 0.12) else "0",
            "DonViXuLy": self.agency.code,
            "HoSoCoThanhPhanSoHoa": "1" if channel == ONLINE or rng.random() < 0.4 else "0",
            "DuocThanhToanTrucTuyen": rng.choice("12") if pays_online else "0",
            "DanhSachLePhi": self.fees,
            "DanhSachHoSoBoSung": (),
            "DanhSachThuXinLoi": (),
            "QuaTrinhXuLy": (),
            "ThoiHanGiaiQuyet": procedure.time_limit,
            "DonViTinh": "ngày làm việc",
            "PhieuHuongDan": "0",
            "LienThong": "1" if procedure.is_interlinked else "0",
        }

    def _fee(self, kind: str, amount: int, how: str, paid_at: datetime | None) -> dict:
        code = "LP" if kind == "Lệ phí" else "NV"
        return {
            "TenPhiLePhi": f"{kind} giải quyết hồ sơ",
            "MaPhiLePhi": f"{code}-{self.procedure.code}",
            "HinhThucThu": how,
            "Gia": amount,
            "LoaiPhiLePhi": kind,
            "NgayThanhToan": paid_at,
        }

    def _paid(self, at: datetime, **changes: str) -> tuple[dict, ...]:
        """The fees, those not paid yet as paid at a moment; earlier events keep their own."""
        self.fees = tuple(
            fee if fee["NgayThanhToan"] else {**fee, "NgayThanhToan": at, **changes}
            for fee in self.fees
        )
        return self.fees

    def _reception(self, start: int) -> None:
        if self.rng.random() >= 0.02:
            self.due = start + self.procedure.time_limit * MINUTES_A_DAY
        number = self.rng.randrange(OFFICIALS)
        self.handler = people.official(self.seed, self.agency.code, number)
        self._event(
            start,
            lambda at: {
                "TrangThaiHoSo": RECEIVED,
                "NgayTiepNhan": at,
                "NgayHenTra": self._due_at(),
                "NguoiXuLy": self.handler,
                "DanhSachLePhi": self._paid(at),
            },
        )

    def _due_at(self) -> datetime | None:
        return None if self.due is None else self.hours.moment(self.due)

    def _handling(self, start: int) -> None:
        """From reception to the end; `work` counts office minutes without the pauses."""
        rng = self.rng
        limit = self.procedure.time_limit * MINUTES_A_DAY
        work = int(limit * rng.uniform(0.25, 0.98))
        if rng.random() < self.agency.late:
            work = limit + 30 + int(min(rng.expovariate(1 / 4), 25) * MINUTES_A_DAY)
        in_time = min(work, limit)
        begin = start + rng.randint(1, in_time // 8)
        self._event(begin, lambda at: {"TrangThaiHoSo": PROCESSING})
        if rng.random() < self.agency.supplement and not self._asks(start, in_time):
            return
        if self.procedure.has_financial_duty and rng.random() < 0.85:
            self._financial_duty(start + self.paused, in_time)
        if rng.random() < 0.02:
            self._gives_up(start + self.paused + int(in_time * rng.uniform(0.9, 0.99)))
            return
        end = start + self.paused + work
        self._event(end, lambda at: {"TrangThaiHoSo": PROCESSED, "NgayKetThucXuLy": at})
        self._lateness(end)
        fetched = end + 5 + int(min(rng.expovariate(1 / 1.5), 40) * MINUTES_A_DAY)
        self._event(fetched, lambda at: {"TrangThaiHoSo": RETURNED, "NgayTra": at})

    def _asks(self, start: int, in_time: int) -> bool:
        """Asks for supplements once, sometimes twice; False if they never come."""
        rng = self.rng
        shares = [rng.uniform(0.15, 0.4)]
        if rng.random() < 0.15:
            shares.append(rng.uniform(0.45, 0.6))
        for share in shares:
            asked = start + self.paused + int(in_time * share)
            before = self._due_at()
            self._event(
                asked,
                lambda at, before=before: {
                    "TrangThaiHoSo": SUPPLEMENT_ASKED,
                    "NgayYeuCauBoSung": at,
                    "DanhSachHoSoBoSung": self._with_supplement(at, before),
                },
            )
            if rng.random() < 0.12:
                if rng.random() < 0.7:
                    self._gives_up(asked + SUPPLEMENT_PATIENCE * MINUTES_A_DAY)
                return False
            wait = rng.randint(120, 12 * MINUTES_A_DAY)
            self.paused += wait
            if self.due is not None:
                self.due += wait
            self._event(asked + wait, self._arrival)
        return True

    def _with_supplement(self, asked_at: datetime, due_before: datetime | None) -> tuple[dict, ...]:
        self.supplements += (
            {
                "NgayBoSung": asked_at,
                "NgayTiepNhanBoSung": None,
                "NgayHenTraTruoc": due_before,
                "NgayHenTraMoi": None,
            },
        )
        return self.supplements

    def _arrival(self, at: datetime) -> dict:
        """The changes on arrival; earlier events keep their own tuple without it."""
        due_at = self._due_at()
        arrived = {**self.supplements[-1], "NgayTiepNhanBoSung": at, "NgayHenTraMoi": due_at}
        self.supplements = (*self.supplements[:-1], arrived)
        return {
            "TrangThaiHoSo": PROCESSING,
            "DanhSachHoSoBoSung": self.supplements,
            "NgayHenTra": due_at,
        }

    def _financial_duty(self, start: int, in_time: int) -> None:
        rng = self.rng
        asked = start + int(in_time * rng.uniform(0.62, 0.7))
        paid = start + int(in_time * rng.uniform(0.75, 0.88))
        amount = self.own.randint(5, 400) * 50_000
        self.fees += (self._fee("Nghĩa vụ tài chính", amount, "Trực tiếp", None),)
        fees = self.fees
        self._event(asked, lambda at: {"TrangThaiHoSo": DUTY_ASKED, "DanhSachLePhi": fees})
        online = {"DuocThanhToanTrucTuyen": rng.choice("12")} if rng.random() < 0.5 else {}
        how = {"HinhThucThu": "Trực tuyến"} if online else {}
        self._event(
            paid,
            lambda at: {
                "TrangThaiHoSo": PROCESSING,
                "DanhSachLePhi": self._paid(at, **how),
                **online,
            },
        )

    def _gives_up(self, position: int) -> None:
        """Withdrawn by the citizen or stopped by the agency: the last event of a life."""
        if self.rng.random() < 0.6:
            self._event(position, lambda at: {"TrangThaiHoSo": WITHDRAWN})
        else:
            self._event(position, lambda at: {"TrangThaiHoSo": STOPPED, "NgayTuChoi": at})

    def _lateness(self, end: int) -> None:
        """Late notice, apologies and reason of a dossier that is still open when it falls due."""
        if self.due is None or end <= self.due:
            return
        noticed = self.due + self.rng.randint(1, 240)
        if self.rng.random() < self.agency.late_notice and noticed < end:
            self._event(noticed, lambda at: {"NgayThongBaoTreHan": at})
        letters = self._letters(end)
        reason = letters[0]["LyDo"] if letters else self.own.choice(LATENESS_REASONS)
        due_at = self._due_at()
        for moment, changes in self.events:
            if moment > due_at:
                changes["NguyenNhanTreHan"] = reason

    def _letters(self, end: int) -> tuple[dict, ...]:
        """Apology letters, each after the day that the one before promised."""
        rng, letters, promised = self.rng, (), self.due
        while rng.random() < self.agency.apology:
            written = promised + rng.randint(1, 300)
            if written >= end:
                break
            promised = written + rng.randint(2, 6) * MINUTES_A_DAY
            at = self.hours.moment(written, rng.randrange(60))
            letters += (
                {
                    "SoThu": f"{rng.randint(1, 999)}/TXL",
                    "NgayThu": at,
                    "LyDo": rng.choice(APOLOGY_REASONS),
                    "NgayHenTraMoi": self.hours.moment(promised),
                    "LanThu": len(letters) + 1,
                },
            )
            self.events.append((at, {"DanhSachThuXinLoi": letters}))
        return letters
