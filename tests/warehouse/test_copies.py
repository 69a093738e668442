"""A copy without persons tells of nobody and loads like its original."""

import json

import msgspec
import pytest
from handover import NOON, accept, load_pending, page
from old_deliveries import (
    DOSSIER_ROWS,
    FAULT_ROWS,
    FORMS,
    PERSONS,
    REMOVAL_ROWS,
    land,
    limits,
    load_anew,
    take_in,
    tells_of_persons,
)

from sipas import landing
from sipas.contracts import feedback
from sipas.landing import landed_manifest
from sipas.personal_data.purge import purge


@pytest.mark.parametrize("form", FORMS)
def test_a_copy_has_no_persons_and_loads_like_the_original(ingest, warehouse, monkeypatch, form):
    manifest, before = take_in(ingest, warehouse, FORMS[form])
    folder = warehouse.landing / landing.landing_path(manifest)
    if "cut off and" not in form:
        assert len(tells_of_persons(folder)) > 3
    assert before.status == ("refused" if "cut off" in form else "loaded")
    done = purge(ingest, warehouse.landing, limits(), who="An", why="theo quy chế")
    assert (done.deliveries, done.failures) == ([manifest.delivery_id], [])
    assert tells_of_persons(folder) == []
    copied = landed_manifest(ingest, warehouse.landing, manifest.delivery_id)
    assert [item.name for item in copied.objects] == list(FORMS[form])
    assert copied.is_copy

    (after,) = load_anew(ingest, warehouse, monkeypatch)
    assert after.status == before.status
    assert after.received_count == before.received_count
    assert after.quarantined_count == before.quarantined_count
    for query in (DOSSIER_ROWS, REMOVAL_ROWS, FAULT_ROWS):
        rows = warehouse.rows(query, after.batch_id)
        assert rows == warehouse.rows(query, before.batch_id)
        told = json.dumps(rows, ensure_ascii=False)
        assert [value for value in PERSONS if value in told] == []
    kept = warehouse.value("select count(*) from raw.dossiers where handler_hash is not null")
    assert kept > 2 or before.status == "refused"


FEEDBACK = dict.fromkeys(feedback.load_mapping("mot_cua_iso").fields.values()) | {
    "MaPhanAnh": "PA-1",
    "DonViTiepNhan": "H99.31.01",
    "NgayCapNhat": NOON.isoformat(),
    "NgayGui": NOON.isoformat(),
    "HoTen": "Võ Ẩn Danh",
    "SoDienThoai": "0000000001",
    "NoiDung": "Gửi bà Hoa",
    "NguoiXuLy": "Trần Thị Xử Lý",
}


def test_a_copy_of_feedback_has_no_persons_and_loads_like_the_original(
    ingest, warehouse, monkeypatch
):
    bad = FEEDBACK | {"MaPhanAnh": "PA-2", "NguoiXuLy": {"HoTen": "Võ Ẩn Danh"}}
    objects = {"page-00001.json": page(FEEDBACK, bad)}
    manifest = land(ingest, warehouse, objects, kind="feedback")
    (before,) = load_pending(ingest, warehouse.landing, "feedback")
    assert (before.loaded_count, before.quarantined_count) == (1, 1)
    accept(ingest, before)
    done = purge(ingest, warehouse.landing, limits(), who="An", why="")
    assert done.deliveries == [manifest.delivery_id]
    assert tells_of_persons(warehouse.landing / landing.landing_path(manifest)) == []
    made = msgspec.structs.replace(feedback.load_mapping("mot_cua_iso"), version="anew")
    monkeypatch.setattr(feedback, "load_mapping", lambda _: made)
    (after,) = load_pending(ingest, warehouse.landing, "feedback")
    rows = DOSSIER_ROWS.replace("raw.dossiers", "raw.feedback")
    for query in (rows, FAULT_ROWS):
        assert warehouse.rows(query, after.batch_id) == warehouse.rows(query, before.batch_id)
        assert warehouse.rows(query, after.batch_id)
