"""Reference rows of the simulated world: agencies, survey rounds and how they were drawn."""

import csv
from pathlib import Path

import msgspec

from simulator import DATA_NATURE
from simulator.agencies import (
    AGENCIES,
    COMMUNE_SYSTEM,
    PROCEDURES,
    PROVINCE_KEY,
    PROVINCIAL_SYSTEM,
    VALID_FROM,
    Agency,
    unit_key,
)
from simulator.answers import FITTED_FORMS, METHOD
from simulator.communes import COMMUNE_ROUND, commune_reference
from simulator.improvement import improvement_rows
from simulator.places import Point, sampling_points
from sipas.contracts.reference_tables import TABLES

ROUND_CODE = "hue-2023-sim"
SHORT_LIMIT = 5


def write_reference(folder: Path) -> list[Path]:
    """Write the tables of the simulated world, one CSV a table; return their paths.

    Those of the commune that is scored out of 30 points lie in a folder of their own.
    """
    points = sampling_points()
    return [
        _write(folder, "units", [*(_unit(agency) for agency in AGENCIES), *_places(points)]),
        _write(folder, "source_owners", _owners()),
        _write(folder, "rounds", [_round()]),
        _write(folder, "round_variants", _variants()),
        _write(folder, "approvers", _approvers()),
        _write(folder, "sampling_points", [_point(point) for point in points]),
        _write(folder, "sampling_designs", _designs()),
        _write(folder, "point_rules", [_reform_points()]),
        _write(folder, "field_areas", _field_areas()),
        _write(folder, "procedure_groups", _procedure_groups()),
        *(_write(folder, table, rows) for table, rows in improvement_rows().items()),
        *(
            _write(folder / COMMUNE_ROUND, table, rows)
            for table, rows in commune_reference().items()
        ),
    ]


def _owners() -> list[dict]:
    """Who mends what the invented systems send; one agency has a department of its own."""
    owners = (
        (PROVINCIAL_SYSTEM, "*", "Bộ phận quản trị hệ thống một cửa cấp tỉnh (mô phỏng)"),
        (COMMUNE_SYSTEM, "*", "Bộ phận quản trị hệ thống một cửa cấp xã (mô phỏng)"),
        (COMMUNE_SYSTEM, "H99.31.01", "Bộ phận một cửa của xã (mô phỏng)"),
        ("reference_simulated", "*", "Bộ mô phỏng"),
    )
    return [
        {
            "source_code": source,
            "agency_code": agency,
            "owner_vi": owner,
            "contact_channel": "Trục liên thông văn bản",
            "note": "Đơn vị mô phỏng",
        }
        for source, agency, owner in owners
    ]


def _approvers() -> list[dict]:
    """Who may approve what: the province's round, and what belongs to no round."""
    return [
        {
            "unit_key": owner,
            "account": "approver",
            "position_vi": "Lãnh đạo tỉnh (mô phỏng)",
            "note": "Tài khoản của bản trình diễn",
        }
        for owner in (PROVINCE_KEY, "*")
    ]


def _places(points: list[Point]) -> list[dict]:
    """The invented districts and communes, each once."""
    districts = {
        point.district_code: (point.district, "district", PROVINCE_KEY) for point in points
    }
    communes = {
        point.commune_code: (point.commune, "commune", _place_key(point.district_code))
        for point in points
    }
    return [
        {
            "unit_key": _place_key(code),
            "unit_code": f"khaosat:{code}",
            "unit_name": name,
            "unit_level": level,
            "parent_unit_key": parent,
            "valid_from": VALID_FROM,
            "note": "Đơn vị mô phỏng",
        }
        for code, (name, level, parent) in (districts | communes).items()
    ]


def _place_key(code: str) -> str:
    return f"khaosat:{code}@{VALID_FROM}"


def _point(point: Point) -> dict:
    return {
        "round_code": ROUND_CODE,
        "sampling_point_code": point.code,
        "point_name_vi": point.village,
        "unit_key": _place_key(point.commune_code),
        "planned_form_count": FITTED_FORMS // len(sampling_points()),
    }


def _designs() -> list[dict]:
    """Communes were drawn within districts, villages within communes (as document 003 has it)."""
    levels = (
        ("province", "district", "commune", "true"),
        ("district", "", "commune", "false"),
        ("commune", "", "point", "false"),
    )
    return [
        {
            "round_code": ROUND_CODE,
            "unit_level": level,
            "stratum_level": stratum,
            "psu_level": psu,
            "has_breakdowns": has_breakdowns,
        }
        for level, stratum, psu, has_breakdowns in levels
    ]


def _variants() -> list[dict]:
    """The reckonings beside the official one; the forms' weights are all 1."""
    return [
        {
            "round_code": ROUND_CODE,
            "variant_code": "without_recheck_failures",
            "label_vi": "Không kể phiếu phúc tra không đạt",
            "label_en": "Without forms that failed the re-check",
            "method_version": METHOD,
            "weighting": "unweighted",
            "is_recheck_failure_excluded": "true",
        },
        {
            "round_code": ROUND_CODE,
            "variant_code": "weighted",
            "label_vi": "Có gia quyền",
            "label_en": "Weighted",
            "method_version": METHOD,
            "weighting": "weighted",
            "is_recheck_failure_excluded": "false",
        },
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


def _field_areas() -> list[dict]:
    """The invented systems' codes of the fields with targets of their own."""
    areas = {"DD": "land", "XD": "construction", "DT": "investment"}
    return [{"field_code": code, "field_area": area} for code, area in areas.items()]


def _procedure_groups() -> list[dict]:
    """Procedures by how long they may take: an example of groups, which no document prints."""
    return [
        {
            "procedure_code": procedure.code,
            "procedure_group": "short" if procedure.time_limit <= SHORT_LIMIT else "long",
            "label_vi": "Thời hạn đến 5 ngày làm việc"
            if procedure.time_limit <= SHORT_LIMIT
            else "Thời hạn trên 5 ngày làm việc",
            "note": "Nhóm mô phỏng",
        }
        for procedure in PROCEDURES
    ]


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


def _write(folder: Path, table: str, rows: list[dict]) -> Path:
    columns = [field.name for field in msgspec.structs.fields(TABLES[table])]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{table}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path
