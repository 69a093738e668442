"""A critical expectation stops before `published`: nothing is frozen, the last release stands."""

from dataclasses import replace

import psycopg
import pytest
from airflow.sdk.exceptions import AirflowFailException
from made_releases import SIGNED

from sipas.database import connect
from sipas.orchestration.publish import open_mart_gate
from sipas.release.gate import GateClosed, check_marts, newest_build
from sipas.release.lifecycle import approve, find, freeze_candidates, publish

CHANGE = """
    update marts.criterion_results set change = %s
    where round_code = 'hue-2023-sim' and indicator_code = '2.1.3' and is_round_unit
    and breakdown = 'all'
"""
STANDING = (
    "select release_id, content_sha256 from published.releases where status = 'published' "
    "order by release_id"
)


@pytest.fixture
def closed(released):
    """A build whose index moved by 60 points; afterwards it is mended and the gate is open."""
    with (
        connect("transform", autocommit=True) as transform,
        connect("release", autocommit=True) as release,
    ):
        before = transform.execute(
            "select change from marts.criterion_results where round_code = 'hue-2023-sim' "
            "and indicator_code = '2.1.3' and is_round_unit and breakdown = 'all'"
        ).fetchone()
        transform.execute(CHANGE, [-60])
        yield newest_build(release)
        transform.execute(CHANGE, before)
        check_marts(release, newest_build(release))


def test_a_critical_failure_says_expectation_rows_and_batches_in_one_line(released, closed):
    standing = released.rows(STANDING)
    with connect("release", autocommit=True) as release, pytest.raises(GateClosed) as stopped:
        check_marts(release, closed)
    told = str(stopped.value)
    assert "\n" not in told
    assert "the last release stands" in told
    assert "mart_criterion_results.no_index_changes_by_30" in told
    assert "indicator_code 2.1.3" in told
    assert "change -60" in told
    assert f"Build {closed} (" in told
    assert "batches from 1 to" in told
    assert released.rows(STANDING) == standing


def test_nobody_freezes_or_publishes_what_the_gate_stopped(released, closed):
    """Whatever way it is tried, the database refuses it, and what was published stands."""
    standing = released.rows(STANDING)
    with released.connect("transform") as transform, connect("release", autocommit=True) as release:
        with pytest.raises(GateClosed):
            check_marts(release, closed)
        with pytest.raises(psycopg.errors.RestrictViolation, match="no_index_changes_by_30"):
            freeze_candidates(release, closed)
        transform.execute(CHANGE, [-29])
        check_marts(release, closed)
        waiting = freeze_candidates(release, closed)
        assert waiting == ["hue-2023-sim-r2"]
        digest = find(release, waiting[0])["content_sha256"]
        approve(release, waiting[0], replace(SIGNED, note="số liệu sửa"), digest)
        transform.execute(CHANGE, [-60])
        with pytest.raises(GateClosed):
            check_marts(release, closed)
        with pytest.raises(psycopg.errors.RestrictViolation), release.transaction():
            publish(release, waiting[0])
        release.execute(
            "update release.releases set status = 'withdrawn', reason = 'thử' "
            "where release_id = %s",
            waiting,
        )
    assert released.rows(STANDING) == standing


def test_the_task_fails_with_that_line_and_data_docs_show_it(released, closed):
    with pytest.raises(AirflowFailException, match="no_index_changes_by_30"):
        open_mart_gate()
    index = (released.folder / "data_docs" / "index.html").read_text(encoding="utf8")
    assert "Không chỉ số nào thay đổi quá 30 điểm" in index
    assert "indicator_code = 2.1.3" in index
    open_findings = released.rows("select expectation_id, severity from audit.open_findings")
    assert ("mart_criterion_results.no_index_changes_by_30", "critical") in open_findings


def test_officials_read_the_open_findings_and_the_keys_of_rows_stay_with_auditors(released, closed):
    with connect("release", autocommit=True) as release, pytest.raises(GateClosed):
        check_marts(release, closed)
    with released.connect("bi") as official:
        rows = official.execute(
            "select severity_vi, owner_vi, is_new_since_last_run, data_nature "
            "from operational.gate_findings "
            "where expectation_id = 'mart_criterion_results.no_index_changes_by_30'"
        ).fetchall()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            official.execute("select sample_keys from audit.open_findings")
    assert rows == [("Nghiêm trọng", "Đơn vị tổ chức khảo sát", True, "simulated")]
