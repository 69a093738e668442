"""Feedback (phản ánh, kiến nghị): loaded as dossiers are, judged by rules that are rows."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from drawn_feedback import COUNTED, Drawn, expected_results, judge
from handover import accept, load_pending, page
from one_stop_world import LATER, NOW

from sipas.landing import Incoming, register
from sipas.loading.gate import decide
from sipas.release.content import read_marts, scope_of
from sipas.release.lifecycle import AUTOMATIC, approve, freeze, publish
from sipas.release.suppression.survey import Suppression

SYSTEM = "mot_cua_tinh"


def land_feedback(ingest, landing, *bodies: bytes, watermark=NOW):
    with Incoming(
        landing, source_code=SYSTEM, delivery_kind="feedback", data_nature="simulated"
    ) as incoming:
        for number, body in enumerate(bodies, start=1):
            incoming.add(f"page-{number:05d}.json", body)
        manifest = incoming.commit(watermark=watermark)
    register(ingest, landing, manifest)
    return manifest


def one(**changes) -> dict:
    """A good record; `changes` by the vendor's names."""
    life = Drawn("PA-1", "Z1", "2", "1", "DD", NOW - timedelta(days=9))
    return life.record(NOW - timedelta(days=8)) | changes


def take_in(ingest, warehouse, *bodies: bytes):
    land_feedback(ingest, warehouse.landing, *bodies)
    (result,) = load_pending(ingest, warehouse.landing, "feedback")
    accept(ingest, result)
    return result


def counts(result) -> tuple:
    return (
        result.received_count,
        result.loaded_count,
        result.unchanged_count,
        result.quarantined_count,
    )


def test_feedback_becomes_typed_rows_without_persons_and_texts(ingest, warehouse):
    record = one(NgayTraLoi="20240115093000", ChapNhanTraLoi="0", GhiChu="x")
    assert counts(take_in(ingest, warehouse, page(record))) == (1, 1, 0, 0)
    ((row,),) = warehouse.rows("select to_jsonb(feedback) from raw.feedback as feedback")
    assert row["channel"] == "portal"
    assert row["subject"] == "conduct"
    assert row["answered_at"].startswith("2024-01-15T")
    assert row["is_answer_accepted"] is False
    assert row["extra"] == ["GhiChu"]
    assert len(row["handler_hash"]) == 64
    text = json.dumps(row, ensure_ascii=False)
    persons = [record[name] for name in ("HoTen", "SoDienThoai", "NoiDung", "NguoiXuLy")]
    assert [value for value in persons if value in text] == []


def test_every_feedback_record_is_accounted_for(ingest, warehouse):
    changed = one(NgayCapNhat="20240118080000", NgayTraLoi="20240118080000")
    wrong = [
        one(MaPhanAnh="PA-2", LoaiNoiDung="8"),
        one(MaPhanAnh="PA-3", NgayGui="15/01/2024"),
        one(MaPhanAnh="PA-4", NgayBoSung="20240118080000"),
        one(MaPhanAnh="PA-5", NgayCongKhai="20240118080000"),
        one(MaPhanAnh="PA-6", DonViTiepNhan=None),
        one(MaPhanAnh="PA-7", NguoiXuLy={"ten": "Trần Thị Xử Lý"}),
        "no record",
    ]
    assert counts(take_in(ingest, warehouse, page(one(), *wrong), page(one(), changed))) == (
        10,
        2,
        1,
        7,
    )
    assert warehouse.rows(
        "select record_code, field, reason_code from quarantine.records order by position"
    ) == [
        ("PA-2", "LoaiNoiDung", "unknown_code"),
        ("PA-3", "NgayGui", "not_a_moment"),
        ("PA-4", "NgayBoSung", "date_without_its_cause"),
        ("PA-5", "NgayCongKhai", "date_without_its_cause"),
        ("PA-6", "DonViTiepNhan", "contract"),
        ("PA-7", "NguoiXuLy", "contract"),
        (None, "record", "not_an_object"),
    ]
    assert warehouse.value("select count(*) from quarantine.records where reason_vi ~ 'Trần'") == 0
    assert counts(take_in(ingest, warehouse, page(changed, one()))) == (2, 0, 2, 0)


def test_the_hash_of_a_feedback_cannot_be_made_without_the_key(ingest, warehouse, monkeypatch):
    take_in(ingest, warehouse, page(one()))
    monkeypatch.setenv("SIPAS_HASH_KEY", "another key")
    assert counts(take_in(ingest, warehouse, page(one()))) == (1, 1, 0, 0)
    assert warehouse.value("select count(distinct record_sha256) from raw.feedback") == 2


def test_what_somebody_wrote_makes_no_new_version(ingest, warehouse):
    take_in(ingest, warehouse, page(one()))
    again = one(NoiDung="Viết khác", HoTen="Người khác")
    assert counts(take_in(ingest, warehouse, page(again))) == (1, 0, 1, 0)


@pytest.mark.parametrize("body", [b"<html>", b'{"data": 3}', b"[]", b"\xff", b""])
def test_a_page_without_feedback_refuses_the_delivery(ingest, warehouse, body):
    land_feedback(ingest, warehouse.landing, page(one()), body)
    (result,) = load_pending(ingest, warehouse.landing, "feedback")
    assert result.status == "refused"
    assert f"{SYSTEM}, page-00002.json" in result.refusal_reason
    assert warehouse.value("select count(*) from raw.feedback") == 0


def test_the_gate_refuses_feedback_from_the_future(ingest, warehouse):
    land_feedback(ingest, warehouse.landing, page(one(NgayCapNhat="20240120130000")))
    load_pending(ingest, warehouse.landing, "feedback")
    ((_, reason),) = decide(ingest, "feedback")
    assert "thời điểm của hệ thống nguồn" in reason
    land_feedback(ingest, warehouse.landing, page(one()))
    load_pending(ingest, warehouse.landing, "feedback")
    assert [reason for _, reason in decide(ingest, "feedback")] == [None]


@pytest.fixture(scope="module")
def results(one_stop_world) -> dict[datetime, tuple[list[Drawn], dict]]:
    """At each build, what was handed in and the rows of feedback_results."""
    key = ("agency_code", "period_type", "period_start", "breakdown", "breakdown_value")
    return {
        now: (
            one_stop_world.lives[now],
            {tuple(row[name] for name in key): row for row in rows},
        )
        for now, rows in one_stop_world.feedback_results.items()
    }


@pytest.mark.parametrize("now", [NOW, LATER])
def test_feedback_counts_equal_those_of_plain_python(results, now):
    lives, found = results[now]
    expected = expected_results(lives, now)
    assert found.keys() == expected.keys()
    names = [f"{name}_count" for name in COUNTED]
    for key, figures in expected.items():
        row = found[key]
        assert {name: row[name] for name in names} == {name: figures[name] for name in names}, key
        for name in ("on_time_rate", "median_working_days"):
            assert row[name] == figures[name] or row[name] == pytest.approx(
                Decimal(figures[name]), abs=Decimal("1e-12")
            ), (key, name)


def test_each_feedback_has_the_outcome_of_plain_python(one_stop_world):
    found = {
        row["feedback_code"]: (row["outcome"], row["publication"])
        for row in one_stop_world.table("intermediate.int_feedback_outcomes")
    }
    judged = {life.code: judge(life, LATER) for life in one_stop_world.lives[LATER]}
    assert found == {code: (one.outcome, one.publication) for code, one in judged.items()}


def test_every_shape_of_feedback_was_drawn(results):
    _, found = results[NOW]
    sums = {name: sum(row[f"{name}_count"] for row in found.values()) for name in COUNTED}
    assert [name for name, total in sums.items() if total < 10] == []


def test_feedback_falls_due_without_a_new_record(results):
    """The second build brought one record, and that of another agency."""
    before, after = (results[now][1] for now in (NOW, LATER))
    january = ("Z1", "year", date(2024, 1, 1), "all", "all")
    assert after[january]["open_overdue_count"] > before[january]["open_overdue_count"]
    assert after[january]["open_in_time_count"] < before[january]["open_in_time_count"]


def test_feedback_is_published_with_the_rules_it_was_judged_by(one_stop_world):
    with one_stop_world.warehouse.connect("release") as release:
        scope = scope_of("feedback")
        (build_id,) = release.execute("select max(build_id) from audit.builds").fetchone()
        release_id = freeze(
            release, scope, read_marts(release, scope), build_id, Suppression(release)
        )
        approve(release, release_id, AUTOMATIC)
        publish(release, release_id)
        ((rules, nature),) = release.execute(
            "select method_rows -> 'feedback_rules', data_nature from published.releases"
        ).fetchall()
    assert [rule["rule_version"] for rule in rules] == ["pakn-1"]
    assert nature == "simulated"
    published = one_stop_world.table("published.feedback_results")
    assert len(published) == len(one_stop_world.table("marts.feedback_results")) > 100
