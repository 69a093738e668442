"""Reference rows of the simulated world: its agencies, its survey round, its plan."""

import csv
from pathlib import Path

from simulator import DATA_NATURE, REFERENCE_DIR
from simulator.agencies import AGENCIES, PROVINCE_KEY, VALID_FROM, Agency, unit_key
from simulator.answers import FITTED_FORMS, METHOD
from simulator.improvement import improvement_rows

ROUND_CODE = "hue-2023-sim"


def write_reference(folder: Path) -> list[Path]:
    """Write one CSV a table; return the paths.

    units.csv and rounds.csv have the columns of the project's own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _write(folder, "units.csv", [_unit(agency) for agency in AGENCIES]),
        _write(folder, "rounds.csv", [_round()]),
        *(_write_rows(folder / f"{table}.csv", rows) for table, rows in improvement_rows().items()),
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
