"""Builds: which batches are drained, and what a failed build leaves to the next."""

from datetime import UTC, datetime

import pytest

from sipas.builds import archive_project, close_build, open_build
from sipas.errors import UserError
from sipas.local.instance import PROJECT

MOMENT = datetime(2024, 1, 31, 10, tzinfo=UTC)


@pytest.fixture
def clean(warehouse):
    """The warehouse without builds and batches."""
    with warehouse.connect() as connection:
        for table in ("build_batches", "builds", "batches", "deliveries"):
            connection.execute(f"delete from audit.{table}")
    return warehouse


def accept(
    warehouse,
    name: str,
    status: str = "accepted",
    *,
    watermark=MOMENT,
    lot: str | None = None,
    loaded: int = 1,
    quarantined: int = 0,
) -> int:
    """A delivery with a batch in a state; returns the batch's id."""
    with warehouse.connect() as connection:
        connection.execute(
            """
            insert into audit.deliveries values
            (%s, 's', 'dossiers', %s, null, null, 'simulated', now(), null, %s, 1, 1, 'x', 'x', %s)
            """,
            [name, lot or name, watermark, name],
        )
        reason = "because" if status == "refused" else None
        return connection.execute(
            """
            insert into audit.batches (delivery_id, contract_version, mapping_version, status,
                received_count, loaded_count, unchanged_count, quarantined_count, refusal_reason)
            values (%s, 'c', 'm', %s, 3, %s, %s, %s, %s) returning batch_id
            """,
            [name, status, loaded, 3 - loaded - quarantined, quarantined, reason],
        ).fetchone()[0]


def consumed(warehouse, build_id: int) -> set[int]:
    """The batches listed for a build."""
    rows = warehouse.rows("select batch_id from audit.build_batches where build_id = %s", build_id)
    return {batch_id for (batch_id,) in rows}


def test_a_build_drains_accepted_batches_and_only_those(clean) -> None:
    first, late = accept(clean, "first"), accept(clean, "late")
    accept(clean, "pending", "loaded")
    accept(clean, "bad", "refused")
    with clean.connect("transform") as connection:
        build_id = open_build(connection, "run")
    assert consumed(clean, build_id) == {first, late}


def test_a_batch_accepted_after_a_newer_one_is_not_lost(clean) -> None:
    slow = accept(clean, "slow", "loaded")
    fast = accept(clean, "fast")
    with clean.connect("transform") as connection:
        build_id = open_build(connection, "one")
        close_build(connection, build_id, succeeded=True)
        with clean.connect() as owner:
            owner.execute(
                "update audit.batches set status = 'accepted' where batch_id = %s", [slow]
            )
        second = open_build(connection, "two")
    assert consumed(clean, build_id) == {fast}
    assert consumed(clean, second) == {slow}


def test_the_batches_of_a_failed_build_come_again(clean) -> None:
    batch = accept(clean, "only")
    with clean.connect("transform") as connection:
        failed = open_build(connection, "one")
        close_build(connection, failed, succeeded=False)
        again = open_build(connection, "two")
    assert consumed(clean, again) == consumed(clean, failed) == {batch}


def test_a_build_left_running_by_a_killed_run_counts_as_failed(clean) -> None:
    batch = accept(clean, "only")
    with clean.connect("transform") as connection:
        killed = open_build(connection, "one")
        again = open_build(connection, "two")
    assert clean.value("select status from audit.builds where build_id = %s", killed) == "failed"
    assert consumed(clean, again) == {batch}


def test_nothing_new_opens_no_build(clean) -> None:
    accept(clean, "only")
    with clean.connect("transform") as connection:
        close_build(connection, open_build(connection, "one"), succeeded=True)
        assert open_build(connection, "two") is None
    assert clean.value("select count(*) from audit.builds") == 1


@pytest.fixture
def built(clean):
    """The same, with one batch that a successful build has consumed."""
    accept(clean, "first", lot="lot")
    with clean.connect("transform") as connection:
        close_build(connection, open_build(connection, "one"), succeeded=True)
    return clean


def test_a_batch_that_only_repeats_what_is_known_opens_no_build_and_waits_for_the_next(
    built,
) -> None:
    """A source asked again repeats the overlap, though nothing happened."""
    repeat = accept(built, "repeat", loaded=0)
    with built.connect("transform") as connection:
        assert open_build(connection, "two") is None
        news = accept(built, "news")
        build_id = open_build(connection, "three")
    assert consumed(built, build_id) == {repeat, news}


@pytest.mark.parametrize(
    "told",
    [
        {"quarantined": 1},
        {"lot": "lot"},
        {"watermark": datetime(2024, 1, 31, 11, tzinfo=UTC)},
    ],
    ids=["a rejection", "a corrected lot", "a later time, at which dossiers fall due"],
)
def test_what_is_told_without_a_record_is_built_all_the_same(built, told: dict) -> None:
    batch = accept(built, "second", loaded=0, **told)
    with built.connect("transform") as connection:
        build_id = open_build(connection, "two")
    assert consumed(built, build_id) == {batch}


def test_a_changed_project_is_built_although_no_batch_is_new(clean, tmp_path, monkeypatch) -> None:
    import shutil

    accept(clean, "only")
    with clean.connect("transform") as connection:
        close_build(connection, open_build(connection, "one"), succeeded=True)
        changed = tmp_path / "dbt_project"
        shutil.copytree(PROJECT / "dbt_project", changed)
        (changed / "models" / "new.sql").write_text("select 1")
        monkeypatch.setenv("SIPAS_DBT_PROJECT_DIR", str(changed))
        second = open_build(connection, "two")
    assert second is not None
    assert consumed(clean, second) == set()


def test_before_anything_was_accepted_there_is_no_build(clean) -> None:
    accept(clean, "bad", "refused")
    with clean.connect("transform") as connection:
        assert open_build(connection, "one") is None


def test_as_of_is_the_sources_own_time_not_the_clock(clean) -> None:
    accept(clean, "only")
    with clean.connect("transform") as connection:
        build_id = open_build(connection, "one")
    as_of = clean.value("select as_of_at from audit.builds where build_id = %s", build_id)
    assert as_of == MOMENT


def test_an_overtaken_build_cannot_be_closed(clean) -> None:
    accept(clean, "only")
    with clean.connect("transform") as connection:
        old = open_build(connection, "one")
        close_build(connection, old, succeeded=False)
        open_build(connection, "two")
        with pytest.raises(UserError, match=f"Build {old} was overtaken"):
            close_build(connection, old, succeeded=True)


def test_the_archived_project_is_the_same_bytes_for_the_same_files(clean) -> None:
    first, content = archive_project(PROJECT / "dbt_project")
    assert archive_project(PROJECT / "dbt_project") == (first, content)
    accept(clean, "only")
    with clean.connect("transform") as connection:
        open_build(connection, "one")
    assert (clean.landing / "dbt_projects" / f"{first}.tar").read_bytes() == content
