"""Findings have owner and age; they close and come again; Data Docs show them to a browser."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import handover
import psycopg
import pytest
from airflow.sdk.exceptions import AirflowFailException
from batches_by_hand import Deliveries
from click.testing import CliRunner
from handover import NOON, SOURCE
from playwright.sync_api import expect

from expectations.checkpoint import Finding, all_suites, run_suite
from simulator import LOCAL_TIME
from sipas.cli import main
from sipas.database import connect
from sipas.gates.data_docs import write_data_docs
from sipas.gates.findings import open_findings
from sipas.loading.gate import decide
from sipas.orchestration.ingest import decide_batches
from sipas.settings import directory, sqlalchemy_url
from sipas.validations import NOBODY_VI, critical_reason, keep
from tests.reader import opened_browser

OWNER_VI = "Phòng Một cửa"


@pytest.fixture
def owner(warehouse):
    """The owner's connection to an empty warehouse that knows who mends what the source sends."""
    handover.empty(warehouse)
    with warehouse.connect() as connection:
        batch_id = Deliveries(connection).add("dossiers", 1, state="accepted", lot="owners")
        connection.execute(
            """
            insert into reference.source_owners
                (source_code, agency_code, owner_vi, contact_channel, batch_id, position)
            values (%s, '*', %s, 'Trục', %s, 1)
            """,
            [SOURCE, OWNER_VI, batch_id],
        )
        yield connection


def a_finding(name: str, *, ok: bool = True, **changes) -> Finding:
    return Finding(
        **{
            "expectation_id": f"suite.{name}",
            "suite_name": "suite",
            "expectation_type": "expect_column_values_to_be_between",
            "column_name": "share",
            "severity": "warning",
            "is_successful": ok,
            "observed": [] if ok else [0.5],
            "unexpected_count": 0 if ok else 1,
            "judged_count": 9,
            "sample_keys": [] if ok else [{"share": 0.5, "place": "D7"}],
            "limits": {"column": "share", "max_value": 0.1},
            "description_vi": f"Kỳ vọng <{name}>",
            "description_en": f"Expectation {name}",
            "owner_vi": "source",
        }
        | changes
    )


def run(owner, days_ago: int, *findings: Finding, batch_id: int | None = None) -> int:
    """A run of the raw gate some days ago; returns its batch."""
    batch_id = batch_id or Deliveries(owner).add("dossiers", 1, at=NOON - timedelta(days=days_ago))
    with owner.transaction():
        keep(owner, "raw", findings, batch_id=batch_id)
        owner.execute(
            "update audit.validations set validated_at = validated_at - make_interval(days => %s) "
            "where batch_id = %s",
            [days_ago, batch_id],
        )
    return batch_id


def found(owner) -> dict[str, tuple]:
    """Age, runs and newness of what is open."""
    return {
        f["expectation_id"].removeprefix("suite."): (
            f["age_days"],
            f["failed_run_count"],
            f["is_new_since_last_run"],
        )
        for f in open_findings(owner)
    }


def test_a_finding_is_new_once_then_grows_older_and_closes_by_a_pass(owner):
    run(owner, 5, a_finding("a"), a_finding("b"))
    run(owner, 4, a_finding("a", ok=False), a_finding("b"))
    assert found(owner) == {"a": (4, 1, True)}
    run(owner, 2, a_finding("a", ok=False), a_finding("b", ok=False))
    assert found(owner) == {"a": (4, 2, False), "b": (2, 1, True)}
    run(owner, 1, a_finding("a"), a_finding("b", ok=False))
    assert found(owner) == {"b": (2, 2, False)}
    run(owner, 0, a_finding("a", ok=False), a_finding("b"))
    assert found(owner) == {"a": (0, 1, True)}, "it passed in between: its age begins anew"
    assert owner.execute("select count(*) from audit.validations").fetchone() == (10,)


def test_an_expectation_that_is_asked_no_more_is_not_open(owner):
    run(owner, 2, a_finding("a", ok=False), a_finding("b", ok=False))
    run(owner, 1, a_finding("b", ok=False))
    assert set(found(owner)) == {"b"}


def test_sources_and_files_have_findings_of_their_own(owner):
    run(owner, 2, a_finding("a", ok=False))
    survey = Deliveries(owner).add("survey_forms", 4, lot="phieu.xlsx")
    run(owner, 1, a_finding("a", ok=False), batch_id=survey)
    assert {(f["subject"], f["age_days"]) for f in open_findings(owner)} == {
        (f"{SOURCE}/dossiers", 2),
        ("phieu.xlsx", 1),
    }


def test_who_mends_it_is_the_owner_of_the_source_or_named_by_the_suite(owner):
    run(
        owner,
        0,
        a_finding("source", ok=False),
        a_finding("suite", ok=False, owner_vi="Cơ quan chủ trì"),
    )
    survey = Deliveries(owner).add("survey_forms", 4, lot="phieu.xlsx")
    run(owner, 0, a_finding("nobody", ok=False), batch_id=survey)
    assert {f["expectation_id"]: f["owner_vi"] for f in open_findings(owner)} == {
        "suite.source": OWNER_VI,
        "suite.suite": "Cơ quan chủ trì",
        "suite.nobody": NOBODY_VI,
    }


def test_history_of_the_gates_cannot_be_deleted_by_the_pipeline(warehouse, owner):
    run(owner, 0, a_finding("a", ok=False))
    for role in ("ingest", "transform", "release", "audit"):
        for statement in ("delete from", "update"):
            change = " set is_successful = true" if statement == "update" else ""
            with (
                warehouse.connect(role) as connection,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                connection.execute(f"{statement} audit.validations{change}")


def test_a_critical_finding_is_told_in_one_line_with_its_rows(owner):
    told = critical_reason(
        [a_finding("a", ok=False, severity="critical"), a_finding("b", ok=False)]
    )
    assert told == "suite.a: Kỳ vọng <a> (1 dòng sai, ví dụ: share 0.5, place D7)"
    raised = a_finding("a", ok=False, severity="critical", exception_message="no\ncolumn")
    assert critical_reason([raised]) == "suite.a: Kỳ vọng <a> (no column)"


def test_each_delivery_is_judged_by_those_before_it(warehouse, owner):
    """The second is half as large, the third is a tenth: shown, refused; then all is well."""
    sizes = {100: "accepted", 50: "accepted", 5: "refused", 90: "accepted"}
    with connect("ingest", autocommit=True) as ingest:
        for size in sizes:
            batch_id = Deliveries(owner).add("feedback", size)
            ((decided, reason),) = decide(ingest, "feedback")
            assert decided == batch_id
            volume = {
                (f["expectation_id"], f["is_new_since_last_run"])
                for f in open_findings(owner)
                if "whole" in f["expectation_id"]
            }
            if size == 50:
                assert volume == {("raw_batches.whole_is_as_large_as_usual", True)}
            elif size == 5:
                assert volume == {
                    ("raw_batches.whole_is_as_large_as_usual", False),
                    ("raw_batches.whole_has_not_collapsed", True),
                }
                assert "raw_batches.whole_has_not_collapsed" in reason
                assert "\n" not in reason
            else:
                assert volume == set()
    states = owner.execute(
        "select received_count, status from audit.batches inner join audit.deliveries "
        "using (delivery_id) where delivery_kind = 'feedback' order by batch_id"
    ).fetchall()
    assert dict(states) == sizes


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (1, set()),
        (10, {"no_source_is_silent"}),
        (200, {"no_source_is_silent", "no_source_is_dead"}),
    ],
)
def test_a_source_that_is_silent_for_longer_than_its_rhythm_is_found(owner, days, expected):
    last = datetime.now(LOCAL_TIME) - timedelta(days=days)
    for earlier in range(4):
        Deliveries(owner).add(
            "dossiers", 3, state="accepted", at=last - timedelta(days=earlier), request="changes"
        )
    suite = next(suite for suite in all_suites() if suite.suite == "mart_sources")
    found = run_suite(sqlalchemy_url("SIPAS_RELEASE_DATABASE_URL"), suite, {"build_id": 1})
    failed = [f for f in found if not f.is_successful]
    assert {f.expectation_id for f in failed} == {f"mart_sources.{name}" for name in expected}
    assert all(f.sample_keys[0]["source_code"] == SOURCE for f in failed)


def test_the_failed_task_says_expectation_rows_and_batch_in_one_line(owner):
    batch_id = Deliveries(owner).add("feedback", 20, counts={"received": 21, "loaded": 21})
    with pytest.raises(AirflowFailException) as failure:
        decide_batches("feedback")
    told = str(failure.value)
    assert told.startswith(f"Batch {batch_id} refused: raw_batches.no_row_is_lost_after_the_load")
    assert "lost_count 1" in told
    assert "\n" not in told
    index = directory("SIPAS_DATA_DOCS_DIR") / "index.html"
    assert "raw_batches.no_row_is_lost_after_the_load" in index.read_text(encoding="utf8")


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium without a window and without a network."""
    with opened_browser() as made:
        yield made.new_context(offline=True)


def test_a_browser_opens_data_docs_and_shows_what_fails(owner, browser, tmp_path):
    run(owner, 3, a_finding("a", ok=False, severity="critical"), a_finding("b"))
    raised = a_finding("c", ok=False, exception_message="column <x> is not there")
    ours = a_finding("d", ok=False, expectation_type="rows_make_consistent_methods", limits={})
    run(owner, 0, a_finding("a", ok=False, severity="critical"), raised, ours)
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(write_data_docs(owner, tmp_path).as_uri())
    expect(page.locator("#findings")).to_contain_text("Kỳ vọng <a>")
    expect(page.locator("#findings")).to_contain_text("Expectation a")
    expect(page.locator("#findings")).to_contain_text("NGHIÊM TRỌNG")
    expect(page.locator("#findings")).to_contain_text(OWNER_VI)
    expect(page.locator("#findings")).to_contain_text("place = D7")
    expect(page.locator("body")).to_contain_text("DỮ LIỆU MÔ PHỎNG")
    expect(page.locator("#runs a")).to_have_count(2)
    page.locator("#runs a").first.click()
    for text in (
        "[NGHIÊM TRỌNG] Kỳ vọng <a>",
        "place = D7, share = 0.5",
        f"Đơn vị xử lý: {OWNER_VI}",
        "column <x> is not there",
        "Kỳ vọng <d>",
        "Giá trị thấy",
        "Không đạt, bị chặn",
        "DỮ LIỆU MÔ PHỎNG",
    ):
        expect(page.locator("body")).to_contain_text(text)
    assert all(url.startswith("file:") for url in asked), "a page needs nothing from elsewhere"


def test_data_docs_of_two_tasks_at_once_are_whole(owner, warehouse, tmp_path):
    for day in (3, 2, 1):
        run(owner, day, a_finding("a", ok=False))

    def write(_: int) -> Path:
        with warehouse.connect("audit") as connection:
            return write_data_docs(connection, tmp_path)

    with ThreadPoolExecutor(4) as pool:
        index, *_ = pool.map(write, range(8))
    pages = sorted(path.name for path in tmp_path.iterdir())
    assert len(pages) == 4, "three runs and the index, nothing half written"
    assert all((tmp_path / name).read_text().rstrip().endswith("</html>") for name in pages)
    assert all(name in index.read_text() for name in pages if name != "index.html")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("run-*")}
    write(0)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("run-*")} == before


def test_the_command_lists_findings_and_prints_where_the_pages_are(owner):
    run(owner, 0, a_finding("a", ok=False))
    told = CliRunner().invoke(main, ["gates", "findings"], catch_exceptions=False)
    assert "CẢNH BÁO" in told.output
    assert f"Đơn vị xử lý: {OWNER_VI}" in told.output
    told = CliRunner().invoke(main, ["gates", "findings", "--json"], catch_exceptions=False)
    (finding,) = json.loads(told.output)
    assert finding["expectation_id"] == "suite.a"
    told = CliRunner().invoke(main, ["gates", "docs"], catch_exceptions=False)
    assert Path(told.output.strip().removeprefix("file://")).is_file()
