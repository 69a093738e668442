"""The raw gate: Great Expectations decide about a batch, and every result is kept."""

import unicodedata
from datetime import timedelta

import handover
import msgspec
import pytest
import yaml
from handover import NOON, accept, land_pages, load_pending, page, record

from expectations import checkpoint
from expectations.checkpoint import SUITES, Suite, run_suites
from sipas.loading import gate as raw_gate
from sipas.loading.gate import decide
from sipas.settings import sqlalchemy_url
from sipas.sources.configuration import source_by_code
from sipas.sources.one_stop_http import watermark

SUITE_FILES = sorted(SUITES.glob("*.yml"))
KINDS = ("dossiers", "feedback", "survey_forms", "reference")


@pytest.fixture
def load(ingest, warehouse):
    """Lands and loads pages; returns the batch, not decided yet."""

    def take(*records, **options):
        land_pages(ingest, warehouse.landing, page(*records), **options)
        (result,) = load_pending(ingest, warehouse.landing, "dossiers")
        assert result.status == "loaded"
        return result

    return take


@pytest.fixture
def suites_in(tmp_path, monkeypatch):
    """Lets the gate read suites of the test's own."""

    def write(*suites: dict) -> None:
        for suite in suites:
            (tmp_path / f"{suite['suite']}.yml").write_text(yaml.safe_dump(suite))
        monkeypatch.setattr(checkpoint, "SUITES", tmp_path)

    return write


def suite(*expectations: dict, name: str = "raw_test", query: str | None = None) -> dict:
    return {
        "suite": name,
        "table": "raw.dossiers",
        "gate": "raw",
        "applies_to": "dossiers",
        "owner_vi": "source",
        "query": query or "select * from raw.dossiers where batch_id = {batch_id}",
        "expectations": list(expectations),
    }


def expectation(kind: str, severity: str = "critical", name: str = "", **kwargs) -> dict:
    return {
        "name": name or kind,
        "type": kind,
        "kwargs": kwargs,
        "severity": severity,
        "description_vi": f"Kỳ vọng {kind}",
        "description_en": f"Expectation {kind}",
        "why_en": "For a test",
    }


def state(warehouse, result) -> tuple:
    """Status and reason of a batch; a decided one says when."""
    ((status, reason, decided),) = warehouse.rows(
        "select status, refusal_reason, decided_at is not null from audit.batches "
        "where batch_id = %s",
        result.batch_id,
    )
    assert decided
    return status, reason


@pytest.mark.parametrize("path", SUITE_FILES, ids=lambda path: path.stem)
def test_a_suite_file_is_whole_and_speaks_both_languages(path):
    from great_expectations.expectations.registry import get_expectation_impl

    read = msgspec.convert(yaml.safe_load(path.read_text(encoding="utf8")), Suite)
    assert read.suite == path.stem
    assert read.applies_to in (("build",) if read.gate == "mart" else (*KINDS, "any"))
    assert read.expectations
    for item in read.expectations:
        assert get_expectation_impl(item.type)
        assert item.description_vi.strip()
        assert item.description_en.strip()
        assert item.description_vi != item.description_en
        assert item.description_vi == unicodedata.normalize("NFC", item.description_vi)
        assert item.why_en.strip()
    for names in ("description_vi", "description_en", "name"):
        told = [getattr(item, names) for item in read.expectations]
        assert len(told) == len(set(told))


def test_the_readme_lists_every_expectation_with_severity_reason_and_owner():
    told = (SUITES.parent / "README.md").read_text(encoding="utf8")
    rows = [line for line in told.splitlines() if line.startswith("| `")]
    written = []
    for found in checkpoint.all_suites():
        owner = "the source" if found.owner_vi == "source" else found.owner_vi
        for item in found.expectations:
            cells = (f"`{found.suite}`", f"`{item.name}`", item.severity, item.description_en)
            written.append(f"| {' | '.join(cells)} | {item.why_en} | {owner} |")
    suites_of = {line for line in rows if line.count(" | ") == 5}
    assert suites_of == set(written)


def test_every_gate_and_every_kind_of_delivery_has_a_suite_that_can_refuse():
    for gate, applies_to in (("mart", "build"), *(("raw", kind) for kind in KINDS)):
        suites = checkpoint.read_suites(gate, applies_to)
        assert "critical" in {item.severity for found in suites for item in found.expectations}


def test_a_good_batch_is_accepted_and_every_result_kept(ingest, warehouse, load):
    result = load(*(record(number) for number in range(10)))
    assert decide(ingest, "dossiers") == [(result.batch_id, None)]
    assert state(warehouse, result) == ("accepted", None)
    kept = warehouse.rows(
        "select expectation_id, expectation_type, column_name, severity, description_vi "
        "from audit.validations where batch_id = %s and gate = 'raw' and is_successful",
        result.batch_id,
    )
    written = [
        (
            f"{found.suite}.{item.name}",
            item.type,
            item.kwargs.get("column"),
            item.severity,
            item.description_vi,
        )
        for found in checkpoint.read_suites("raw", "dossiers")
        for item in found.expectations
    ]
    assert sorted(kept) == sorted(written)


@pytest.mark.parametrize(("bad", "status"), [(2, "accepted"), (3, "refused")])
def test_more_than_a_fifth_of_a_small_batch_in_quarantine_refuses_it(
    ingest, warehouse, load, bad, status
):
    result = load(*(record(number) for number in range(bad, 10)), *([None] * bad))
    ((batch_id, reason),) = decide(ingest, "dossiers")
    assert (batch_id, state(warehouse, result)) == (result.batch_id, (status, reason))
    failed = warehouse.rows(
        "select severity, column_name from audit.validations "
        "where batch_id = %s and not is_successful order by severity",
        batch_id,
    )
    if status == "accepted":
        assert failed == [("warning", "quarantined_count")]
    else:
        assert failed == [
            ("critical", "quarantined_share_above_limit"),
            ("warning", "quarantined_count"),
        ]
        assert "raw_batches" in reason
        assert "không vượt ngưỡng" in reason
        assert "«record»: 3 trên 10 bản ghi" in reason
        assert "\n" not in reason


@pytest.mark.parametrize(("bad", "status"), [(2, "accepted"), (3, "refused")])
def test_more_in_quarantine_than_the_source_allows_refuses_the_delivery_and_names_the_field(
    ingest, warehouse, load, bad, status
):
    """A tenth, unless its entry in the sources file says otherwise."""
    renamed = [record(number, TrangThaiHoSo="xong") for number in range(bad)]
    result = load(*renamed, *(record(number) for number in range(bad, 20)))
    ((_, reason),) = decide(ingest, "dossiers")
    assert state(warehouse, result) == (status, reason)
    if status == "refused":
        assert "nhiều nhất ở trường «TrangThaiHoSo»: 3 trên 20 bản ghi" in reason


def test_the_sources_file_decides_how_much_may_be_rejected(ingest, warehouse, load, monkeypatch):
    lenient = msgspec.structs.replace(source_by_code(handover.SOURCE), reject_threshold=0.5)
    monkeypatch.setattr(raw_gate, "source_by_code", lambda _: lenient)
    accepted = load(*[None] * 10, *(record(number) for number in range(10)))
    refused = load(*[None] * 11, *(record(number) for number in range(9)))
    decide(ingest, "dossiers")
    assert state(warehouse, accepted)[0] == "accepted"
    assert state(warehouse, refused)[0] == "refused"


def test_a_record_later_than_the_sources_clock_refuses_the_batch(ingest, warehouse, load):
    ahead = (NOON + timedelta(hours=1)).isoformat()
    result = load(record(1), record(2, NgayCapNhat=ahead))
    decide(ingest, "dossiers")
    status, reason = state(warehouse, result)
    assert status == "refused"
    assert "raw_dossiers" in reason
    assert "sau thời điểm của hệ thống nguồn" in reason


def test_a_warning_is_kept_and_does_not_refuse(ingest, warehouse, load):
    result = load(record(1, TruongMoi="x"), record(2, NgayHenTra=None))
    decide(ingest, "dossiers")
    assert state(warehouse, result) == ("accepted", None)
    warned = warehouse.rows(
        "select column_name from audit.validations where not is_successful order by 1"
    )
    assert warned == [("due_at_missing_share",), ("unknown_field_count",)]


def test_an_expectation_that_raises_counts_as_failed(ingest, warehouse, load, suites_in):
    suites_in(
        suite(
            expectation("expect_table_row_count_to_be_between", min_value=1),
            expectation("expect_column_values_to_not_be_null", column="no_such_column"),
        )
    )
    result = load(record())
    decide(ingest, "dossiers")
    status, reason = state(warehouse, result)
    assert status == "refused"
    assert "no_such_column" in reason
    assert "\n" not in reason
    kept = warehouse.rows(
        "select expectation_type, is_successful, exception_message is null from audit.validations "
        "order by is_successful"
    )
    assert kept == [
        ("expect_column_values_to_not_be_null", False, False),
        ("expect_table_row_count_to_be_between", True, True),
    ]


def test_a_suite_whose_query_fails_accepts_nothing(ingest, warehouse, load, suites_in):
    suites_in(
        suite(
            expectation("expect_table_row_count_to_be_between", min_value=0),
            query="select no_such_column from raw.dossiers where batch_id = {batch_id}",
        )
    )
    result = load(record())
    decide(ingest, "dossiers")
    status, reason = state(warehouse, result)
    assert status == "refused"
    assert "no_such_column" in reason


def test_results_stand_beside_the_expectation_they_belong_to(ingest, load, suites_in):
    """The library returns results in an order of its own, and the same type may occur twice."""
    bounds = ((4, 4), (0, 0), (4, 9), (9, 9), (1, 4))
    items = [
        expectation(
            "expect_column_values_to_be_between",
            name=f"from_{a}_to_{b}",
            column="status",
            min_value=a,
            max_value=b,
        )
        for a, b in bounds
    ]
    for (low, high), item in zip(bounds, items, strict=True):
        item["description_vi"] = f"{low}–{high}"
    suites_in(suite(*items))
    result = load(record())
    url = sqlalchemy_url("SIPAS_INGEST_DATABASE_URL")
    findings = run_suites(url, "raw", "dossiers", {"batch_id": result.batch_id})
    assert {f.description_vi: f.is_successful for f in findings} == {
        f"{low}–{high}": low <= 4 <= high for low, high in bounds
    }


def test_a_refused_batch_does_not_move_the_watermark(ingest, load):
    source = source_by_code(handover.SOURCE)
    load(*(record(number) for number in range(5)))
    decide(ingest, "dossiers")
    assert watermark(ingest, source) == NOON
    load(*([None] * 5), watermark=NOON + timedelta(days=1))
    ((_, reason),) = decide(ingest, "dossiers")
    assert reason
    assert watermark(ingest, source) == NOON


def test_a_batch_is_decided_once(ingest, warehouse, load):
    load(record())
    assert len(decide(ingest, "dossiers")) == 1
    before = warehouse.rows("select * from audit.batches")
    assert decide(ingest, "dossiers") == []
    assert warehouse.rows("select * from audit.batches") == before


def test_one_refused_batch_does_not_refuse_the_next(ingest, warehouse, load):
    bad, good = load(None, record(1)), load(record(2))
    assert [(batch_id, bool(reason)) for batch_id, reason in decide(ingest, "dossiers")] == [
        (bad.batch_id, True),
        (good.batch_id, False),
    ]
    assert warehouse.rows("select status from audit.batches order by batch_id") == [
        ("refused",),
        ("accepted",),
    ]


def test_a_batch_of_repeats_only_is_accepted(ingest, warehouse, load):
    accept(ingest, load(record(1), record(2)))
    repeats = load(record(1), record(2), window_from=NOON - timedelta(days=1))
    assert (repeats.loaded_count, repeats.unchanged_count) == (0, 2)
    assert decide(ingest, "dossiers") == [(repeats.batch_id, None)]


def test_a_window_in_which_nothing_changed_is_accepted(ingest, warehouse, load):
    """Over Tết nobody works; refused, its watermark would stand still and every run would fail."""
    accept(ingest, load(record(1)))
    quiet = load(window_from=NOON, watermark=NOON + timedelta(days=1))
    assert quiet.received_count == 0
    assert decide(ingest, "dossiers") == [(quiet.batch_id, None)]


def test_a_source_that_never_held_anything_is_refused(ingest, warehouse, load):
    empty = load()
    ((batch_id, reason),) = decide(ingest, "dossiers")
    assert batch_id == empty.batch_id
    assert "ít nhất một bản ghi" in reason
