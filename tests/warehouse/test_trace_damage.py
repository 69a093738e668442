"""Tracing tells honestly what no longer adds up, and what is left of what landed."""

import shutil
from collections.abc import Iterator

import psycopg
import pytest
from traced import HUE, of, way

from sipas.landing import landed_manifest
from sipas.personal_data.copies import write_copy
from sipas.personal_data.purge import note, remove_originals
from sipas.release.trace.origins import origins
from sipas.release.trace.released import Released, find_release
from sipas.release.trace.render import check_lines, object_lines
from sipas.release.trace.result import Trace


@pytest.fixture
def connection(released) -> Iterator[psycopg.Connection]:
    """A connection of the audit role, which `sipas trace` uses."""
    with psycopg.connect(released.url("audit")) as made:
        yield made
        made.rollback()


@pytest.fixture
def owner(released) -> Iterator[psycopg.Connection]:
    """A connection of the owner: damage is done in a transaction and taken back."""
    with psycopg.connect(released.url("owner")) as made:
        yield made
        made.rollback()


DAMAGE = {
    "an answer rewritten": (
        "update raw.survey_answers set score = 1 where item_code = '1.1.1' and score = 5 "
        "and position = (select min(position) from raw.survey_answers where item_code = '1.1.1' "
        "and score = 5 and batch_id = survey_answers.batch_id)",
        {"Giá trị chính xác"},
    ),
    "an answer taken away": (
        "delete from raw.survey_answers where item_code = '1.1.1' and position = 7",
        {"Số trả lời hợp lệ", "Giá trị chính xác"},
    ),
    "a form moved to another round": (
        "update raw.survey_forms set round_code = 'elsewhere' where position = 9",
        {"Số phiếu của mẫu", "Số trả lời hợp lệ", "Giá trị chính xác"},
    ),
    "a frozen figure edited by the owner": (
        "alter table release.criterion_results disable trigger user; "
        "update release.criterion_results set index_rounded = 82.00, index_value = 82 "
        "where release_id = 'hue-2023-sim-r1' and indicator_code = '1.1.1'",
        {"Giá trị chính xác", "Giá trị in ra"},
    ),
    "a method row edited by the owner": (
        "alter table release.releases disable trigger user; "
        "update release.releases set method_rows = "
        """replace(method_rows::text, '"scale_max": 5', '"scale_max": 4')::jsonb """
        "where release_id = 'hue-2023-sim-r1'",
        {"Giá trị chính xác", "Giá trị in ra"},
    ),
    "a batch declared refused": (
        "update audit.batches set status = 'refused', refusal_reason = 'x' where batch_id = any("
        "select batch_id from raw.survey_forms where round_code = 'hue-2023-sim')",
        {"Số phiếu của mẫu", "Số trả lời hợp lệ", "Giá trị chính xác", "Giá trị in ra"},
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_rows_that_do_not_add_up_are_told_honestly(released, owner, damage):
    statements, found = DAMAGE[damage]
    touched = [owner.execute(statement).rowcount for statement in statements.split("; ")]
    assert touched[-1] > 0
    trace = way(of(owner, released, HUE), "gso:46", "1.1.1")
    assert trace.adds_up is False
    assert found <= {check.what_vi for check in trace.checks if not check.is_equal}
    lines = check_lines(trace)
    assert "Kết luận: không khớp." in lines[-1]


def test_a_dossier_that_is_changed_afterwards_is_found(released, owner):
    changed = owner.execute(
        "update raw.dossiers set processed_at = processed_at + interval '400 days' "
        "where agency_code = 'H99.01'"
    )
    assert changed.rowcount > 0
    trace = way(of(owner, released, "scorecards"), "H99.01", "on_time_rate", period="2023")
    assert trace.adds_up is False


def test_what_came_after_the_build_is_no_part_of_the_way(released, owner):
    """A corrected file, accepted since, changes nothing: its batch is not the build's."""
    before = way(of(owner, released, HUE), "gso:46", "1.1.1")
    ((delivery, batch),) = owner.execute(
        "select delivery_id, batch_id from published.release_deliveries "
        "where release_id = 'hue-2023-sim-r1' and delivery_kind = 'survey_forms'"
    ).fetchall()
    (newer,) = owner.execute(
        "insert into audit.batches (delivery_id, contract_version, mapping_version, status, "
        "received_count, loaded_count, unchanged_count, quarantined_count) "
        "values (%s, 'c', 'm', 'accepted', 0, 0, 0, 0) returning batch_id",
        [delivery],
    ).fetchone()
    (current,) = owner.execute(
        "select max(batch_id) from audit.current_batches where subject_code = 'hue-2023-sim' "
        "and delivery_kind = 'survey_forms'"
    ).fetchone()
    assert current == newer > batch
    after = way(of(owner, released, HUE), "gso:46", "1.1.1")
    assert after.batch_rows == before.batch_rows == {batch: 558}
    assert after.adds_up is True


def test_after_a_purge_the_copy_is_named(released, owner, tmp_path):
    """What is left of the delivery is a copy without persons; its hash is told."""
    release = find_release(owner, "scorecards", tmp_path)
    trace = way(release, "H99.01", "received_count", period="2023")
    (batch,) = sorted(trace.batch_rows)[:1]
    ((delivery, path),) = owner.execute(
        "select delivery_id, landing_path from audit.batches inner join audit.deliveries "
        "using (delivery_id) where batch_id = %s",
        [batch],
    ).fetchall()
    shutil.copytree(released.landing / path, tmp_path / path)
    manifest = landed_manifest(owner, tmp_path, delivery)
    copy_sha256, byte_count = write_copy(tmp_path, manifest)
    note(owner, [delivery, copy_sha256, byte_count, "kiểm thử", "hết hạn"])
    remove_originals(tmp_path, manifest)
    (told,) = [b for b in origins(release, trace)["batches"] if b["batch_id"] == batch]
    assert told["copy_sha256"] == copy_sha256
    assert told["path"].endswith("/copy")
    assert {item["state"] for item in told["objects"]} == {"there"}
    text = "\n".join(object_lines(told))
    assert "bản gốc đã xóa" in text
    assert copy_sha256 in text


def test_a_landed_object_that_is_gone_or_cut_is_told(released, connection, tmp_path):
    release = find_release(connection, HUE, tmp_path)
    trace = way(release, "gso:46", "1.1.1")
    (batch,) = origins(of(connection, released, HUE), trace)["batches"]
    shutil.copytree(released.landing / batch["landing_path"], tmp_path / batch["landing_path"])
    path = tmp_path / batch["landing_path"] / batch["objects"][0]["name"]
    path.write_bytes(path.read_bytes()[:-1])
    assert object_states(release, trace) == ["changed"]
    path.unlink()
    release.kept.clear()
    assert object_states(release, trace) == ["missing"]


def object_states(released: Released, trace: Trace) -> list[str]:
    return [o["state"] for b in origins(released, trace)["batches"] for o in b["objects"]]
