"""Damage of every class, injected one by one: each is found, and named by the right check."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from damages import BY_SQL, DELIVERIES, ONLY_BY_RELOADING, RELEASE
from released import as_role, released_world, taken_back

from sipas.builds import project_path
from sipas.landing import COPY, read_manifest
from sipas.local.scratch import Warehouse
from sipas.personal_data.copies import write_copy
from sipas.personal_data.purge import remove_originals
from sipas.release.content import read_release
from sipas.release.verify.raw_rows import check_rows
from sipas.release.verify.recompute import compare_release, run_models
from sipas.release.verify.report import LIMITED, Check, Report
from sipas.release.verify.scratch import scratch_warehouse
from sipas.release.verify.verification import (
    Subject,
    Wanted,
    archived_folder,
    check_group,
    read_subject,
    recompute_in,
    verify_releases,
)

HUE_2023 = "hue-2023-sim-r1"
HASHES_ONLY = Wanted(recomputation=False)
WITHOUT_GUARD = "alter table {0} disable trigger user; {1}; alter table {0} enable trigger user"


@pytest.fixture(scope="module")
def released(built) -> Iterator[psycopg.Connection]:
    with released_world(built) as connection:
        yield connection


@dataclass
class Recomputed:
    """The releases recomputed once; who damages the warehouse compares with it again."""

    scratch: Warehouse
    group: list[Subject]
    purged: str

    def subject(self, release_id: str = RELEASE) -> Subject:
        return next(s for s in self.group if s.noted.release["release_id"] == release_id)


@contextmanager
def purged(built, released) -> Iterator[str]:
    """A delivery of dossiers whose original gave way to its copy; it comes back at the end."""
    path, sha256, delivery_id = released.execute(
        "select landing_path, manifest_sha256, delivery_id from audit.deliveries "
        "where delivery_kind = 'dossiers' order by byte_count limit 1"
    ).fetchone()
    folder = built.landing / path
    manifest = read_manifest(folder, sha256)
    originals = {item.name: (folder / item.name).read_bytes() for item in manifest.objects}
    copy_sha256, byte_count = write_copy(built.landing, manifest)
    try:
        remove_originals(built.landing, manifest)
        with taken_back(released):
            released.execute(
                "insert into audit.purges values (%s, %s, %s, 'test', 'test', now())",
                [delivery_id, copy_sha256, byte_count],
            )
            yield delivery_id
    finally:
        for name, body in originals.items():
            (folder / name).write_bytes(body)
        shutil.rmtree(folder / COPY)


@pytest.fixture(scope="module")
def recomputed(built, released) -> Iterator[Recomputed]:
    """All releases of the demo, recomputed once in a scratch warehouse by the archived and by
    today's project; one delivery was purged before."""
    names = [
        name
        for (name,) in released.execute(
            "select release_id from release.releases where status = 'published' order by 1"
        )
    ]
    with purged(built, released) as delivery_id, scratch_warehouse() as scratch:
        with as_role(released, "audit"):
            group = [read_subject(released, name) for name in names]
            check_group(group, built.landing, HASHES_ONLY, released)
            wanted = Wanted(current_project=True)
            recompute_in(scratch, group, built.landing, wanted, released)
        yield Recomputed(scratch, group, delivery_id)


def verified(built, released, release_id: str = RELEASE) -> Report:
    """All checks but the recomputation, with the rights of the audit role."""
    with as_role(released, "audit"):
        (report,) = verify_releases(released, built.landing, [release_id], HASHES_ONLY)
    return report


def wrong(built, released) -> list[str]:
    """The checks that find something; the chain has tests of its own."""
    return [code for code in verified(built, released).wrong if code != "chain"]


def damage(released, table: str, statement: str) -> None:
    """What somebody with the owner's rights does who switches the guards of a table off."""
    with as_role(released, "owner"):
        for part in WITHOUT_GUARD.format(table, statement).split("; "):
            done = released.execute(part)
            assert done.rowcount != 0, "the damage touched no row"


def test_nothing_is_found_where_nothing_is_damaged(built, released) -> None:
    report = verified(built, released)
    assert report.wrong == []
    assert all(check.compared for check in report.checks if check.code != "recompute")


@pytest.mark.parametrize(("table", "statement", "found"), BY_SQL.values(), ids=BY_SQL)
def test_damage_in_the_database_is_found(built, released, table, statement, found) -> None:
    with taken_back(released):
        damage(released, table, statement)
        assert wrong(built, released) == found


@contextmanager
def replaced(path: Path, body: bytes | None) -> Iterator[None]:
    """Other bytes in a landed file (None: the file is gone), and those that were there again."""
    before = path.read_bytes()
    if body is None:
        path.unlink()
    else:
        path.write_bytes(body)
    try:
        yield
    finally:
        path.write_bytes(before)


def flipped(path: Path) -> bytes:
    """The bytes of a file with one bit of the middle turned."""
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    return bytes(body)


def landed_files(built, released) -> list[Path]:
    """The landed workbook of the round, its manifest and the archive of the project."""
    (folder,) = released.execute(
        "select landing_path from audit.deliveries where subject_code = 'hue-2023-sim' "
        "and delivery_kind = 'survey_forms'"
    ).fetchone()
    (project,) = released.execute("select max(dbt_project_sha256) from audit.builds").fetchone()
    (workbook,) = (built.landing / folder).glob("*.xlsx")
    return [workbook, workbook.parent / "manifest.json", project_path(built.landing, project)]


@pytest.mark.parametrize("how", ["flipped", "gone"])
@pytest.mark.parametrize(
    ("number", "found"),
    [(0, "landed"), (1, "landed"), (2, "project")],
    ids=["landed bytes", "manifest", "archived project"],
)
def test_damage_in_the_landing_folder_is_found(built, released, number, found, how) -> None:
    path = landed_files(built, released)[number]
    with replaced(path, flipped(path) if how == "flipped" else None):
        assert wrong(built, released) == [found]


def test_a_manifest_that_was_edited_with_its_noted_hash_is_found(built, released) -> None:
    """The manifest does not agree with itself, nor with what the database repeats of it."""
    path = landed_files(built, released)[1]
    edited = path.read_bytes().replace(b'"data_nature": "simulated"', b'"data_nature": "real"')
    assert edited != path.read_bytes()
    with replaced(path, edited), taken_back(released):
        sha256 = hashlib.sha256(edited).hexdigest()
        where = f"where landing_path like '%{path.parent.name}'"
        statement = f"update {DELIVERIES} set manifest_sha256 = '{sha256}' {where}"
        damage(released, DELIVERIES, statement)
        report = verified(built, released)
        assert report.wrong == ["landed"]
        assert "data_nature" in report.find("landed").faults[0]


def test_every_figure_of_every_release_comes_out_equal(recomputed) -> None:
    """From the landed bytes alone, with the archived and with today's project: every cell."""
    for subject in recomputed.group:
        assert subject.report.wrong == [], subject.report.text()
    hue = recomputed.subject(HUE_2023)
    cells = sum(len(t.rows) * len(t.columns) for t in hue.content.tables.values())
    for code in ("recompute", "current"):
        assert hue.report.find(code).compared > cells > 10_000
    assert hue.report.find("rows").compared > 100_000


def test_a_purged_original_is_verified_by_its_copy_and_that_is_told(recomputed) -> None:
    report = recomputed.subject().report
    assert report.exit_code == LIMITED
    (limit,) = report.find("landed").limits
    assert recomputed.purged in limit


@pytest.mark.parametrize(("table", "statement"), ONLY_BY_RELOADING.values(), ids=ONLY_BY_RELOADING)
def test_a_row_edited_consistently_is_found_by_loading_again(
    built, released, recomputed, table, statement
) -> None:
    with taken_back(released), recomputed.scratch.connect() as scratch:
        damage(released, table, statement)
        assert wrong(built, released) == []
        check = Check("rows", "", "")
        with as_role(released, "audit"):
            check_rows(released, scratch, recomputed.subject().noted, set(), check)
    assert {item.table for item in check.differences} == {table}
    assert len(check.differences) == 1


def test_a_release_edited_with_its_hash_is_found_by_recomputing(
    built, released, recomputed
) -> None:
    """Content and hash agree with each other again, and not with the landed bytes."""
    with taken_back(released):
        table, edit, _ = BY_SQL["a released row edited"]
        damage(released, table, edit)
        sha256 = read_release(released, RELEASE).sha256
        statement = (
            f"update release.releases set content_sha256 = '{sha256}' "
            f"where release_id = '{RELEASE}'"
        )
        damage(released, "release.releases", statement)
        assert wrong(built, released) == []
        edited = read_release(released, RELEASE)
    check = Check("recompute", "", "")
    compare_release(recomputed.scratch, recomputed.subject().noted, edited, check)
    (difference,) = check.differences
    assert (difference.table, difference.column) == ("criterion_results", "index_rounded")
    assert difference.noted != difference.found


def test_a_release_edited_with_its_hash_breaks_the_chain(built, released) -> None:
    """What followed it names the hash that it had."""
    with taken_back(released):
        with as_role(released, "release"):
            released.execute(
                "insert into release.releases select (jsonb_populate_record(r, "
                "jsonb_build_object('release_id', 'next', 'status', 'candidate', "
                "'supersedes', release_id, 'previous_sha256', content_sha256, "
                "'chain_position', null, 'chain_sha256', null))).* "
                "from release.releases as r where release_id = %s",
                [RELEASE],
            )
        assert verified(built, released).wrong == []
        statement = (
            "update release.releases set content_sha256 = repeat('0', 64) "
            f"where release_id = '{RELEASE}'"
        )
        damage(released, "release.releases", statement)
        assert verified(built, released).wrong == ["chain", "content"]


def test_a_project_replaced_with_its_noted_hash_is_found_by_recomputing(
    recomputed, tmp_path
) -> None:
    """A project that reckons otherwise gives other figures, whatever hash was noted for it."""
    project = archived_folder(recomputed.scratch)
    model = project / "models" / "marts" / "units_of_today.sql"
    with replaced(model, model.read_bytes().replace(b"from final", b"from final limit 1")):
        run_models(project, ["units_of_today"])
    subject = recomputed.subject("units-r1")
    check = Check("recompute", "", "")
    compare_release(recomputed.scratch, subject.noted, subject.content, check)
    assert len(check.differences) == len(subject.content.tables["units_of_today"].rows) - 1
