"""Loading dossiers: every record is accounted for, in one transaction, once."""

from datetime import timedelta

import handover
import msgspec
import psycopg
import pytest
from handover import NOON, accept, land_pages, load_pending, page, record

from sipas.contracts.mapping import load_mapping
from sipas.contracts.rejection import NotReady
from sipas.loading import batches, dossiers
from sipas.loading.batches import load, pending_deliveries

COUNTS = "received_count, loaded_count, unchanged_count, quarantined_count"


def take_in(ingest, warehouse, *bodies: bytes) -> batches.BatchResult:
    """Lands, loads and accepts one delivery."""
    land_pages(ingest, warehouse.landing, *bodies)
    (result,) = load_pending(ingest, warehouse.landing, "dossiers")
    accept(ingest, result)
    return result


def counts(result: batches.BatchResult) -> tuple:
    return (
        result.received_count,
        result.loaded_count,
        result.unchanged_count,
        result.quarantined_count,
    )


def later(number: int = 1, **changes) -> dict:
    """The record a day on, processed."""
    moment = (NOON + timedelta(days=1)).isoformat()
    done = {"NgayCapNhat": moment, "NgayKetThucXuLy": moment, "TrangThaiHoSo": "9"}
    return record(number, **done | changes)


def everything_empty(warehouse) -> bool:
    tables = ("audit.batches", "raw.dossiers", "pii.applicants", "quarantine.records")
    return all(warehouse.value(f"select count(*) from {table}") == 0 for table in tables)


@pytest.mark.parametrize("table", ["raw.dossiers", "pii.applicants"])
def test_no_row_without_its_batch_can_be_stored(ingest, warehouse, table):
    take_in(ingest, warehouse, page(record(1)))
    with warehouse.connect() as owner, pytest.raises(psycopg.errors.ForeignKeyViolation):
        owner.execute(
            f"insert into {table} select (jsonb_populate_record(row, '{{\"batch_id\": 0}}')).* "
            f"from {table} as row"
        )


def test_records_become_typed_rows_with_batch_and_position(ingest, warehouse):
    result = take_in(ingest, warehouse, page(record(1), record(2)), page(later(3)))
    rows = warehouse.rows(
        "select position, batch_id, agency_code, dossier_code, source_code, status, channel, "
        "source_updated_at, due_at, processed_at, time_limit_working_days, is_postal_return, "
        "has_digitised_parts from raw.dossiers order by position"
    )
    assert [row[0] for row in rows] == [1, 2, 3]
    assert rows[2][1:] == (
        result.batch_id,
        "H99.31.01",
        "H99.31.01-240105-0003",
        handover.SOURCE,
        9,
        1,
        NOON + timedelta(days=1),
        NOON + timedelta(days=6),
        NOON + timedelta(days=1),
        5,
        False,
        True,
    )


def test_supplements_and_apologies_are_kept_with_their_moments(ingest, warehouse):
    supplement = {"NgayBoSung": "2024-01-08T09:00:00+07:00", "NgayTiepNhanBoSung": None}
    apology = {"SoThu": "1/TXL", "NgayThu": "2024-01-09T23:30:00+07:00", "LanThu": 1}
    take_in(
        ingest,
        warehouse,
        page(record(DanhSachHoSoBoSung=[supplement], DanhSachThuXinLoi=[apology])),
    )
    ((supplements, apologies),) = warehouse.rows("select supplements, apologies from raw.dossiers")
    assert supplements == [
        {
            "requested_at": "2024-01-08T09:00:00+07:00",
            "arrived_at": None,
            "due_before_at": None,
            "due_after_at": None,
        }
    ]
    assert apologies == [
        {"issued_on": "2024-01-09", "due_after_at": None, "sequence": 1, "reason_code": None}
    ]


def test_every_record_is_accounted_for(ingest, warehouse):
    take_in(ingest, warehouse, page(record(1), record(2)))
    result = take_in(
        ingest,
        warehouse,
        page(record(1), record(3), record(4, TrangThaiHoSo="11")),
        page(record(3), later(2), "no record", record(5, NgayNopHoSo="tomorrow")),
    )
    assert counts(result) == (7, 2, 2, 3)
    kept = warehouse.rows(
        f"select {COUNTS} from audit.batches where batch_id = %s", result.batch_id
    )
    assert kept == [(7, 2, 2, 3)]
    assert (
        warehouse.value(
            "select count(distinct position) from quarantine.records where batch_id = %s",
            result.batch_id,
        )
        == 3
    )
    assert (
        warehouse.value("select count(*) from raw.dossiers where batch_id = %s", result.batch_id)
        == 2
    )


def test_the_database_refuses_counts_that_do_not_add_up(ingest, warehouse, monkeypatch):
    original = dossiers.DossierLoader.copy

    def lose_one(self, batch_id, chunk):
        chunk.rows.pop()
        original(self, batch_id, chunk)

    monkeypatch.setattr(dossiers.DossierLoader, "copy", lose_one)
    manifest = land_pages(ingest, warehouse.landing, page(record(1), record(2)))
    with pytest.raises(psycopg.errors.CheckViolation, match="every_record_is_accounted_for"):
        load(ingest, warehouse.landing, manifest)
    assert everything_empty(warehouse)


@pytest.mark.parametrize(
    ("owner", "step"),
    [
        (dossiers.DossierLoader, "copy"),
        (dossiers.DossierLoader, "quarantine"),
        (dossiers.DossierLoader, "load_removals"),
        (batches, "close_batch"),
    ],
)
def test_a_failure_in_the_middle_leaves_no_row_and_no_batch(
    ingest, warehouse, monkeypatch, owner, step
):
    def fail(*_):
        raise ConnectionError("the power went off")

    manifest = land_pages(ingest, warehouse.landing, page(record(1), record(2, DonViXuLy="H1")))
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, fail)
        with pytest.raises(ConnectionError):
            load(ingest, warehouse.landing, manifest)
    assert everything_empty(warehouse)
    assert list(pending_deliveries(ingest, warehouse.landing, "dossiers")) == [manifest]
    assert counts(load(ingest, warehouse.landing, manifest)) == (2, 1, 0, 1)


def test_loading_twice_is_the_same_as_once(ingest, warehouse):
    manifest = land_pages(ingest, warehouse.landing, page(record(1), "no record"))
    assert len(load_pending(ingest, warehouse.landing, "dossiers")) == 1
    assert load_pending(ingest, warehouse.landing, "dossiers") == []
    with pytest.raises(psycopg.errors.UniqueViolation):
        load(ingest, warehouse.landing, manifest)
    tables = ("audit.batches", "raw.dossiers", "pii.applicants", "quarantine.records")
    assert [warehouse.value(f"select count(*) from {table}") for table in tables] == [1, 1, 1, 1]


def test_a_record_on_two_pages_is_stored_once(ingest, warehouse):
    """Pages shift while a system is asked: the last of one comes again as the first of the next."""
    result = take_in(
        ingest, warehouse, page(record(1), record(2)), page(record(2), record(3)), page(record(2))
    )
    assert counts(result) == (5, 3, 2, 0)
    assert warehouse.rows("select dossier_code, position from raw.dossiers order by 2") == [
        ("H99.31.01-240105-0001", 1),
        ("H99.31.01-240105-0002", 2),
        ("H99.31.01-240105-0003", 4),
    ]


def test_what_the_overlap_brings_again_is_counted_and_not_stored(ingest, warehouse):
    take_in(ingest, warehouse, page(record(1), record(2)))
    result = take_in(ingest, warehouse, page(record(2)), page(record(1), record(3)))
    assert counts(result) == (3, 1, 2, 0)
    assert warehouse.value("select count(*) from raw.dossiers") == 3
    assert warehouse.value("select count(*) from pii.applicants") == 3


def test_the_order_of_keys_makes_no_new_version(ingest, warehouse):
    take_in(ingest, warehouse, page(record()))
    result = take_in(ingest, warehouse, page(dict(reversed(record().items()))))
    assert counts(result) == (1, 0, 1, 0)


def test_a_new_version_stands_beside_the_older_one(ingest, warehouse):
    take_in(ingest, warehouse, page(record()))
    assert counts(take_in(ingest, warehouse, page(later()))) == (1, 1, 0, 0)
    assert warehouse.rows("select status from raw.dossiers order by source_updated_at") == [
        (4,),
        (9,),
    ]


def test_a_version_that_came_back_is_no_new_one(ingest, warehouse):
    take_in(ingest, warehouse, page(record()))
    take_in(ingest, warehouse, page(later()))
    assert counts(take_in(ingest, warehouse, page(record()))) == (1, 0, 1, 0)


def test_what_a_refused_batch_brought_is_not_taken_for_known(ingest, warehouse):
    land_pages(ingest, warehouse.landing, page(record()))
    (refused,) = load_pending(ingest, warehouse.landing, "dossiers")
    ingest.execute(
        "update audit.batches set status = 'refused', refusal_reason = 'test' where batch_id = %s",
        [refused.batch_id],
    )
    assert counts(take_in(ingest, warehouse, page(record()))) == (1, 1, 0, 0)


def test_equal_codes_of_two_agencies_are_two_dossiers(ingest, warehouse):
    other = record(DonViXuLy="H99.31.02", MaHoSo="H99.31.02-240105-0001")
    assert counts(take_in(ingest, warehouse, page(record(), other))) == (2, 2, 0, 0)


@pytest.mark.parametrize(
    "body",
    [b"<html>504 Gateway Time-out</html>", b'{"data": [{"MaHoSo": "H99', b"\xff\xfe", b""],
)
def test_a_page_that_is_not_json_refuses_the_whole_delivery(ingest, warehouse, body):
    land_pages(ingest, warehouse.landing, page(record(1)), body)
    (result,) = load_pending(ingest, warehouse.landing, "dossiers")
    assert result.status == "refused"
    assert f"{handover.SOURCE}, page-00002.json" in result.refusal_reason
    assert counts(result) == (0, 0, 0, 0)
    assert warehouse.value("select count(*) from raw.dossiers") == 0
    assert warehouse.rows("select status, refusal_reason from audit.batches") == [
        ("refused", result.refusal_reason)
    ]
    assert load_pending(ingest, warehouse.landing, "dossiers") == []


@pytest.mark.parametrize("body", [b"[]", b'{"items": []}', b'{"data": {"MaHoSo": "x"}}', b"null"])
def test_a_page_without_the_list_of_records_is_refused(ingest, warehouse, body):
    land_pages(ingest, warehouse.landing, body)
    (result,) = load_pending(ingest, warehouse.landing, "dossiers")
    assert result.status == "refused"
    assert "page-00001.json: thiếu danh sách «data»" in result.refusal_reason


def test_a_mended_mapping_loads_the_records_again(ingest, warehouse, monkeypatch):
    """Its batch replaces the older one: what it counted as unchanged would be gone."""
    first = take_in(ingest, warehouse, page(record(1), record(2)))
    mended = msgspec.structs.replace(load_mapping("mot_cua_iso"), version="mended")
    monkeypatch.setattr(dossiers, "load_mapping", lambda _: mended)
    (again,) = load_pending(ingest, warehouse.landing, "dossiers")
    accept(ingest, again)
    assert again.delivery_id == first.delivery_id
    assert warehouse.rows(
        "select dossier_code from raw.dossiers "
        "inner join audit.current_batches using (batch_id) order by 1"
    ) == [("H99.31.01-240105-0001",), ("H99.31.01-240105-0002",)]
    assert load_pending(ingest, warehouse.landing, "dossiers") == []


def test_what_only_a_superseded_batch_tells_is_not_taken_for_known(ingest, warehouse, monkeypatch):
    """A mapping goes back to its former version: a record is read by it once more."""
    take_in(ingest, warehouse, page(record(1)))
    mended = msgspec.structs.replace(load_mapping("mot_cua_iso"), version="mended")
    with monkeypatch.context() as patched:
        patched.setattr(dossiers, "load_mapping", lambda _: mended)
        accept(ingest, *load_pending(ingest, warehouse.landing, "dossiers"))
    back = take_in(ingest, warehouse, page(record(1), record(2)))
    assert (back.received_count, back.loaded_count, back.unchanged_count) == (2, 2, 0)


def test_a_source_that_is_not_configured_is_not_ready_and_leaves_no_batch(ingest, warehouse):
    manifest = land_pages(ingest, warehouse.landing, page(record()), source_code="mot_cua_cu")
    with pytest.raises(NotReady, match="mot_cua_cu"):
        load(ingest, warehouse.landing, manifest)
    assert everything_empty(warehouse)
    assert list(pending_deliveries(ingest, warehouse.landing, "dossiers")) == [manifest]


def test_contract_and_mapping_are_noted_with_the_batch(ingest, warehouse):
    take_in(ingest, warehouse, page(record()))
    assert warehouse.rows("select contract_version, mapping_version from audit.batches") == [
        ("dossier@2", "mot_cua_iso@2")
    ]


def test_unknown_fields_are_noted_by_name_only(ingest, warehouse):
    take_in(ingest, warehouse, page(record(1, GhiChu="x", DiaChi="12 Lê Lợi"), record(2)))
    assert warehouse.rows("select extra from raw.dossiers order by position") == [
        (["DiaChi", "GhiChu"],),
        (None,),
    ]
