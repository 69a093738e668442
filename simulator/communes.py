"""A commune that is scored out of 30 points: its desks, its round, the answers on its forms.

The totals are those of Quảng Thành 2023 (document 004_509d0687ec45249f, II.1.3): each criterion's
sum over 45 forms and each desk's points. The commune and its people are invented.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from random import Random

from simulator import DATA_NATURE
from simulator.agencies import VALID_FROM, unit_key
from simulator.answers import scores_of_sum

COMMUNE_ROUND = "quang-thanh-2023-sim"
COMMUNE_METHOD = "commune-30"
# Asked only when feedback was lodged, which nobody did that year.
UNASKED_ITEMS = ("2.5.1",)
FITS_FILE = Path(__file__).resolve().parent / "fits" / "quang_thanh_2023.csv"
_COMMUNE_CODE, _DISTRICT_CODE = "H99.31.09", "H99.31"
_COMMUNE_NAME = "Xã Quế Trăng"
_SCALE = (1, 5)


@dataclass(frozen=True)
class Fit:
    """The sum of scores of one criterion over the forms of one desk."""

    desk: str
    desk_name: str
    criterion_code: str
    item_count: int
    form_count: int
    score_sum: int

    @property
    def items(self) -> list[str]:
        """Codes of the criterion's items."""
        return [f"{self.criterion_code}.{number + 1}" for number in range(self.item_count)]

    @property
    def item_sums(self) -> list[int]:
        """The sum of scores, shared evenly among the items; the first take the remainder."""
        share, rest = divmod(self.score_sum, self.item_count)
        return [share + (number < rest) for number in range(self.item_count)]


def fits() -> list[Fit]:
    """The fitted sums, desk by desk."""
    with FITS_FILE.open(encoding="utf-8", newline="") as file:
        return [
            Fit(
                row["desk"],
                row["desk_name"],
                row["criterion_code"],
                int(row["item_count"]),
                int(row["form_count"]),
                int(row["score_sum"]),
            )
            for row in csv.DictReader(file)
        ]


def desks() -> dict[str, tuple[str, int]]:
    """Name and number of forms by desk."""
    return {fit.desk: (fit.desk_name, fit.form_count) for fit in fits()}


def commune_answers(seed: int) -> list[dict[str, int]]:
    """The scores of each form by item, forms in the order of the desks."""
    rng = Random(f"commune/{seed}")
    forms: list[dict[str, int]] = []
    for desk, (_, form_count) in desks().items():
        mood = [rng.gauss(0, 0.6) for _ in range(form_count)]
        answers: list[dict[str, int]] = [{} for _ in range(form_count)]
        for fit in (fit for fit in fits() if fit.desk == desk):
            for item, total in zip(fit.items, fit.item_sums, strict=True):
                leaning = {form: value + rng.gauss(0, 0.7) for form, value in enumerate(mood)}
                for form, score in scores_of_sum(leaning, total, *_SCALE).items():
                    answers[form][item] = score
        forms += answers
    return forms


def commune_reference() -> dict[str, list[dict]]:
    """Rows of the round by reference table: units, round, sampling."""
    commune = unit_key(_COMMUNE_CODE)
    desk_codes = {desk: f"{_COMMUNE_CODE}.D{number}" for number, desk in enumerate(desks(), 1)}
    return {
        "units": [
            _unit(_COMMUNE_CODE, _COMMUNE_NAME, "commune", _DISTRICT_CODE),
            *(
                _unit(desk_codes[desk], name, "desk", _COMMUNE_CODE)
                for desk, (name, _) in desks().items()
            ),
        ],
        "rounds": [
            {
                "round_code": COMMUNE_ROUND,
                "round_name_vi": f"Điểm của {_COMMUNE_NAME} 2023 (mô phỏng từ số liệu công bố)",
                "survey_year": 2023,
                "unit_key": commune,
                "method_version": COMMUNE_METHOD,
                "value_source": "answers",
                "data_nature": DATA_NATURE,
                "population": "service_users",
                "planned_form_count": sum(count for _, count in desks().values()),
                "note": "Phiếu sinh ra từ số liệu công bố, không phải phiếu thật",
            }
        ],
        "sampling_points": [
            {
                "round_code": COMMUNE_ROUND,
                "sampling_point_code": desk,
                "point_name_vi": f"Bộ phận {name}",
                "unit_key": unit_key(desk_codes[desk]),
            }
            for desk, (name, _) in desks().items()
        ],
        "approvers": [
            {
                "unit_key": commune,
                "account": account,
                "position_vi": position,
                "note": "Tài khoản của bản trình diễn",
            }
            for account, position in (
                ("approver", "Lãnh đạo tỉnh (mô phỏng)"),
                ("lanh-dao-xa", "Lãnh đạo xã (mô phỏng)"),
            )
        ],
        # Dossiers are drawn desk by desk.
        "sampling_designs": [
            _design("commune", "desk"),
            _design("desk", None),
        ],
    }


def _unit(code: str, name: str, level: str, parent_code: str) -> dict:
    return {
        "unit_key": unit_key(code),
        "unit_code": f"onestop:{code}",
        "unit_name": name,
        "unit_level": level,
        "parent_unit_key": unit_key(parent_code),
        "valid_from": VALID_FROM,
        "note": "Đơn vị mô phỏng",
    }


def _design(unit_level: str, stratum_level: str | None) -> dict:
    return {
        "round_code": COMMUNE_ROUND,
        "unit_level": unit_level,
        "psu_level": "form",
        "has_breakdowns": "false",
        "stratum_level": stratum_level,
    }
