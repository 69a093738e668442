"""The page docs/new-questionnaire.md, followed to the letter, adds a questionnaire."""

import csv
import io
import re
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import pytest
from handover import load_pending, run_dbt
from openpyxl import Workbook

from sipas.builds import close_build, open_build
from sipas.contracts.reference_tables import TABLES
from sipas.loading.gate import decide
from sipas.local.instance import PROJECT
from sipas.sources.inbox import land_reference, land_surveys

PAGE = (PROJECT / "docs" / "new-questionnaire.md").read_text(encoding="utf8")
ROUND = "vi-du-2027"
# What every form says alike; the page shows the rest.
ALIKE = {
    "Ngày phỏng vấn": "05/10/2027",
    "Hình thức thu thập": "Phiếu giấy",
    "Đối tượng": "Người dân",
    "Giới tính": "Nữ",
    "Nhóm tuổi": "35–49",
    "Trình độ học vấn": "Đại học",
    "Nghề nghiệp": "Nông dân",
    "Khu vực": "Nông thôn",
}


def csv_blocks() -> dict[str, str]:
    """The page's CSV blocks by the file that is named last before them."""
    files: dict[str, str] = defaultdict(str)
    for before, block in re.findall(r"(.*?)```csv\n(.*?)```", PAGE, re.DOTALL):
        name = "".join(re.findall(r"`(\w+)\.csv`|^`(answers)`$", before, re.MULTILINE)[-1])
        files[name] += block
    return files


BLOCKS = csv_blocks()


def answers() -> list[dict[str, str]]:
    """The forms that the page shows."""
    return list(csv.DictReader(io.StringIO(BLOCKS["answers"])))


def workbook() -> bytes:
    """The page's forms as a contractor delivers them."""
    labels = {
        row["indicator_code"]: row["label_vi"]
        for table in ("method_indicators", "round_items")
        for row in csv.DictReader(io.StringIO(BLOCKS[table]))
    }
    book = Workbook()
    sheet = book.active
    sheet.title = "Phiếu khảo sát"
    forms = answers()
    sheet.append([f"{c}. {labels[c]}" if c in labels else c for c in forms[0]] + list(ALIKE))
    for form in forms:
        sheet.append([*(int(c) if c.isdigit() else c for c in form.values()), *ALIKE.values()])
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def hand_arithmetic() -> dict[str, Fraction]:
    """The indices in exact fractions, by the text of the page and not by its rows."""
    index = {}
    for item in ("1.1", "1.2", "2.1", "2.2"):
        scores = [int(form[item]) for form in answers() if form[item]]
        index[item] = Fraction(100 * sum(scores), 5 * len(scores))
    index["1"] = (index["1.1"] + index["1.2"]) / 2
    index["2"] = (index["2.1"] + index["2.2"]) / 2
    index["SIPAS"] = (2 * index["1"] + index["2"]) / 3
    return index


def printed_indices() -> dict[str, Decimal]:
    """The last table of the page."""
    rows = re.findall(r"^\| (SIPAS|[\d.]+) \|.*\| ([\d,]+) \|$", PAGE, re.MULTILINE)
    return {code: Decimal(value.replace(",", ".")) for code, value in rows}


def write_blocks(warehouse, changes: dict[str, str] | None = None) -> None:
    """Writes the page's files where the page puts them."""
    (folder,) = set(re.findall(r"`\.local/inbox/(reference/simulated/\w+)/`", PAGE))
    target = warehouse.inbox / folder
    target.mkdir(parents=True, exist_ok=True)
    for name, text in (BLOCKS | (changes or {})).items():
        if name != "answers":
            (target / f"{name}.csv").write_text(text, encoding="utf8")


def ingest_reference(connection, warehouse) -> dict[str, str | None]:
    """What the DAG does; the reason of refusal, or None, by file name."""
    landed = land_reference(connection, warehouse.landing, PROJECT / "reference", warehouse.inbox)
    results = load_pending(connection, warehouse.landing, "reference")
    names = {
        result.batch_id: manifest.file_name
        for manifest, result in zip(landed, results, strict=True)
    }
    assert {result.status for result in results} == {"loaded"}
    return {names[batch_id]: reason for batch_id, reason in decide(connection, "reference")}


@pytest.fixture(scope="module")
def followed(warehouse):
    """The warehouse after every step of the page, with the mistake it shows made and mended."""
    warehouse.landing.mkdir()
    with warehouse.connect("ingest") as ingest:
        right = "vi-du-2027,SIPAS,2,1,3\n"
        wrong = BLOCKS["method_rollups"].replace(right, right.replace(",1,3", ",2,3"))
        write_blocks(warehouse, {"method_rollups": wrong})
        first = ingest_reference(ingest, warehouse)
        write_blocks(warehouse)
        second = ingest_reference(ingest, warehouse)
        path = warehouse.inbox / "surveys" / ROUND / "phieu.xlsx"
        path.parent.mkdir(parents=True)
        path.write_bytes(workbook())
        assert len(land_surveys(ingest, warehouse.landing, warehouse.inbox)) == 1
        (forms,) = load_pending(ingest, warehouse.landing, "survey_forms")
        assert decide(ingest, "survey_forms") == [(forms.batch_id, None)]
    with warehouse.connect("transform") as transform:
        build_id = open_build(transform, "test")
        run_dbt(without=("unit_test",))
        close_build(transform, build_id, succeeded=True)
    return warehouse, first, second, forms


def test_the_page_has_a_block_for_every_table_of_a_method_and_of_a_round():
    wanted = {name for name in TABLES if name.startswith(("method", "round"))}
    wanted |= {"indicator_crosswalk", "units", "sampling_points", "sampling_designs", "answers"}
    assert set(BLOCKS) == wanted


def test_the_mistake_that_the_page_shows_is_refused_in_the_words_it_shows(followed):
    _, first, second, _ = followed
    (shown,) = re.findall(r"```text\n(.*?)\n```", PAGE)
    assert first["vi_du_2027/method_rollups.csv"] == shown
    refused = {name for name, reason in first.items() if reason}
    assert all(name.startswith("vi_du_2027/") for name in refused), "the product's rows stand"
    assert set(second) == refused
    assert set(second.values()) == {None}


def test_every_form_of_the_page_is_loaded(followed):
    forms = followed[3]
    assert (forms.received_count, forms.loaded_count) == (len(answers()), len(answers()))


def test_the_computed_indices_equal_hand_arithmetic_in_fractions(followed):
    warehouse = followed[0]
    computed = warehouse.rows(
        "select indicator_code, index_value, index_rounded from marts.criterion_results "
        "where round_code = %s and unit_key = 'gso:46@2025-07-01' and breakdown = 'all'",
        ROUND,
    )
    exact = hand_arithmetic()
    assert {code for code, _, _ in computed} == set(exact)
    for code, value, _ in computed:
        assert abs(Fraction(value) - exact[code]) < Fraction(1, 10**12), code
    assert {code: rounded for code, _, rounded in computed} == printed_indices()
    assert {
        (v, n)
        for v, n in warehouse.rows(
            "select method_version, data_nature from marts.criterion_results where round_code = %s",
            ROUND,
        )
    } == {("vi-du-2027", "simulated")}


def test_the_second_reckoning_is_the_mean_of_the_questions(followed):
    ((value,),) = followed[0].rows(
        "select index_value from marts.criterion_variants where round_code = %s "
        "and variant_code = 'flat' and indicator_code = 'SIPAS' "
        "and unit_key = 'gso:46@2025-07-01' and breakdown = 'all'",
        ROUND,
    )
    exact = hand_arithmetic()
    mean = sum(exact[item] for item in ("1.1", "1.2", "2.1", "2.2")) / 4
    assert abs(Fraction(value) - mean) < Fraction(1, 10**12)
    assert mean != exact["SIPAS"]


def test_the_extra_question_has_a_result_beside_the_index(followed):
    ((value,),) = followed[0].rows(
        "select index_value from marts.perception_results where round_code = %s "
        "and indicator_code = 'X1' and unit_key = 'gso:46@2025-07-01' and breakdown = 'all'",
        ROUND,
    )
    scores = [int(form["X1"]) for form in answers()]
    assert Fraction(value) == Fraction(100 * sum(scores), 5 * len(scores))
