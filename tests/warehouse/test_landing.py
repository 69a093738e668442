"""Landing: every delivery is stored once, byte for byte, and a kill leaves nothing half-done."""

import hashlib
import os
import random

import handover
import pytest

from sipas import landing
from sipas.errors import UserError
from sipas.loading.batches import load, pending_deliveries
from sipas.sources.inbox import land_file

BODY = handover.page(handover.record())


class Killed(BaseException):
    """Stands for SIGKILL: no `except Exception` may catch it."""


@pytest.fixture
def store(ingest, warehouse):
    return warehouse.landing


def incoming(store, **options):
    given = {"source_code": handover.SOURCE, "delivery_kind": "dossiers"}
    return landing.Incoming(store, **given, data_nature="simulated", **options)


def land_csv(ingest, store, path, body: bytes):
    path.write_bytes(body)
    return land_file(
        ingest,
        store,
        path,
        source_code="reference",
        delivery_kind="reference",
        lot_key=f"reference/{path.stem}",
        subject_code=path.stem,
        data_nature="real",
    )


def files_below(folder) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_every_body_is_stored_byte_for_byte(ingest, store):
    bodies = [random.Random(seed).randbytes(5000 + seed) for seed in range(3)]
    manifest = handover.land_pages(ingest, store, *bodies, b"\xef\xbb\xbf\r\n\x00")
    folder = store / landing.landing_path(manifest)
    stored = [(folder / item.name).read_bytes() for item in manifest.objects]
    assert stored == [*bodies, b"\xef\xbb\xbf\r\n\x00"]
    assert [item.sha256 for item in manifest.objects] == [
        hashlib.sha256(body).hexdigest() for body in stored
    ]
    assert [item.byte_count for item in manifest.objects] == [len(body) for body in stored]


def test_the_manifest_says_what_was_asked_and_when(ingest, store, warehouse):
    manifest = handover.land_pages(
        ingest, store, BODY, watermark=handover.NOON, window_from=handover.NOON.replace(day=9)
    )
    folder = store / landing.landing_path(manifest)
    assert landing.read_manifest(folder) == manifest
    kept = warehouse.rows(
        "select delivery_id, source_code, data_nature, window_from, watermark, object_count, "
        "byte_count, content_sha256, manifest_sha256, received_at from audit.deliveries"
    )
    assert kept == [
        (
            manifest.delivery_id,
            handover.SOURCE,
            "simulated",
            handover.NOON.replace(day=9),
            handover.NOON,
            1,
            len(BODY),
            manifest.content_sha256,
            hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest(),
            manifest.received_at,
        )
    ]


def test_a_source_that_hands_over_nothing_makes_no_delivery(store):
    with pytest.raises(UserError, match=handover.SOURCE), incoming(store) as delivery:
        delivery.commit()
    assert files_below(store) == []


@pytest.mark.parametrize("place", ["body", "manifest", "folder", "rename"])
def test_a_failure_before_the_end_leaves_nothing(ingest, store, warehouse, monkeypatch, place):
    def fail(*_):
        raise OSError(28, "No space left on device")

    def receive():
        with incoming(store) as delivery:
            delivery.add("page-00001.json", BODY)
            monkeypatch.setattr(*places[place], fail)
            delivery.add("page-00002.json", BODY)
            delivery.commit()

    places = {
        "body": (landing, "write_synced"),
        "manifest": (landing.msgspec.json, "format"),
        "folder": (landing, "sync_folder"),
        "rename": (os, "rename"),
    }
    with pytest.raises(OSError, match="No space"):
        receive()
    assert files_below(store) == []
    landing.register_all(ingest, store, "dossiers")
    assert warehouse.value("select count(*) from audit.deliveries") == 0


def test_what_a_killed_run_left_does_not_enter_the_next_delivery(ingest, store, monkeypatch):
    monkeypatch.setattr(landing.Incoming, "__exit__", lambda *_: None)  # nobody cleans up
    with incoming(store) as delivery:
        delivery.add("page-00001.json", b"half")
        delivery.add("page-00002.json", b"a run")
    monkeypatch.undo()
    assert len(files_below(store)) == 2
    landing.register_all(ingest, store, "dossiers")
    assert list(pending_deliveries(ingest, store, "dossiers")) == []
    manifest = handover.land_pages(ingest, store, BODY)
    folder = f"dossiers/{manifest.delivery_id}"
    assert files_below(store) == [f"{folder}/manifest.json", f"{folder}/page-00001.json"]


def test_a_body_is_on_the_disk_before_the_delivery_gets_its_place(store, monkeypatch):
    seen = []
    fsync, rename = os.fsync, os.rename
    monkeypatch.setattr(
        os, "fsync", lambda fd: (seen.append(os.readlink(f"/proc/self/fd/{fd}")), fsync(fd))[1]
    )
    monkeypatch.setattr(os, "rename", lambda a, b: (seen.append("rename"), rename(a, b))[1])
    with incoming(store) as delivery:
        delivery.add("page-00001.json", BODY)
        delivery.commit()
    names = [os.path.basename(path) for path in seen]
    assert names == ["page-00001.json", "manifest.json", handover.SOURCE, "rename", "dossiers"]


def test_a_delivery_whose_run_was_killed_before_it_was_noted_is_noted_later(
    ingest, store, warehouse
):
    with incoming(store) as delivery:
        delivery.add("page-00001.json", BODY)
        manifest = delivery.commit(handover.NOON)  # and killed here: not registered
    assert warehouse.value("select count(*) from audit.deliveries") == 0
    for _ in range(2):
        landing.register_all(ingest, store, "dossiers")
    assert list(pending_deliveries(ingest, store, "dossiers")) == [manifest]
    assert load(ingest, store, manifest).loaded_count == 1


def test_a_file_whose_run_was_killed_before_it_was_noted_is_not_landed_again(
    ingest, store, tmp_path, monkeypatch
):
    def killed(*_):
        raise Killed

    monkeypatch.setattr("sipas.sources.inbox.register", killed)
    with pytest.raises(Killed):
        land_csv(ingest, store, tmp_path / "methods.csv", b"same bytes")
    monkeypatch.undo()
    land_csv(ingest, store, tmp_path / "methods.csv", b"same bytes")
    assert len(list((store / "reference").iterdir())) == 1


def test_the_same_file_twice_is_no_new_delivery(ingest, store, tmp_path, warehouse):
    first = land_csv(ingest, store, tmp_path / "methods.csv", b"a,b\n1,2\n")
    assert land_csv(ingest, store, tmp_path / "methods.csv", b"a,b\n1,2\n") is None
    assert files_below(store) == [
        f"reference/{first.delivery_id}/manifest.json",
        f"reference/{first.delivery_id}/methods.csv",
    ]
    assert warehouse.value("select count(*) from audit.deliveries") == 1


def test_an_older_file_handed_in_again_is_a_new_delivery(ingest, store, tmp_path):
    landed = [
        land_csv(ingest, store, tmp_path / "methods.csv", body) for body in (b"old", b"new", b"old")
    ]
    assert len({manifest.delivery_id for manifest in landed}) == 3
    assert landed[0].content_sha256 == landed[2].content_sha256


def test_equal_files_of_two_lots_are_two_deliveries(ingest, store, tmp_path):
    assert land_csv(ingest, store, tmp_path / "methods.csv", b"same")
    assert land_csv(ingest, store, tmp_path / "rounds.csv", b"same")


def test_the_same_answer_to_another_question_is_another_delivery(store):
    hashes = set()
    for window in (None, handover.NOON):
        with incoming(store, window_from=window) as delivery:
            delivery.add("page-00001.json", BODY)
            hashes.add(delivery.content_sha256)
    assert len(hashes) == 2


@pytest.mark.parametrize("place", [0, len(BODY) // 2, len(BODY) - 1])
def test_a_flipped_bit_is_found_and_named(ingest, store, warehouse, place):
    manifest = handover.land_pages(ingest, store, BODY, BODY)
    path = store / landing.landing_path(manifest) / "page-00002.json"
    body = bytearray(path.read_bytes())
    body[place] ^= 1
    path.write_bytes(body)
    with pytest.raises(UserError, match=manifest.delivery_id + "/page-00002.json"):
        load(ingest, store, manifest)
    assert warehouse.value("select count(*) from audit.batches") == 0
    assert warehouse.value("select count(*) from raw.dossiers") == 0


def test_a_changed_manifest_is_found_and_named(ingest, store):
    """Otherwise a body could be exchanged together with the hash that guards it."""
    manifest = handover.land_pages(ingest, store, BODY)
    path = store / landing.landing_path(manifest) / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b"simulated", b"real"))
    with pytest.raises(UserError, match=manifest.delivery_id):
        list(pending_deliveries(ingest, store, "dossiers"))


def test_a_lost_file_is_named(ingest, store):
    manifest = handover.land_pages(ingest, store, BODY)
    (store / landing.landing_path(manifest) / "page-00001.json").unlink()
    with pytest.raises(UserError, match=manifest.delivery_id + "/page-00001.json"):
        load(ingest, store, manifest)


def test_deliveries_are_loaded_in_the_order_they_came(ingest, store):
    landed = [handover.land_pages(ingest, store, handover.page(number)) for number in range(3)]
    assert list(pending_deliveries(ingest, store, "dossiers")) == landed
