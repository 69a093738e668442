"""Where the simulated survey goes: invented villages of invented communes."""

from dataclasses import dataclass

_PLACES = {
    "Huyện Sông Mơ": ("Xã Đồi Sim", "Thị trấn Bến Mây", "Xã Ngàn Lau"),
    "Thị xã Đồi Thông": ("Phường Nắng Hạ", "Xã Cỏ May", "Phường Gió Chiều"),
    "Huyện Suối Ngàn": ("Xã Khe Sương", "Xã Đá Trắng", "Xã Trăng Non"),
}
_VILLAGES = (
    "Tây Mộng",
    "Đông Mộng",
    "Lau Thượng",
    "Lau Hạ",
    "Bến Xưa",
    "Bến Mới",
    "Mai Sớm",
    "Mai Chiều",
    "Cỏ Biếc",
    "Cỏ Vàng",
    "Sao Hôm",
    "Sao Mai",
    "Sương Sớm",
    "Sương Chiều",
    "Đá Bạc",
    "Đá Xanh",
    "Trăng Rằm",
    "Trăng Khuyết",
)


@dataclass(frozen=True)
class Point:
    """A sampling point: one village of an invented commune."""

    code: str
    village: str
    commune: str
    commune_code: str
    district: str
    district_code: str

    @property
    def area(self) -> str:
        """Urban wards and towns, rural communes."""
        return "Nông thôn" if self.commune.startswith("Xã") else "Đô thị"


def sampling_points() -> list[Point]:
    """3 districts × 3 communes × 2 villages, the shape of Huế's sample of 2023."""
    communes = [
        (commune, f"X{place + 1}{number + 1}", district, f"H{place + 1}")
        for place, (district, names) in enumerate(_PLACES.items())
        for number, commune in enumerate(names)
    ]
    return [
        Point(
            f"DKS-{number + 1:02d}",
            f"{'Thôn' if communes[number // 2][0].startswith('Xã') else 'Tổ dân phố'} {village}",
            *communes[number // 2],
        )
        for number, village in enumerate(_VILLAGES)
    ]
