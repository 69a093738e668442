"""Counts of source and warehouse: what differs is found, fetched once more, and told when it
stays."""

import json
from collections import Counter
from datetime import date, timedelta

import msgspec
import pytest
import yaml
from handover import accept, load_pending
from one_stop_server import CLOCK, Server, serve, source

from sipas.contracts.mapping import load_mapping
from sipas.landing import read_manifest
from sipas.sources import session
from sipas.sources.one_stop_http import fetch
from sipas.sources.reconcile import OUR_REMOVALS, confirm, reconcile, unannounced

SOURCE = source()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(session, "sleep", lambda seconds: None)
    with serve() as made:
        yield made


@pytest.fixture
def filled(ingest, warehouse, server, tmp_path, monkeypatch) -> Server:
    """A warehouse that holds what the source held, without being told of removals."""
    path = tmp_path / "sources.yml"
    entry = {"kind": "http", **msgspec.to_builtins(SOURCE)}
    path.write_text(yaml.safe_dump({"one_stop": [entry], "surveys": {"mapping": "x"}}))
    monkeypatch.setenv("SIPAS_SOURCES_FILE", str(path))
    fetch(ingest, warehouse.landing, SOURCE, server.access)
    take_in(ingest, warehouse)
    return server


def take_in(ingest, warehouse) -> None:
    accept(ingest, *load_pending(ingest, warehouse.landing, "dossiers"))


def run(ingest, warehouse, server) -> tuple[list[date], list]:
    """A nightly run: the days that differed, and what still does."""
    days = reconcile(ingest, warehouse.landing, SOURCE, server.access)
    take_in(ingest, warehouse)
    return days, confirm(ingest, SOURCE, server.access)


def some_dossier(warehouse) -> tuple[str, str, date]:
    """Agency, code and day of a dossier within the window."""
    return warehouse.rows(
        "select agency_code, dossier_code, (submitted_at at time zone 'Asia/Ho_Chi_Minh')::date "
        "from raw.dossiers where submitted_at > '2024-01-20' order by dossier_code limit 1"
    )[0]


def forget(warehouse, code: str) -> None:
    """As if the dossier had never come."""
    with warehouse.connect() as owner:
        owner.execute("delete from raw.dossiers where dossier_code = %s", [code])


def test_equal_counts_are_noted_and_nothing_is_fetched(ingest, warehouse, filled):
    assert run(ingest, warehouse, filled) == ([], [])
    noted = warehouse.rows(
        "select count(*), bool_and(is_equal), min(day_on), max(day_on), sum(source_count) "
        "from audit.reconciliations"
    )[0]
    assert noted[0] > 20
    assert noted[1] is True
    assert CLOCK.date() - timedelta(days=20) <= noted[2] < noted[3] < CLOCK.date()
    assert noted[4] > 50
    assert warehouse.value("select count(*) from audit.deliveries") == 1


def test_a_dossier_that_was_lost_is_fetched_with_its_day_and_no_other(ingest, warehouse, filled):
    agency, code, day = some_dossier(warehouse)
    before = warehouse.value("select count(*) from raw.dossiers")
    forget(warehouse, code)
    assert run(ingest, warehouse, filled) == ([day], [])
    assert warehouse.value("select count(*) from raw.dossiers") == before
    delivery, first, last, mark = warehouse.rows(
        "select delivery_id, days_from, days_to, watermark from audit.deliveries "
        "order by received_at desc limit 1"
    )[0]
    assert (first, last, mark) == (day, day, None)
    assert warehouse.rows(
        "select agency_code, day_on, source_count - warehouse_count, delivery_id "
        "from audit.reconciliations where not is_equal"
    ) == [(agency, day, 1, delivery)]


def test_a_dossier_that_went_without_a_word_becomes_a_tombstone_that_is_marked_as_ours(
    ingest, warehouse, filled
):
    agency, code, day = some_dossier(warehouse)
    filled.world.remove(lambda system, held: held == code)
    assert run(ingest, warehouse, filled) == ([day], [])
    assert warehouse.rows(
        "select agency_code, dossier_code, source_code, removed_at from raw.dossier_removals"
    ) == [(agency, code, SOURCE.code, CLOCK)]
    folder = warehouse.landing / warehouse.value(
        "select landing_path from audit.deliveries order by received_at desc limit 1"
    )
    ours = json.loads((folder / OUR_REMOVALS).read_bytes())
    assert ours["made_by"] == "sipas reconcile_one_stop"
    assert "không phải do hệ thống nguồn gửi" in ours["note_vi"]
    assert ours["as_of"] == CLOCK.isoformat()
    assert ours["data"] == [{"MaHoSo": code, "DonViXuLy": agency, "NgayXoa": CLOCK.isoformat()}]
    listed = [item.name for item in read_manifest(folder).objects]
    assert listed == ["page-00001.json", OUR_REMOVALS]
    # And the next night is quiet.
    assert run(ingest, warehouse, filled) == ([], [])


def test_the_last_dossier_of_a_day_may_go_too(ingest, warehouse, filled):
    _, _, day = some_dossier(warehouse)
    codes = {
        code
        for (code,) in warehouse.rows(
            "select dossier_code from raw.dossiers "
            "where (submitted_at at time zone 'Asia/Ho_Chi_Minh')::date = %s",
            day,
        )
    }
    filled.world.remove(lambda system, held: held in codes)
    assert run(ingest, warehouse, filled) == ([day], [])
    assert warehouse.value("select count(*) from raw.dossier_removals") == len(codes)


def test_what_still_differs_is_told_with_source_agency_day_and_both_counts(
    ingest, warehouse, filled
):
    agency, code, day = some_dossier(warehouse)
    forget(warehouse, code)
    reconcile(ingest, warehouse.landing, SOURCE, filled.access)  # and it is not loaded
    (left,) = confirm(ingest, SOURCE, filled.access)
    held = warehouse.value(
        "select count(distinct dossier_code) from raw.dossiers where agency_code = %s "
        "and (submitted_at at time zone 'Asia/Ho_Chi_Minh')::date = %s",
        agency,
        day,
    )
    assert str(left) == (
        f"mot_cua_xa, {agency}, {day}: the source holds {held + 1} dossiers, the warehouse {held}"
    )


def test_a_refused_batch_does_not_count_as_held(ingest, warehouse, filled):
    with warehouse.connect() as owner:
        owner.execute("update audit.batches set status = 'refused', refusal_reason = 'test' ")
    assert reconcile(ingest, warehouse.landing, SOURCE, filled.access) == []  # no watermark yet
    fetch(ingest, warehouse.landing, source(page_size=39), filled.access)
    take_in(ingest, warehouse)
    assert run(ingest, warehouse, filled) == ([], [])


def test_nothing_is_called_removed_where_the_list_is_not_whole():
    day = date(2024, 1, 20)
    held = [("A", "A-1", CLOCK, day), ("A", "A-2", CLOCK, day), ("B", "B-1", CLOCK, day)]
    listed = [("A", "A-1", day)]
    assert unannounced(held, listed, {("A", day): 1}) == [("A", "A-2", CLOCK), ("B", "B-1", CLOCK)]
    assert unannounced(held, listed, {("A", day): 2, ("B", day): 1}) == []


def test_a_dossier_whose_day_of_filing_was_corrected_is_not_called_removed():
    old, new = date(2024, 1, 20), date(2024, 1, 25)
    held = [("A", "A-1", CLOCK, old)]
    assert unannounced(held, [("A", "A-1", new)], Counter({("A", new): 1})) == []


def test_times_of_our_tombstones_are_written_as_the_vendor_writes_them():
    from sipas.sources.reconcile import as_written

    for name, written in (
        ("mot_cua_iso", "2024-01-31T17:00:00+07:00"),
        ("mot_cua_compact", "20240131170000"),
    ):
        mapping = load_mapping(name)
        assert as_written(CLOCK, mapping) == written
        assert mapping.moment(written) == CLOCK


def test_a_vendor_with_its_own_way_of_writing_times_is_reconciled_too(
    ingest, warehouse, filled, monkeypatch
):
    """The provincial system writes 20240131170000: read in its counts, written in our removals."""
    provincial = source(
        code="mot_cua_tinh", path="/systems/mot_cua_tinh", mapping="mot_cua_compact"
    )
    path = warehouse.folder / "provincial.yml"
    entry = {"kind": "http", **msgspec.to_builtins(provincial)}
    path.write_text(yaml.safe_dump({"one_stop": [entry], "surveys": {"mapping": "x"}}))
    monkeypatch.setenv("SIPAS_SOURCES_FILE", str(path))
    fetch(ingest, warehouse.landing, provincial, filled.access)
    take_in(ingest, warehouse)
    assert reconcile(ingest, warehouse.landing, provincial, filled.access) == []
    code, day = warehouse.rows(
        "select dossier_code, (submitted_at at time zone 'Asia/Ho_Chi_Minh')::date "
        "from raw.dossiers where source_code = 'mot_cua_tinh' and submitted_at > '2024-01-20' "
        "order by dossier_code limit 1"
    )[0]
    filled.world.remove(lambda system, held: held == code)
    assert reconcile(ingest, warehouse.landing, provincial, filled.access) == [day]
    take_in(ingest, warehouse)
    assert confirm(ingest, provincial, filled.access) == []
    assert warehouse.rows("select dossier_code, removed_at from raw.dossier_removals") == [
        (code, CLOCK)
    ]
