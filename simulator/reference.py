"""Reference rows of the simulated world: its agencies, its survey rounds, an example of points."""

import csv
from pathlib import Path

from simulator import DATA_NATURE, REFERENCE_DIR
from simulator.agencies import AGENCIES, PROVINCE_KEY, VALID_FROM, Agency, unit_key
from simulator.answers import FITTED_FORMS, METHOD
from simulator.communes import COMMUNE_ROUND, commune_reference

ROUND_CODE = "hue-2023-sim"


def write_reference(folder: Path) -> list[Path]:
    """Write the rows of the province's round, and those of the commune's in a folder of its own.

    units.csv and rounds.csv have the columns of the project's own. Returns the paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _write(folder, "units.csv", [_unit(agency) for agency in AGENCIES]),
        _write(folder, "rounds.csv", [_round()]),
        _write_rows(folder / "point_rules.csv", [_reform_points()]),
        *(
            _write_rows(folder / COMMUNE_ROUND / f"{table}.csv", rows)
            for table, rows in commune_reference().items()
        ),
    ]


def _unit(agency: Agency) -> dict:
    return {
        "unit_key": unit_key(agency.code),
        "unit_code": f"onestop:{agency.code}",
        "unit_name": agency.name,
        "unit_level": agency.level,
        "parent_unit_key": unit_key(agency.parent_code) if agency.parent_code else PROVINCE_KEY,
        "valid_from": VALID_FROM,
        "note": "Đơn vị mô phỏng",
    }


def _round() -> dict:
    return {
        "round_code": ROUND_CODE,
        "round_name_vi": "Thừa Thiên Huế 2023 (mô phỏng từ số liệu công bố)",
        "survey_year": 2023,
        "unit_key": PROVINCE_KEY,
        "method_version": METHOD,
        "value_source": "answers",
        "data_nature": DATA_NATURE,
        "previous_round_code": "hue-2022",
        "planned_form_count": FITTED_FORMS,
        "note": "Phiếu sinh ra từ số liệu công bố, không phải phiếu thật",
    }


def _reform_points() -> dict:
    """An example of how an index earns points; the documents print no maximum for agencies."""
    return {
        "rule_code": "vi-du-cchc",
        "purpose": "reform_index",
        "method_version": METHOD,
        "indicator_code": "SIPAS",
        "max_points": 10,
        "rounding": "half_up",
        "rounding_digits": 2,
        "label_vi": "Ví dụ: điểm Chỉ số hài lòng trong Chỉ số cải cách hành chính",
        "note": "Điểm tối đa 10 là giả định của dữ liệu mô phỏng, không lấy từ tài liệu nào",
    }


def _write(folder: Path, name: str, rows: list[dict]) -> Path:
    with (REFERENCE_DIR / name).open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    return _write_rows(folder / name, rows, columns)


def _write_rows(path: Path, rows: list[dict], columns: list[str] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path
