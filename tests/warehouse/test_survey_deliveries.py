"""Every shape in which survey forms are handed in: the same forms come out."""

import csv

import msgspec
import pytest
import yaml
from click.testing import CliRunner
from handover import accept, land_workbook, load_pending, take_in_reference

from simulator.answers import METHOD, questions
from simulator.deliveries import KIOSK_ITEMS, SHAPES
from simulator.reference import ROUND_CODE, write_reference
from simulator.survey import survey_workbook
from sipas.cli import main
from sipas.contracts.reference_tables import TABLES
from sipas.contracts.survey_mapping import SurveyMapping
from sipas.database import connect

FORMS = 54
MAPPINGS = {
    "districts": "contractor_districts",
    "wide_csv": "contractor_csv",
    "long_csv": "answers_long",
    "long_zip": "answers_long_zip",
    "kiosk": "kiosk_ratings",
}
FORM_COLUMNS = (
    "sampling_point_code, interviewed_on, collection_mode, respondent_type, gender, age_band, "
    "education, occupation, urban_rural"
)


def write_rows(warehouse, table: str, rows: list[dict], folder: str = "deliveries") -> None:
    """Simulated reference rows in a folder of their own."""
    path = warehouse.inbox / "reference" / "simulated" / folder / f"{table}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf8", newline="") as file:
        writer = csv.DictWriter(
            file, [field.name for field in msgspec.structs.fields(TABLES[table])]
        )
        writer.writeheader()
        writer.writerows(rows)


def a_round(code: str, mapping: str | None, **changes) -> dict:
    """A row of rounds.csv."""
    return {
        "round_code": code,
        "round_name_vi": f"Đợt mô phỏng {code}",
        "survey_year": 2023,
        "unit_key": "gso:46@1900-01-01",
        "method_version": METHOD,
        "value_source": "answers",
        "data_nature": "simulated",
        "round_kind": "official",
        "mapping": mapping,
    } | changes


@pytest.fixture(scope="module")
def ready(warehouse):
    """A warehouse with one round for each shape."""
    write_reference(warehouse.inbox / "reference" / "simulated")
    rounds = [
        a_round(shape, mapping, round_kind="panel" if shape == "kiosk" else "official")
        for shape, mapping in MAPPINGS.items()
    ]
    drafted = [
        a_round(f"{shape}-drafted", f"{shape}_drafted", round_kind=rounds[i]["round_kind"])
        for i, shape in enumerate(MAPPINGS)
    ]
    write_rows(warehouse, "rounds", [*rounds, *drafted])
    with connect("ingest", autocommit=True) as connection:
        results = take_in_reference(connection, warehouse)
    assert {result.status for result in results} == {"loaded"}
    return warehouse


@pytest.fixture(scope="module")
def hand_in(ready):
    def take(round_code: str, file_name: str, body: bytes):
        with connect("ingest", autocommit=True) as ingest:
            path = ready.folder / file_name
            assert land_workbook(ingest, ready.landing, path, body, round_code)
            (result,) = load_pending(ingest, ready.landing, "survey_forms")
            accept(ingest, result)
        assert result.refusal_reason is None
        return result

    return take


def forms_of(ready, result) -> list[tuple]:
    return ready.rows(
        f"select form_code, {FORM_COLUMNS} from raw.survey_forms where batch_id = %s order by 1",
        result.batch_id,
    )


def answers_of(ready, result) -> list[tuple]:
    return ready.rows(
        "select form_code, item_code, score, missing_kind from raw.survey_answers "
        "inner join raw.survey_forms using (batch_id, position) where batch_id = %s "
        "order by 1, 2",
        result.batch_id,
    )


@pytest.fixture(scope="module")
def plain(hand_in):
    """The same forms in the shape that the first round had."""
    return hand_in(ROUND_CODE, "plain.xlsx", survey_workbook(forms=FORMS))


@pytest.mark.parametrize("shape", ["districts", "wide_csv", "long_csv", "long_zip"])
def test_the_same_forms_come_out_of_every_shape(ready, hand_in, plain, shape):
    ending, make = SHAPES[shape]
    result = hand_in(shape, f"{shape}.{ending}", make(2023, FORMS))
    assert (result.received_count, result.loaded_count) == (FORMS, FORMS)
    assert forms_of(ready, result) == forms_of(ready, plain)
    assert answers_of(ready, result) == answers_of(ready, plain)


def test_weights_have_decimal_commas_and_persons_stay_in_the_file(ready):
    (batch_id,) = ready.rows(
        "select max(batch_id) from raw.survey_forms where round_code = 'districts'"
    )[0]
    weights = ready.rows(
        "select distinct weight::text from raw.survey_forms where batch_id = %s order by 1",
        batch_id,
    )
    assert weights == [("1.00",), ("1.05",), ("1.10",), ("1.15",)]
    row = ready.rows(
        "select to_jsonb(f)::text from raw.survey_forms f where batch_id = %s", batch_id
    )
    assert not any("Người trả lời" in text or "0000000" in text for (text,) in row)


def test_ratings_of_a_kiosk_have_time_and_place_for_a_code(ready, hand_in):
    ending, make = SHAPES["kiosk"]
    result = hand_in("kiosk", f"kiosk.{ending}", make(2023, FORMS))
    assert result.loaded_count == FORMS
    assert ready.rows(
        "select form_code, sampling_point_code, interviewed_on::text, collection_mode, "
        "respondent_type from raw.survey_forms where batch_id = %s and position = 1",
        result.batch_id,
    ) == [("DKS-01|06/11/2023 07:00", "DKS-01", "2023-11-06", "kiosk", "individual")]
    items = ready.rows(
        "select item_code, count(*) from raw.survey_answers "
        "where batch_id = %s group by 1 order by 1",
        result.batch_id,
    )
    assert items == [(code, FORMS) for code in KIOSK_ITEMS]


@pytest.mark.parametrize("shape", MAPPINGS)
def test_a_drafted_mapping_loads_the_file_it_was_drafted_from(
    ready, hand_in, plain, shape, tmp_path
):
    """What a draft cannot know (the kiosk's mode and respondents), a person writes."""
    ending, make = SHAPES[shape]
    body = make(2023, FORMS)
    file = tmp_path / f"{shape}.{ending}"
    file.write_bytes(body)
    out = ready.inbox / "mappings" / f"{shape}_drafted.yml"
    result = CliRunner().invoke(
        main, ["form", "map", str(file), "--round", f"{shape}-drafted", "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    if shape == "kiosk":
        text = out.read_text(encoding="utf8")
        assert "THIẾU cột cho collection_mode" in text
        out.write_text(
            text + "constants: {collection_mode: kiosk, respondent_type: individual}\n",
            encoding="utf8",
        )
    msgspec.convert(yaml.safe_load(out.read_text(encoding="utf8")), SurveyMapping)
    loaded = hand_in(f"{shape}-drafted", f"{shape}.{ending}", body)
    assert (loaded.received_count, loaded.loaded_count) == (FORMS, FORMS)
    if shape == "kiosk":
        assert len(answers_of(ready, loaded)) == FORMS * len(KIOSK_ITEMS)
    else:
        assert forms_of(ready, loaded) == forms_of(ready, plain)
        assert answers_of(ready, loaded) == answers_of(ready, plain)
    assert len(questions()) * FORMS == len(answers_of(ready, plain))
