"""The invented province below its real name: agencies, their habits, and procedures."""

from dataclasses import dataclass

PROVINCE_KEY = "gso:46@1900-01-01"
PROVINCIAL_SYSTEM = "mot_cua_tinh"
COMMUNE_SYSTEM = "mot_cua_xa"
VALID_FROM = "2020-01-01"


@dataclass(frozen=True)
class Procedure:
    """An administrative procedure; the limit is in working days, the fee in đồng (0 = none)."""

    code: str
    name: str
    field_code: str
    field_name: str
    time_limit: int
    levels: tuple[str, ...]
    fee: int = 0
    has_financial_duty: bool = False
    is_interlinked: bool = False


@dataclass(frozen=True)
class Agency:
    """An agency and how it works: shares in 0-1, volume relative to the others.

    `own_daily` replaces the relative volume where an agency must stay small at any scale.
    """

    code: str
    name: str
    level: str
    parent_code: str | None
    fields: tuple[str, ...]
    volume: float
    late: float
    late_notice: float = 0.6
    apology: float = 0.5
    online: float = 0.35
    refused: float = 0.02
    supplement: float = 0.08
    own_daily: float | None = None

    @property
    def system(self) -> str:
        """The one-stop system that holds the agency's dossiers."""
        return COMMUNE_SYSTEM if self.level == "commune" else PROVINCIAL_SYSTEM


AGENCIES = (
    Agency("H99.01", "Sở Phong Lan", "agency", None, ("DD",), 4.0, 0.12, supplement=0.15),
    # Clearly late, and silent about it.
    Agency(
        "H99.02",
        "Sở Thạch Thảo",
        "agency",
        None,
        ("XD",),
        3.2,
        0.36,
        late_notice=0.25,
        apology=0.15,
        refused=0.04,
        supplement=0.2,
    ),
    Agency("H99.03", "Sở Hướng Dương", "agency", None, ("DT",), 3.0, 0.06, online=0.75),
    Agency("H99.04", "Sở Mộc Miên", "agency", None, ("HT",), 4.0, 0.04, online=0.6),
    Agency("H99.31", "Huyện Sông Mơ", "district", None, ("DD", "XD", "DT", "HT"), 5.5, 0.1),
    # Excellent: almost never late, and then it writes.
    Agency(
        "H99.32",
        "Thị xã Đồi Thông",
        "district",
        None,
        ("DD", "XD", "DT", "HT"),
        6.0,
        0.006,
        late_notice=1.0,
        apology=1.0,
        online=0.6,
        refused=0.01,
        supplement=0.03,
    ),
    Agency(
        "H99.33",
        "Huyện Suối Ngàn",
        "district",
        None,
        ("DD", "XD", "DT", "HT"),
        3.5,
        0.17,
        online=0.2,
        supplement=0.14,
    ),
    Agency("H99.31.01", "Xã Đồi Sim", "commune", "H99.31", ("HT", "CT", "DD"), 3.0, 0.05),
    Agency("H99.31.02", "Thị trấn Bến Mây", "commune", "H99.31", ("HT", "CT"), 2.6, 0.03),
    Agency(
        "H99.32.01",
        "Phường Nắng Hạ",
        "commune",
        "H99.32",
        ("HT", "CT", "DD"),
        3.4,
        0.01,
        online=0.55,
    ),
    Agency("H99.32.02", "Xã Cỏ May", "commune", "H99.32", ("HT", "CT", "DD"), 2.2, 0.04),
    Agency(
        "H99.33.01",
        "Xã Khe Sương",
        "commune",
        "H99.33",
        ("HT", "CT", "DD"),
        1.6,
        0.09,
        late_notice=0.3,
        apology=0.2,
        online=0.15,
    ),
    # Fewer than 30 dossiers by the initial clock: too few to be ranked.
    Agency(
        "H99.33.02",
        "Xã Đá Trắng",
        "commune",
        "H99.33",
        ("HT", "CT"),
        0.0,
        0.08,
        online=0.1,
        own_daily=0.11,
    ),
)

_LAND, _BUILD, _INVEST = "Đất đai", "Xây dựng", "Đầu tư"
_CIVIL, _CERTIFY = "Hộ tịch", "Chứng thực"
PROCEDURES = (
    Procedure(
        "9.100101",
        "Đăng ký biến động quyền sử dụng đất của tổ chức",
        "DD",
        _LAND,
        10,
        ("agency",),
        fee=500_000,
        has_financial_duty=True,
    ),
    Procedure(
        "9.100102",
        "Cấp đổi giấy chứng nhận quyền sử dụng đất",
        "DD",
        _LAND,
        7,
        ("agency", "district"),
        fee=100_000,
    ),
    Procedure(
        "9.100103",
        "Chuyển nhượng, tặng cho quyền sử dụng đất của hộ gia đình, cá nhân",
        "DD",
        _LAND,
        10,
        ("district",),
        fee=120_000,
        has_financial_duty=True,
        is_interlinked=True,
    ),
    Procedure(
        "9.100104", "Xác nhận nguồn gốc và hiện trạng sử dụng đất", "DD", _LAND, 5, ("commune",)
    ),
    Procedure(
        "9.100201", "Cấp giấy phép xây dựng công trình", "XD", _BUILD, 20, ("agency",), fee=150_000
    ),
    Procedure(
        "9.100202",
        "Thẩm định thiết kế xây dựng triển khai sau thiết kế cơ sở",
        "XD",
        _BUILD,
        20,
        ("agency",),
        fee=2_000_000,
    ),
    Procedure(
        "9.100203",
        "Cấp giấy phép xây dựng nhà ở riêng lẻ",
        "XD",
        _BUILD,
        15,
        ("district",),
        fee=75_000,
    ),
    Procedure("9.100301", "Cấp giấy chứng nhận đăng ký đầu tư", "DT", _INVEST, 15, ("agency",)),
    Procedure("9.100302", "Điều chỉnh dự án đầu tư", "DT", _INVEST, 10, ("agency",)),
    Procedure(
        "9.100303", "Đăng ký thành lập hộ kinh doanh", "DT", _INVEST, 3, ("district",), fee=100_000
    ),
    Procedure(
        "9.100401",
        "Cấp bản sao trích lục hộ tịch",
        "HT",
        _CIVIL,
        2,
        ("agency", "district", "commune"),
        fee=8_000,
    ),
    Procedure("9.100402", "Thay đổi, cải chính hộ tịch", "HT", _CIVIL, 5, ("agency", "district")),
    Procedure(
        "9.100403",
        "Đăng ký khai sinh, thường trú, cấp thẻ bảo hiểm y tế cho trẻ em",
        "HT",
        _CIVIL,
        4,
        ("commune",),
        is_interlinked=True,
    ),
    Procedure("9.100404", "Đăng ký kết hôn", "HT", _CIVIL, 1, ("commune",)),
    Procedure(
        "9.100501", "Chứng thực bản sao từ bản chính", "CT", _CERTIFY, 1, ("commune",), fee=10_000
    ),
)


def unit_key(agency_code: str) -> str:
    """Key of an invented unit among the reference rows."""
    return f"onestop:{agency_code}@{VALID_FROM}"


def procedures_of(agency: Agency) -> tuple[Procedure, ...]:
    """The procedures an agency handles, by its level and fields."""
    return tuple(
        procedure
        for procedure in PROCEDURES
        if agency.level in procedure.levels and procedure.field_code in agency.fields
    )
