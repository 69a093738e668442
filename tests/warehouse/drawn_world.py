"""A warehouse of drawn surveys: every survey in several rounds, taken in and built once."""

import csv
import io
from dataclasses import dataclass
from random import Random

import msgspec
import yaml
from drawn_surveys import SHAPES, Form, Survey, draw_survey, drawn_surveys, questions
from exact_indices import PROVINCE, district_of
from handover import accept, land_workbook, load_pending, run_dbt, take_in_reference
from psycopg.rows import dict_row

from sipas.builds import close_build, open_build
from sipas.contracts.reference_tables import TABLES
from sipas.local.scratch import Warehouse

MARTS = ("criterion_results", "perception_results", "expectation_results")
VARIANTS = "criterion_variants"
AGENCY = "thu:S1@2020-01-01"
AGENCY_ROUND, PANEL_ROUND = "drawn-agency", "drawn-panel"
# Of so many transactions of the year the agency's forms were drawn.
TRANSACTIONS = 90
MAPPING = {
    "name": "drawn",
    "version": "1",
    "header_rows": [2],
    "fields": {
        "form_code": "Mã phiếu",
        "sampling_point_code": "Điểm",
        "collection_mode": "Hình thức",
        "gender": "Giới tính",
        "weight": "Trọng số",
    },
    "constants": {"respondent_type": "individual"},
    "codes": {
        "collection_mode": {"Phiếu giấy": "paper", "Điện thoại": "phone"},
        "gender": {"Nam": "male", "Nữ": "female"},
    },
    "decimal_comma": True,
    "item_heading": r"^(?P<item_code>\S+)\.\s",
    "missing_words": {
        "Không biết": "dont_know",
        "Không áp dụng": "not_applicable",
        "Từ chối": "refused",
    },
}
FigureKey = tuple[str, str, str, str]


@dataclass(frozen=True)
class Drawn:
    """The built warehouse and what was handed in, by round."""

    warehouse: Warehouse
    surveys: tuple[Survey, ...]
    agency: Survey

    def rounds(self) -> dict[str, Survey]:
        """The official rounds and their forms."""
        return {
            round_code(number, shape): change(survey)
            for number, survey in enumerate(self.surveys)
            for shape, change in SHAPES.items()
        }


def figures(warehouse: Warehouse, round_code: str) -> dict[FigureKey, dict]:
    """All columns of all figures of a round, by unit, breakdown, its value and indicator."""
    found = {}
    with warehouse.connect() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        for mart in MARTS:
            for row in cursor.execute(
                f"select * from marts.{mart} where round_code = %s", [round_code]
            ):
                key = ("unit_key", "breakdown", "breakdown_value", "indicator_code")
                found[tuple(row[name] for name in key)] = row
    return found


def weighted_figures(warehouse: Warehouse, round_code: str) -> dict[tuple[str, str], dict]:
    """The index of the weighted variant by unit and indicator."""
    with warehouse.connect() as connection:
        rows = connection.execute(
            f"select unit_key, indicator_code, index_value from marts.{VARIANTS} "
            "where round_code = %s and variant_code = 'weighted'",
            [round_code],
        )
        return {(unit, indicator): index for unit, indicator, index in rows}


def round_code(number: int, shape: str) -> str:
    """The round in which a survey stands in one of SHAPES."""
    return f"drawn-{number}-{shape}"


def build_the_drawn_surveys(warehouse: Warehouse) -> Drawn:
    """Lands, loads and builds every survey in each of SHAPES, a round of an agency and a panel."""
    surveys = tuple(drawn_surveys())
    agency = draw_survey("soc-trang-2022", "any", Random(90), 45, 1, 0.1)
    drawn = Drawn(warehouse, surveys, agency)
    survey_of = drawn.rounds() | {AGENCY_ROUND: agency, PANEL_ROUND: agency}
    write_tables(warehouse, survey_of)
    mapping = warehouse.inbox / "mappings" / "drawn.yml"
    mapping.parent.mkdir(parents=True)
    mapping.write_text(yaml.safe_dump(MAPPING, allow_unicode=True), encoding="utf8")
    with warehouse.connect("ingest") as ingest:
        results = take_in_reference(ingest, warehouse)
        assert {result.status for result in results} == {"loaded"}
        for code, survey in survey_of.items():
            path = warehouse.folder / f"{code}.csv"
            assert land_workbook(ingest, warehouse.landing, path, wide_csv(survey), code)
        results = load_pending(ingest, warehouse.landing, "survey_forms")
        assert sum(result.loaded_count for result in results) == sum(
            len(survey.forms) for survey in survey_of.values()
        )
        accept(ingest, *results)
    with warehouse.connect("transform") as transform:
        build_id = open_build(transform, "test")
        run_dbt(*MARTS, VARIANTS)
        close_build(transform, build_id, succeeded=True)
    return drawn


def wide_csv(survey: Survey) -> bytes:
    """A line about the file, headings, one row a form."""
    asked = questions(survey.method)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["# data_nature=simulated"])
    writer.writerow(
        [*MAPPING["fields"].values(), *(f"{question.code}. Câu hỏi" for question in asked)]
    )
    writer.writerows(cells(form, [question.code for question in asked]) for form in survey.forms)
    return text.getvalue().encode()


def cells(form: Form, codes: list[str]) -> list:
    """One row of the file."""
    head = [form.code, form.point, form.mode, form.gender, form.weight]
    return [*head, *(form.answers[code] for code in codes)]


def write_tables(warehouse: Warehouse, survey_of: dict[str, Survey]) -> None:
    """Units, rounds, sampling points, designs and the agency's frame."""
    communes = sorted({unit for survey in survey_of.values() for _, unit in survey.points})
    districts = sorted({district_of(commune) for commune in communes})
    tables: dict[str, list[dict]] = {
        "units": [
            *(a_unit(key, "district", PROVINCE) for key in districts),
            *(a_unit(key, "commune", district_of(key)) for key in communes),
            a_unit(AGENCY, "agency", PROVINCE),
        ],
        "rounds": [],
        "round_variants": [
            {
                "round_code": code,
                "variant_code": "weighted",
                "label_vi": "Tính có trọng số",
                "label_en": "Weighted",
                "method_version": survey.method,
                "weighting": "weighted",
                "is_recheck_failure_excluded": "false",
            }
            for code, survey in survey_of.items()
            if code.endswith("-drawn")
        ],
        "sampling_points": [],
        "sampling_designs": [],
        "sampling_frames": [
            {
                "round_code": AGENCY_ROUND,
                "unit_key": AGENCY,
                "stratum_unit_key": AGENCY,
                "psu_population": TRANSACTIONS,
            }
        ],
    }
    for code, survey in survey_of.items():
        of_agency = survey_of[AGENCY_ROUND] is survey
        tables["rounds"].append(a_round(code, survey.method, of_agency))
        tables["sampling_points"] += [
            {
                "round_code": code,
                "sampling_point_code": point,
                "point_name_vi": f"Điểm {point}",
                "unit_key": AGENCY if of_agency else unit,
            }
            for point, unit in survey.points
        ]
        tables["sampling_designs"] += [
            dict(
                zip(
                    ("unit_level", "stratum_level", "psu_level", "has_breakdowns"),
                    level,
                    strict=True,
                ),
                round_code=code,
            )
            for level in (AGENCY_LEVELS if of_agency else LEVELS)
        ]
    for table, rows in tables.items():
        write_rows(warehouse, table, rows)


LEVELS = (
    ("province", "district", "commune", "true"),
    ("district", None, "commune", "true"),
    ("commune", None, "point", "false"),
)
AGENCY_LEVELS = (("agency", None, "form", "true"),)


def a_unit(key: str, level: str, parent: str) -> dict:
    return {
        "unit_key": key,
        "unit_code": key.partition("@")[0],
        "unit_name": f"Đơn vị thử {key}",
        "unit_level": level,
        "parent_unit_key": parent,
        "valid_from": "2020-01-01",
    }


def a_round(code: str, method: str, of_agency: bool) -> dict:
    return {
        "round_code": code,
        "round_name_vi": f"Đợt thử {code}",
        "survey_year": 2023,
        "unit_key": AGENCY if of_agency else PROVINCE,
        "method_version": method,
        "value_source": "answers",
        "data_nature": "simulated",
        "round_kind": {AGENCY_ROUND: "agency", PANEL_ROUND: "panel"}.get(code, "official"),
        "mapping": "drawn",
    }


def write_rows(warehouse: Warehouse, table: str, rows: list[dict]) -> None:
    path = warehouse.inbox / "reference" / "simulated" / "drawn" / f"{table}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf8", newline="") as file:
        writer = csv.DictWriter(
            file, [field.name for field in msgspec.structs.fields(TABLES[table])]
        )
        writer.writeheader()
        writer.writerows(rows)
