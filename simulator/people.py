"""Invented persons: no name, number or phone here can belong to anybody."""

from random import Random

_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô")
_MIDDLE = ("Văn", "Thị", "Minh", "Thanh", "Ngọc", "Quang", "Thu", "Đức", "Hải", "Kim")
_GIVEN = (
    "An",
    "Bình",
    "Châu",
    "Dung",
    "Giang",
    "Hà",
    "Khánh",
    "Lam",
    "Mai",
    "Nam",
    "Oanh",
    "Phúc",
    "Quyên",
    "Sơn",
    "Thảo",
    "Uyên",
    "Vinh",
    "Yến",
)
_TRADES = ("Xây lắp", "Nông sản", "Vận tải", "Dịch vụ", "Thương mại", "Thủy sản")
_PLACES = ("Mây Trắng", "Nắng Mai", "Sao Khuê", "Gió Ngàn", "Trăng Non", "Lá Xanh")


def person(rng: Random) -> str:
    """A Vietnamese full name put together by chance."""
    return f"{rng.choice(_FAMILY)} {rng.choice(_MIDDLE)} {rng.choice(_GIVEN)}"


def applicant(rng: Random, applicant_type: str) -> str:
    """Name of a citizen ("0"), an enterprise ("1") or a household business ("2")."""
    if applicant_type == "1":
        return f"Công ty TNHH {rng.choice(_TRADES)} {rng.choice(_PLACES)}"
    if applicant_type == "2":
        return f"Hộ kinh doanh {person(rng)}"
    return person(rng)


def identity_number(rng: Random) -> str:
    """Twelve digits; no province has the code 999 that they begin with."""
    return f"999{rng.randrange(10**9):09d}"


def phone(rng: Random) -> str:
    """Ten digits; no network has the prefix 0000."""
    return f"0000{rng.randrange(10**6):06d}"


def official(seed: int, agency_code: str, number: int) -> str:
    """Name of an agency's official `number`, the same through all of its dossiers."""
    return person(Random(f"{seed}/{agency_code}/official/{number}"))
