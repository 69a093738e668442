"""Feedback of citizens (phản ánh, kiến nghị) on an agency's work: its whole life, from a seed.

Deadlines in working days, kept mostly: refuse in 2, ask for more in 5, answer in 15, publish 2
after the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from simulator import LOCAL_TIME, people
from simulator.agencies import Agency, procedures_of
from simulator.dossiers import BUSIER_ON, OFFICIALS
from simulator.lives import Life, poisson
from simulator.office_hours import MINUTES_A_DAY, OfficeHours

REFUSE_IN, ASK_IN, ANSWER_IN, PUBLISH_IN = 2, 5, 15, 2
# Code to what it means at the vendor.
CHANNELS = {
    "1": "Trực tiếp",
    "2": "Cổng dịch vụ công",
    "3": "Tổng đài",
    "4": "Ứng dụng di động",
    "5": "Bưu chính",
}
SUBJECTS = {
    "1": "Thái độ, tinh thần phục vụ",
    "2": "Thời hạn giải quyết",
    "3": "Phí, lệ phí",
    "4": "Thành phần hồ sơ, thủ tục",
    "5": "Nội dung khác",
}
FIELDS = (
    "MaPhanAnh",
    "DonViTiepNhan",
    "KenhTiepNhan",
    "LoaiNoiDung",
    "MaLinhVuc",
    "TenLinhVuc",
    "HoTen",
    "SoDienThoai",
    "NoiDung",
    "NgayGui",
    "NgayTiepNhan",
    "NgayTuChoi",
    "NgayYeuCauBoSung",
    "NgayBoSung",
    "NgayTraLoi",
    "NgayCongKhai",
    "ChapNhanTraLoi",
    "NguoiXuLy",
    "NgayCapNhat",
)


def feedback_of_day(
    agency: Agency, day: date, daily: float, seed: int, hours: OfficeHours
) -> list[Life]:
    """All feedback sent to an agency on a working day; `daily` is its usual number a day."""
    rng = Random(f"{seed}/{agency.code}/{day.isoformat()}/feedback")
    midnight = datetime.combine(day, time(), LOCAL_TIME)
    sent = sorted(
        midnight + timedelta(seconds=rng.randrange(6 * 3600, 22 * 3600))
        for _ in range(poisson(rng, daily * BUSIER_ON[day.weekday()]))
    )
    return [
        _Drawing(agency, f"{agency.code}-PA{day:%y%m%d}-{number:03d}", seed, hours, rng).life(at)
        for number, at in enumerate(sent, start=1)
    ]


@dataclass
class _Drawing:
    """Draws one life; positions are minutes of office time (see OfficeHours)."""

    agency: Agency
    code: str
    seed: int
    hours: OfficeHours
    rng: Random
    events: list[tuple[datetime, dict]] = field(default_factory=list)

    def life(self, sent_at: datetime) -> Life:
        self.events.append((sent_at, self._sending(sent_at)))
        received = self.hours.position(sent_at) + self.rng.randint(5, MINUTES_A_DAY)
        number = self.rng.randrange(OFFICIALS)
        handler = people.official(self.seed, self.agency.code, number)
        self._event(received, lambda at: {"NgayTiepNhan": at, "NguoiXuLy": handler})
        if self.rng.random() < 0.07:
            self._event(self._within(received, REFUSE_IN), lambda at: {"NgayTuChoi": at})
        else:
            self._handling(received)
        self.events.sort(key=lambda event: event[0])
        moments, changes = zip(*self.events, strict=True)
        return Life(self.code, self.agency.code, FIELDS, moments, changes)

    def _event(self, position: int, changes: Callable[[datetime], dict]) -> None:
        moment = self.hours.moment(position, self.rng.randrange(60))
        self.events.append((moment, changes(moment)))

    def _within(self, start: int, limit: int) -> int:
        """A position in the limit of working days, or, as the agency is late, after it."""
        minutes = limit * MINUTES_A_DAY
        if self.rng.random() < self.agency.late:
            return start + minutes + self.rng.randint(30, 8 * MINUTES_A_DAY)
        return start + int(minutes * self.rng.uniform(0.1, 0.95))

    def _sending(self, sent_at: datetime) -> dict:
        rng = self.rng
        procedure = rng.choice(procedures_of(self.agency))
        subject = rng.choice(tuple(SUBJECTS))
        return {
            "MaPhanAnh": self.code,
            "DonViTiepNhan": self.agency.code,
            "KenhTiepNhan": rng.choice("1222334445"),
            "LoaiNoiDung": subject,
            "MaLinhVuc": procedure.field_code,
            "TenLinhVuc": procedure.field_name,
            "HoTen": people.person(rng),
            "SoDienThoai": people.phone(rng),
            "NoiDung": f"{SUBJECTS[subject]}: đề nghị xem xét việc «{procedure.name}».",
            "NgayGui": sent_at,
        }

    def _handling(self, received: int) -> None:
        """Asked for more or not, answered or not, published or not, and taken or not."""
        rng, start = self.rng, received
        if rng.random() < 0.12:
            asked = self._within(received, ASK_IN)
            self._event(asked, lambda at: {"NgayYeuCauBoSung": at})
            if rng.random() < 0.25:
                return
            start = asked + rng.randint(60, 10 * MINUTES_A_DAY)
            self._event(start, lambda at: {"NgayBoSung": at})
        if rng.random() < 0.04:
            return
        answered = self._within(start, ANSWER_IN)
        self._event(answered, lambda at: {"NgayTraLoi": at})
        if rng.random() < 0.8:
            published = self._within(answered, PUBLISH_IN)
            self._event(published, lambda at: {"NgayCongKhai": at})
        if rng.random() < 0.6:
            verdict = "1" if rng.random() < 0.85 else "0"
            judged = answered + rng.randint(60, 5 * MINUTES_A_DAY)
            self._event(judged, lambda at: {"ChapNhanTraLoi": verdict})
