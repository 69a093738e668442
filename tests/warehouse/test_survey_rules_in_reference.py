"""Skip logic, scales, sampling points, an agency's questions and mappings are reference rows."""

import csv
import io

import msgspec
import psycopg
import pytest
import yaml
from handover import accept, land_workbook, load_pending, take_in_reference

from simulator.reference import write_reference
from sipas.contracts.reference_tables import TABLES
from sipas.database import connect
from sipas.loading.gate import decide

METHOD, ROUND = "soc-trang-thu", "soc-trang-thu-2022"
INDICATORS = (
    ("SIPAS", "overall", "mean5", False, None, None, None),
    ("B.1", "item", "mean5", True, 1, 5, "hai-long"),
    ("A.4", "item", "count", True, 1, None, None),
    ("C.1", "item", "yes_no", True, 0, 1, None),
    ("C.2", "item", "mean5", True, 1, 5, None),
)
MAPPING = {
    "name": "so_y_te",
    "version": "1",
    "fields": {"form_code": "Mã phiếu", "sampling_point_code": "Quầy"},
    "constants": {"collection_mode": "phone", "respondent_type": "organisation"},
    "item_heading": r"^(?P<item_code>[A-Z]\.?\d+)\.",
    "answer_words": {"yes_no": {"Có": 1, "Không": 0}},
}
HEADINGS = ["Mã phiếu", "Quầy", "B.1. Một", "A.4. Hai", "C.1. Ba", "C.2. Bốn", "X1. Năm"]


def write_rows(folder, table: str, *rows: dict) -> None:
    names = [field.name for field in msgspec.structs.fields(TABLES[table])]
    path = folder / "thu" / f"{table}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def write_method(folder) -> None:
    labels = {"label_vi": "Câu hỏi", "label_en": "Question"}
    write_rows(
        folder,
        "methods",
        {
            "method_version": METHOD,
            "name_vi": "Thử",
            "name_en": "Trial",
            "valid_from_year": 2022,
            "rounding": "half_up",
            "rounding_digits": 2,
            "missing_child_rule": "null",
            "instrument": "panel",
            "is_computable": "true",
        },
    )
    write_rows(
        folder,
        "method_indicators",
        *(
            {
                "method_version": METHOD,
                "indicator_code": code,
                "parent_code": "SIPAS" if level == "item" else None,
                "indicator_level": level,
                "block": "satisfaction",
                "measure_type": measure,
                "is_asked": str(asked).lower(),
                "sort_order": number,
                "scale_min": lowest,
                "scale_max": highest,
                "scale_code": scale,
                **labels,
            }
            for number, (code, level, measure, asked, lowest, highest, scale) in enumerate(
                INDICATORS
            )
        ),
    )
    write_rows(
        folder,
        "method_rollups",
        *(
            {
                "method_version": METHOD,
                "indicator_code": "SIPAS",
                "component_code": code,
                "component_weight": 1,
                "weight_total": 2,
            }
            for code in ("B.1", "C.2")
        ),
    )
    scale = {"method_version": METHOD, "scale_code": "hai-long", "label_en": "word"}
    words = ("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng")
    write_rows(
        folder,
        "method_scales",
        *(scale | {"score": score, "label_vi": word} for score, word in enumerate(words, start=1)),
    )
    write_rows(
        folder,
        "method_skip_rules",
        {
            "method_version": METHOD,
            "item_code": "C.2",
            "depends_on_code": "C.1",
            "asked_when_scores": "1",
        },
    )


def write_round(folder) -> None:
    write_rows(
        folder,
        "rounds",
        {
            "round_code": ROUND,
            "round_name_vi": "Đợt thử",
            "survey_year": 2022,
            "unit_key": "gso:46@1900-01-01",
            "method_version": METHOD,
            "value_source": "answers",
            "data_nature": "simulated",
            "round_kind": "agency",
            "mapping": "so_y_te",
        },
    )
    write_rows(
        folder,
        "round_items",
        {
            "round_code": ROUND,
            "indicator_code": "X1",
            "block": "satisfaction",
            "measure_type": "mean4",
            "scale_min": 1,
            "scale_max": 4,
            "sort_order": 1,
            "label_vi": "Câu riêng",
            "label_en": "Own question",
        },
    )
    write_rows(
        folder,
        "sampling_points",
        {
            "round_code": ROUND,
            "sampling_point_code": "Q1",
            "point_name_vi": "Quầy 1",
            "unit_key": "gso:46@1900-01-01",
        },
    )


@pytest.fixture(scope="module")
def ready(warehouse):
    folder = warehouse.inbox / "reference" / "simulated"
    write_reference(folder)
    write_method(folder)
    write_round(folder)
    with connect("ingest", autocommit=True) as connection:
        results = take_in_reference(connection, warehouse)
    assert {(result.status, result.quarantined_count) for result in results} == {("loaded", 0)}
    return warehouse


@pytest.fixture
def write_mapping(ready):
    def put(**changes) -> None:
        folder = ready.inbox / "mappings"
        folder.mkdir(exist_ok=True)
        text = yaml.safe_dump(MAPPING | changes, allow_unicode=True)
        (folder / "so_y_te.yml").write_text(text, encoding="utf8")

    put()
    return put


@pytest.fixture
def load(ready, write_mapping, tmp_path, request):
    """Hands rows in as a CSV of the round; returns the batch."""

    def take(*rows: list, name: str = request.node.name):
        text = io.StringIO()
        csv.writer(text).writerows([HEADINGS, *rows])
        path = tmp_path / f"{name}.csv"
        with connect("ingest", autocommit=True) as ingest:
            landed = land_workbook(ingest, ready.landing, path, text.getvalue().encode(), ROUND)
            # Another version of the mapping loads former files once more.
            results = load_pending(ingest, ready.landing, "survey_forms")
        return next(result for result in results if result.delivery_id == landed.delivery_id)

    return take


def test_the_rows_of_a_round_say_what_a_form_may_hold(ready, load):
    result = load(
        ["T1", "Q1", "rất hài lòng", "3", "Có", "4", "4"],
        ["T2", "Q1", "Hài lòng", "0", "Không", "", "4"],
        ["T3", "Q2", "5", "1", "Có", "4", "4"],
        ["T4", "Q1", "5", "1", "Không", "4", "5"],
        ["T5", "Q1", "5", "1", "Không", "", ""],
        ["T6", "Q1", "5", "1", "Không", "4", "4"],
    )
    assert (result.received_count, result.loaded_count, result.quarantined_count) == (6, 2, 4)
    found = ready.rows(
        "select record_code, field, reason_code from quarantine.records where batch_id = %s "
        "order by position, field",
        result.batch_id,
    )
    assert found == [
        ("T2", "Câu A.4", "out_of_scale"),
        ("T3", "Quầy", "unknown_sampling_point"),
        ("T4", "Câu X1", "out_of_scale"),
        ("T6", "Câu C.2", "not_to_be_asked"),
    ]
    answers = ready.rows(
        "select form_code, item_code, score, missing_kind from raw.survey_answers "
        "inner join raw.survey_forms using (batch_id, position) where batch_id = %s "
        "order by 1, 2",
        result.batch_id,
    )
    assert answers == [
        ("T1", "A.4", 3, None),
        ("T1", "B.1", 5, None),
        ("T1", "C.1", 1, None),
        ("T1", "C.2", 4, None),
        ("T1", "X1", 4, None),
        ("T5", "A.4", 1, None),
        ("T5", "B.1", 5, None),
        ("T5", "C.1", 0, None),
        ("T5", "C.2", None, "not_applicable"),
        ("T5", "X1", None, "blank"),
    ]


def test_a_wrong_mapping_refuses_its_file_and_a_mended_one_loads_it(ready, load, write_mapping):
    write_mapping(fields={"form_code": "Mã phiếu"}, version="2")
    refused = load(["M1", "Q1", "5", "1", "Có", "4", "4"])
    assert refused.status == "refused"
    assert "so_y_te.yml is wrong: missing in fields: sampling_point_code" in refused.refusal_reason
    with connect("ingest", autocommit=True) as ingest:
        assert load_pending(ingest, ready.landing, "survey_forms") == []
        write_mapping(version="3")
        # Every file of the round is read anew with the new version.
        batches = load_pending(ingest, ready.landing, "survey_forms")
    assert refused.delivery_id in [batch.delivery_id for batch in batches]
    assert {batch.status for batch in batches} == {"loaded"}


def test_what_was_not_asked_is_no_gap_and_one_desk_is_a_round(ready, load):
    result = load(*([f"G{n}", "Q1", "5", "1", "Không", "", "4"] for n in range(6)))
    with connect("ingest", autocommit=True) as ingest:
        decided = dict(decide(ingest, "survey_forms"))
    assert decided[result.batch_id] is None


def test_an_answer_without_its_form_is_refused_by_the_database(ready, load):
    result = load(["K1", "Q1", "5", "1", "Có", "4", "4"])
    with (
        ready.connect("ingest") as ingest,
        pytest.raises(psycopg.errors.ForeignKeyViolation, match="answers of a form"),
    ):
        ingest.execute(
            "insert into raw.survey_answers (batch_id, position, item_code, score) "
            "values (%(batch)s, 1, 'X9', 1), (%(batch)s, 99, 'X9', 1)",
            {"batch": result.batch_id},
        )


@pytest.fixture
def accepting():
    with connect("ingest", autocommit=True) as ingest:
        yield lambda result: accept(ingest, result)


def form_row(code: str, score: str = "5") -> list:
    return [code, "Q1", score, "1", "Có", "4", "4"]


def test_a_form_that_another_file_of_the_round_has_is_not_counted_again(ready, load, accepting):
    """The file loaded later loses the form, whether the first is decided already or not."""
    first = load(form_row("N1"), form_row("N2"), name="east")
    for name in ("west", "south"):
        second = load(form_row(f"{name}-1"), form_row("N2"), name=name)
        assert (second.received_count, second.loaded_count, second.quarantined_count) == (2, 1, 1)
        ((position, place, form, field, code, reason),) = ready.rows(
            "select position, place, record_code, field, reason_code, reason_vi "
            "from quarantine.records where batch_id = %s",
            second.batch_id,
        )
        assert (position, place, form) == (2, f"{name}.csv, dòng 3", "N2")
        assert (field, code) == ("Mã phiếu", "form_in_another_file")
        assert "«east.csv»" in reason
        accepting(first)


def test_a_corrected_file_is_not_measured_against_its_own_lot(load, accepting):
    accepting(load(form_row("P1"), form_row("P2", "9"), name="north"))
    corrected = load(form_row("P1"), form_row("P2"), name="north")
    assert (corrected.loaded_count, corrected.quarantined_count) == (2, 0)
