"""Reference rows of the simulated world: its agencies, its survey round, its plan."""

import csv
from pathlib import Path

from simulator import DATA_NATURE
from simulator.agencies import AGENCIES, PROVINCE_KEY, Agency
from simulator.answers import FITTED_FORMS, METHOD
from simulator.improvement import improvement_rows

ROUND_CODE = "hue-2023-sim"
VALID_FROM = "2020-01-01"


def write_reference(folder: Path) -> list[Path]:
    """Write one CSV a table of the reference rows; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = {agency.name: _unit_key(agency.code) for agency in AGENCIES}
    tables = {
        "units": [_unit(agency) for agency in AGENCIES],
        "rounds": [_round()],
        **improvement_rows(keys),
    }
    return [_write(folder, table, rows) for table, rows in tables.items()]


def _unit(agency: Agency) -> dict:
    return {
        "unit_key": _unit_key(agency.code),
        "unit_code": f"onestop:{agency.code}",
        "unit_name": agency.name,
        "unit_level": agency.level,
        "parent_unit_key": _unit_key(agency.parent_code) if agency.parent_code else PROVINCE_KEY,
        "valid_from": VALID_FROM,
        "valid_to": None,
        "note": "Đơn vị mô phỏng",
    }


def _unit_key(agency_code: str) -> str:
    return f"onestop:{agency_code}@{VALID_FROM}"


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
        "peer_count": None,
        "note": "Phiếu sinh ra từ số liệu công bố, không phải phiếu thật",
    }


def _write(folder: Path, table: str, rows: list[dict]) -> Path:
    path = folder / f"{table}.csv"
    columns = dict.fromkeys(column for row in rows for column in row)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path
