"""The end of personal data: originals give way to copies, whole at every step, and on record."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from handover import accept, load_pending, page, record
from old_deliveries import (
    DOSSIER_ROWS,
    FORMS,
    LONG_AGO,
    land,
    limits,
    load_anew,
    take_in,
    tells_of_persons,
)

from sipas import landing
from sipas.cli import main
from sipas.errors import UserError
from sipas.landing import landed_manifest
from sipas.loading.batches import pending_deliveries
from sipas.personal_data import copies
from sipas.personal_data import purge as room
from sipas.personal_data.purge import Limits, purge, purge_delivery


class Killed(BaseException):
    """Stands for SIGKILL: no `except Exception` may catch it."""


def test_the_manifest_of_the_originals_stays_and_the_copy_is_on_record(ingest, warehouse):
    manifest, _ = take_in(ingest, warehouse, FORMS["pages"])
    folder = warehouse.landing / landing.landing_path(manifest)
    original = (folder / "manifest.json").read_bytes()
    purge(ingest, warehouse.landing, limits(), who="An", why="theo quy chế")
    assert (folder / "manifest.json").read_bytes() == original
    assert sorted(os.listdir(folder)) == ["copy", "manifest.json"]
    assert sorted(os.listdir(folder / "copy")) == sorted([*FORMS["pages"], "manifest.json"])
    (row,) = warehouse.rows("select delivery_id, requested_by, reason from audit.purges")
    assert row == (manifest.delivery_id, "An", "theo quy chế")
    again = purge(ingest, warehouse.landing, limits(), who="An", why="lần nữa")
    assert again.deliveries == []


@pytest.mark.parametrize("name", ["page-00001.json", "manifest.json"])
def test_a_changed_copy_is_found_and_named(ingest, warehouse, monkeypatch, name):
    manifest, _ = take_in(ingest, warehouse, FORMS["pages"])
    purge(ingest, warehouse.landing, limits(), who="An", why="")
    path = warehouse.landing / landing.landing_path(manifest) / "copy" / name
    path.write_bytes(path.read_bytes().replace(b"H99.31.01", b"H99.31.02").replace(b":", b": ", 1))
    with pytest.raises(UserError, match=f"copy/{name}"):
        load_anew(ingest, warehouse, monkeypatch)


def test_only_what_is_old_loaded_and_decided_is_purged(ingest, warehouse):
    young, _ = take_in(ingest, warehouse, {"page-00001.json": page(record(1))}, datetime.now(UTC))
    take_in(ingest, warehouse, {"page-00001.json": page(record(2))})
    undecided = land(ingest, warehouse, {"page-00001.json": page(record(3))})
    load_pending(ingest, warehouse.landing, "dossiers")
    unloaded = land(ingest, warehouse, {"page-00001.json": page(record(4))})
    done = purge(ingest, warehouse.landing, limits(), who="An", why="")
    assert len(done.deliveries) == 1
    assert not {m.delivery_id for m in (young, undecided, unloaded)} & set(done.deliveries)


STEPS = ("body", "manifest", "folder", "rename", "noted", "unlink", "after")


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_leaves_the_original_or_the_copy_whole(
    ingest, warehouse, monkeypatch, step
):
    manifest, before = take_in(ingest, warehouse, FORMS["pages"])
    folder = warehouse.landing / landing.landing_path(manifest)
    kill(monkeypatch, step)
    with pytest.raises(Killed):
        purge(ingest, warehouse.landing, limits(), who="An", why="")
    monkeypatch.undo()

    (found,) = [landed_manifest(ingest, warehouse.landing, manifest.delivery_id)]
    for item in found.objects:  # hashes checked
        landing.read_object(warehouse.landing, found, item)
    assert found.is_copy == (step in ("unlink", "after"))
    (after,) = load_anew(ingest, warehouse, monkeypatch)
    assert warehouse.rows(DOSSIER_ROWS, after.batch_id) == warehouse.rows(
        DOSSIER_ROWS, before.batch_id
    )
    accept(ingest, after)
    monkeypatch.undo()
    purge(ingest, warehouse.landing, limits(), who="An", why="")
    assert tells_of_persons(folder) == []
    assert sorted(os.listdir(folder)) == ["copy", "manifest.json"]
    assert warehouse.value("select count(*) from audit.purges") == 1


def kill(monkeypatch, step: str) -> None:
    """The next purge is killed at a step of one delivery."""

    def killed(*_, **__):
        raise Killed

    def killed_after_one(function):
        calls = []

        def run(*arguments):
            if calls:
                raise Killed
            calls.append(arguments)
            return function(*arguments)

        return run

    if step == "body":
        monkeypatch.setattr(copies, "write_object", killed_after_one(copies.write_object))
    elif step == "manifest":
        monkeypatch.setattr(copies, "write_synced", killed)
    elif step == "folder":
        monkeypatch.setattr(copies, "sync_folder", killed)
    elif step == "rename":
        monkeypatch.setattr(copies.os, "rename", killed)
    elif step == "noted":
        monkeypatch.setattr(room, "note", killed)
    elif step == "unlink":
        monkeypatch.setattr(room, "remove_originals", killed)
    else:
        monkeypatch.setattr(room, "sync_folder", killed)


def test_the_copy_is_on_the_disk_before_the_purge_is_noted_and_the_originals_go(
    ingest, warehouse, monkeypatch
):
    manifest, _ = take_in(ingest, warehouse, {"page-00001.json": page(record(1))})
    folder = warehouse.landing / landing.landing_path(manifest)
    seen = []
    fsync, rename, note = os.fsync, os.rename, room.note

    def watch(name, function):
        return lambda *a, **k: (seen.append(name(*a)), function(*a, **k))[1]

    monkeypatch.setattr(os, "fsync", watch(lambda fd: os.readlink(f"/proc/self/fd/{fd}"), fsync))
    monkeypatch.setattr(os, "rename", watch(lambda *_: "rename", rename))
    monkeypatch.setattr(room, "note", watch(lambda *_: "note", note))
    purge_delivery(ingest, warehouse.landing, manifest.delivery_id, who="An", why="")
    assert [os.path.basename(place) for place in seen] == [
        *("page-00001.json", "manifest.json", "copy.incoming", "rename", folder.name, "note"),
        folder.name,
    ]


def test_a_delivery_that_cannot_be_purged_is_named_and_stops_no_other(ingest, warehouse):
    broken, _ = take_in(ingest, warehouse, {"page-00001.json": page(record(1))})
    whole, _ = take_in(ingest, warehouse, {"page-00001.json": page(record(2))})
    path = warehouse.landing / landing.landing_path(broken) / "page-00001.json"
    path.write_bytes(b"other bytes")
    done = purge(ingest, warehouse.landing, limits(), who="An", why="")
    assert done.deliveries == [whole.delivery_id]
    (failure,) = done.failures
    assert broken.delivery_id in failure
    assert path.exists()


def test_applicants_end_with_their_time_and_on_record(ingest, warehouse):
    take_in(ingest, warehouse, {"page-00001.json": page(record(1), record(2))})
    take_in(ingest, warehouse, {"page-00001.json": page(record(3))}, datetime.now(UTC))
    assert room.count_applicants(ingest, limits()) == 2
    done = purge(ingest, warehouse.landing, limits(), who="An", why="theo quy chế")
    assert done.applicant_count == 2
    assert warehouse.rows("select dossier_code from pii.applicants") == [("H99.31.01-240105-0003",)]
    *_, row = warehouse.rows(
        "select deleted_count, requested_by, reason from audit.applicant_purges "
        "order by applicant_purge_id"
    )
    assert row == (2, "An", "theo quy chế")


def test_young_applicants_cannot_be_deleted(ingest, warehouse):
    take_in(ingest, warehouse, {"page-00001.json": page(record(1))})
    young = limits(applicants_before=datetime.now(UTC) - timedelta(days=29))
    with pytest.raises(Exception, match="at least 30 days"):
        purge(ingest, warehouse.landing, young, who="An", why="")
    assert warehouse.value("select count(*) from pii.applicants") == 1


def test_the_command_tells_first_and_purges_when_somebody_asks(ingest, warehouse):
    manifest, _ = take_in(ingest, warehouse, FORMS["pages"])
    take_in(ingest, warehouse, {"page-00001.json": page(record(3))}, datetime.now(UTC))

    def sipas(*arguments: str):
        return CliRunner().invoke(main, ["personal-data", "purge", *arguments])

    told = sipas("--dry-run")
    assert told.output.splitlines()[0] == f"due: {manifest.delivery_id}"
    assert "due: 5 applicants" in told.output
    assert "--by" in sipas().output
    assert warehouse.value("select count(*) from audit.purges") == 0
    done = sipas("--by", "An")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("1 deliveries are copies without persons now, 5 applicants")
    assert "SIPAS_PURGE_ORIGINALS_AFTER_DAYS=365" in warehouse.value(
        "select reason from audit.purges"
    )


@pytest.mark.parametrize("value", ["29", "soon", "-1", "1.5"])
def test_a_time_that_is_none_or_too_short_is_refused(monkeypatch, value):
    monkeypatch.setenv("SIPAS_PURGE_ORIGINALS_AFTER_DAYS", value)
    with pytest.raises(UserError, match="SIPAS_PURGE_ORIGINALS_AFTER_DAYS"):
        Limits.of_settings()


def test_a_purged_delivery_is_no_new_one_and_waits_for_nothing(ingest, warehouse):
    take_in(ingest, warehouse, FORMS["pages"])
    purge(ingest, warehouse.landing, limits(), who="An", why="")
    landing.register_all(ingest, warehouse.landing, "dossiers")
    assert warehouse.value("select count(*) from audit.deliveries") == 1
    assert list(pending_deliveries(ingest, warehouse.landing, "dossiers")) == []


def test_what_was_being_received_long_ago_is_deleted(ingest, warehouse):
    for name, moment in (("gone", LONG_AGO), ("resumed", datetime.now(UTC))):
        folder = warehouse.landing / ".incoming" / name
        folder.mkdir(parents=True)
        (folder / "page-00001.json").write_bytes(page(record(1)))
        for path in (folder / "page-00001.json", folder):
            os.utime(path, (moment.timestamp(), moment.timestamp()))
    purge(ingest, warehouse.landing, limits(), who="An", why="")
    assert os.listdir(warehouse.landing / ".incoming") == ["resumed"]
