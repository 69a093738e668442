"""operational.data_quality: rejected records by source, agency, reason and field, with an owner."""

import handover
import pytest
from handover import NOON, accept, land_pages, load_pending, page, record, run_dbt

from simulator.reference import write_reference
from sipas.builds import close_build, open_build
from sipas.database import connect

COLUMNS = (
    "agency_code, source_code, field, reason_code, open_count, owner_vi, is_new_since_last_build"
)
SYSTEM, COMMUNE = (
    "Bộ phận quản trị hệ thống một cửa cấp xã (mô phỏng)",
    ("Bộ phận một cửa của xã (mô phỏng)"),
)


def quality(warehouse) -> list[tuple]:
    return warehouse.rows(f"select {COLUMNS} from operational.data_quality order by 1, 2, 3, 4")


def take_in(ingest, warehouse, *records) -> None:
    land_pages(ingest, warehouse.landing, page(*records))
    accept(ingest, *load_pending(ingest, warehouse.landing, "dossiers"))


@pytest.fixture(scope="module")
def built(warehouse):
    """A build after two deliveries: the first was there when a build before it succeeded."""
    handover.empty(warehouse)
    write_reference(warehouse.inbox / "reference" / "simulated")
    with connect("ingest", autocommit=True) as ingest:
        handover.take_in_reference(ingest, warehouse)
        take_in(
            ingest,
            warehouse,
            record(1),
            record(2, KenhThucHien="4"),
            record(3, KenhThucHien="5"),
            record(4, MaTTHC=None),
            record(5, MaHoSo="H99.77-240105-0005", DonViXuLy="H99.77", MaTTHC=None),
            record(6, MaHoSo=None),
        )
        with warehouse.connect("transform") as transform:
            close_build(transform, open_build(transform, "before"), succeeded=True)
            take_in(ingest, warehouse, record(2), record(4), record(7, NgayHenTra="?"))
            build_id = open_build(transform, "test")
            run_dbt("data_quality")
            close_build(transform, build_id, succeeded=True)
    return warehouse


def test_what_is_not_mended_is_counted_by_agency_and_field_and_has_an_owner(built):
    assert quality(built) == [
        ("H99.31.01", "mot_cua_xa", "KenhThucHien", "unknown_code", 1, COMMUNE, False),
        ("H99.31.01", "mot_cua_xa", "NgayHenTra", "not_a_moment", 1, COMMUNE, True),
        ("unknown", "mot_cua_xa", "MaHoSo", "contract", 1, SYSTEM, False),
        ("unknown", "mot_cua_xa", "MaTTHC", "contract", 1, SYSTEM, False),
    ]


def test_ages_words_and_nature_stand_beside(built):
    rows = built.rows(
        "select reason_vi, to_do_vi, data_nature, age_days, oldest_at, agency_name "
        "from operational.data_quality where field = 'KenhThucHien'"
    )
    ((reason, to_do, nature, age, oldest, agency),) = rows
    assert reason == "Mã hoặc từ không có trong danh mục"
    assert "danh mục" in to_do
    assert (nature, age, oldest) == ("simulated", 0, NOON)
    assert agency != "H99.31.01"


def test_the_dashboards_may_read_the_list_and_not_the_quarantine(built):
    with built.connect("bi") as bi:
        assert bi.execute("select count(*) from operational.data_quality").fetchone() == (4,)
        assert bi.execute("select has_schema_privilege('quarantine', 'usage')").fetchone() == (
            False,
        )
