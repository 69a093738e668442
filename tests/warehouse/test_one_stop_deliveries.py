"""Removals, feedback, days down and wrong clocks: what becomes of the watermark and of raw."""

import json
from datetime import datetime, timedelta

import httpx
import psycopg
import pytest
from handover import accept, load_pending
from one_stop_server import CLOCK, serve, source

from simulator.world import Window
from sipas.landing import read_object
from sipas.sources import one_stop_http, session
from sipas.sources.one_stop_http import SourceUnavailable, fetch, fetch_feedback

SOURCE = source()


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch):
    """The tries stay, the pauses between them go."""
    monkeypatch.setattr(session, "sleep", lambda seconds: None)


def load_and_accept(ingest, warehouse) -> None:
    (result,) = load_pending(ingest, warehouse.landing, "dossiers")
    accept(ingest, result)


def test_removed_dossiers_are_part_of_the_same_delivery(ingest, warehouse):
    with serve(removed_share=0.2) as server:
        manifest = fetch(ingest, warehouse.landing, source(removals=True), server.access)
        assert manifest.objects[-1].name == "removed-00001.json"
        told = json.loads(read_object(warehouse.landing, manifest, manifest.objects[-1]))
        assert len(told["data"]) > 5
        load_and_accept(ingest, warehouse)
        assert warehouse.value("select count(*) from raw.dossier_removals") == len(told["data"])
        # The next time only what was removed since the watermark, less the overlap.
        manifest = fetch(ingest, warehouse.landing, source(removals=True), server.access)
        told_again = json.loads(read_object(warehouse.landing, manifest, manifest.objects[-1]))
        assert len(told_again["data"]) < len(told["data"])


def test_feedback_is_a_delivery_with_a_watermark_of_its_own(ingest, warehouse):
    with serve(feedback_share=0.3) as server:
        fetch(ingest, warehouse.landing, SOURCE, server.access)
        load_and_accept(ingest, warehouse)
        told = source(feedback=True)
        manifest = fetch_feedback(ingest, warehouse.landing, told, server.access)
        assert (manifest.delivery_kind, manifest.window_from) == ("feedback", None)
        assert manifest.watermark == CLOCK
        assert one_stop_http.watermark(ingest, told, "feedback") is None
        accept(ingest, *load_pending(ingest, warehouse.landing, "feedback"))
        assert one_stop_http.watermark(ingest, told, "feedback") == CLOCK
        assert warehouse.value("select count(*) from raw.feedback") > 10
        assert fetch_feedback(
            ingest, warehouse.landing, told, server.access
        ).window_from == CLOCK - timedelta(days=1)


def test_a_system_that_was_down_for_two_days_catches_up(ingest, warehouse):
    with serve() as server:
        fetch(ingest, warehouse.landing, SOURCE, server.access)
        load_and_accept(ingest, warehouse)
        httpx.post(f"{server.address}/faults", json={"kind": "source_down"})
        for _ in range(2):
            with pytest.raises(SourceUnavailable, match="mot_cua_xa"):
                fetch(ingest, warehouse.landing, SOURCE, server.access)
            httpx.post(f"{server.address}/clock", json={"advance_days": 1})
        manifest = fetch(ingest, warehouse.landing, SOURCE, server.access)
        assert manifest.window_from == CLOCK - timedelta(days=1)
        load_and_accept(ingest, warehouse)
        assert warehouse.value("select count(distinct dossier_code) from raw.dossiers") == len(
            server.world.changes("mot_cua_xa", "dossiers", Window())
        )


def test_a_source_whose_clock_was_ahead_of_itself_loses_nothing(ingest, warehouse):
    """Its first answers say that it is two years later; then somebody sets its clock right."""
    with serve() as server:
        fetch(ingest, warehouse.landing, SOURCE, server.access)
        load_and_accept(ingest, warehouse)
        httpx.post(f"{server.address}/clock", json={"advance_days": 1})
        httpx.post(f"{server.address}/faults", json={"kind": "clock_skew", "hours": 17_000})
        assert fetch(ingest, warehouse.landing, SOURCE, server.access).watermark.year == 2026
        load_and_accept(ingest, warehouse)
        httpx.delete(f"{server.address}/faults")
        httpx.post(f"{server.address}/clock", json={"advance_days": 5})
        manifest = fetch(ingest, warehouse.landing, SOURCE, server.access)
        assert manifest.window_from == CLOCK - timedelta(days=1)
        assert manifest.watermark == CLOCK + timedelta(days=6)
        load_and_accept(ingest, warehouse)
        assert newest(warehouse) == {
            record["MaHoSo"]: datetime.fromisoformat(record["NgayCapNhat"])
            for record in everything(server)
        }


def test_nobody_else_is_asked_while_a_source_is_being_asked(ingest, warehouse):
    """A backfill and a nightly run share the source's rate limit and its folder."""
    with (
        serve() as server,
        psycopg.connect(warehouse.url("ingest")) as other,
        one_stop_http.one_at_a_time(other, SOURCE),
    ):
        ingest.execute("set lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            fetch(ingest, warehouse.landing, SOURCE, server.access)
    ingest.execute("set lock_timeout = 0")


def newest(warehouse) -> dict:
    """Time of change of the newest version of each dossier that we hold."""
    return dict(
        warehouse.rows(
            "select dossier_code, max(source_updated_at) from raw.dossiers group by dossier_code"
        )
    )


def everything(server) -> list[dict]:
    """What the communes' system holds now."""
    return server.world.records(
        "mot_cua_xa", server.world.changes("mot_cua_xa", "dossiers", Window())
    )
