"""Bad dossier records go to quarantine with place, field and reason; the good ones load."""

import pytest
from handover import land_pages, load_pending, page, record


def quarantine(ingest, warehouse, bad) -> tuple:
    """Loads a bad record between two good ones; its row in quarantine without batch and place."""
    land_pages(ingest, warehouse.landing, page(record(1)), page(bad, record(2)))
    (result,) = load_pending(ingest, warehouse.landing, "dossiers")
    assert (result.received_count, result.loaded_count, result.quarantined_count) == (3, 2, 1)
    rows = warehouse.rows(
        "select position, place, record_code, field, reason_code, reason_vi from quarantine.records"
    )
    ((position, place, *row),) = rows
    assert (position, place) == (2, "page-00002.json, bản ghi 1")
    return tuple(row)


CODE = "H99.31.01-240105-0009"


def without(field: str) -> dict:
    return {name: value for name, value in record(9).items() if name != field}


@pytest.mark.parametrize("field", ["MaTTHC", "DonViXuLy", "NgayCapNhat", "TrangThaiHoSo"])
@pytest.mark.parametrize("absent", [None, ""])
def test_an_empty_field_that_must_be_filled_is_named(ingest, warehouse, field, absent):
    assert quarantine(ingest, warehouse, record(9, **{field: absent})) == (
        CODE,
        field,
        "contract",
        "Thiếu trường bắt buộc.",
    )


@pytest.mark.parametrize("field", ["MaTTHC", "NgayHenTra", "DanhSachThuXinLoi", "SoDienThoai"])
def test_a_field_that_went_is_named_even_if_it_may_be_empty(ingest, warehouse, field):
    """Renamed without a word, it would become empty in every record."""
    row = quarantine(ingest, warehouse, without(field))
    assert row[:3] == (CODE, field, "missing_field")


def test_a_part_of_an_entry_that_went_is_named(ingest, warehouse):
    bad = record(9, DanhSachThuXinLoi=[{"NgayThu": "2024-01-10T12:00:00+07:00"}])
    del bad["DanhSachThuXinLoi"][0]["LyDo"]
    row = quarantine(ingest, warehouse, bad)
    assert row[:3] == (CODE, "DanhSachThuXinLoi.LyDo", "missing_field")


def test_a_record_without_a_code_is_found_by_its_place(ingest, warehouse):
    code, field, *_ = quarantine(ingest, warehouse, without("MaHoSo"))
    assert (code, field) == (None, "MaHoSo")


@pytest.mark.parametrize("status", ["0", "11", "99", -1])
def test_an_unknown_status_is_refused(ingest, warehouse, status):
    code, field, reason_code, _ = quarantine(ingest, warehouse, record(9, TrangThaiHoSo=status))
    assert (code, field, reason_code) == (CODE, "TrangThaiHoSo", "contract")


def test_an_unknown_channel_is_refused_with_the_known_ones(ingest, warehouse):
    _, field, reason_code, reason = quarantine(ingest, warehouse, record(9, KenhThucHien="4"))
    assert (field, reason_code) == ("KenhThucHien", "unknown_code")
    assert "1, 2, 3" in reason


@pytest.mark.parametrize("field", ["NgayNopHoSo", "NgayHenTra", "NgayCapNhat"])
@pytest.mark.parametrize("moment", ["2024-02-30T10:00:00+07:00", "10/01/2024", "?", 0, {}])
def test_a_wrong_date_is_refused(ingest, warehouse, field, moment):
    row = quarantine(ingest, warehouse, record(9, **{field: moment}))
    assert row[:3] == (CODE, field, "not_a_moment")


@pytest.mark.parametrize(
    ("code", "agency"),
    [
        ("H99.31.02-240105-0009", "H99.31.01"),
        ("H99.31.011-240105-0009", "H99.31.01"),
        ("240105-0009", "H99.31.01"),
    ],
)
def test_a_dossier_of_another_agency_is_refused(ingest, warehouse, code, agency):
    row = quarantine(ingest, warehouse, record(9, MaHoSo=code, DonViXuLy=agency))
    assert row[:3] == (code, "MaHoSo", "foreign_code")


# A vendor's new version sends another type, or a value that no column can hold.
RETYPED = {
    "TenTTHC": ["Đăng ký", "kết hôn"],
    "MaHoSo": 240105,
    "DonViXuLy": {"Ma": "H99.31.01"},
    "TrangThaiHoSo": "đang xử lý",
    "ThoiHanGiaiQuyet": "năm ngày",
    "LoaiDoiTuong": "cá nhân",
    "DuocThanhToanTrucTuyen": "3",
    "HinhThuc": "bưu chính",
    "DanhSachHoSoBoSung": "không",
    "DanhSachThuXinLoi": {"LanThu": 1},
}


@pytest.mark.parametrize("field", RETYPED)
def test_a_retyped_field_is_refused(ingest, warehouse, field):
    _, named, reason_code, _ = quarantine(ingest, warehouse, record(9, **{field: RETYPED[field]}))
    assert named == field
    assert reason_code in ("contract", "unknown_code")


OUT_OF_RANGE = {
    "ThoiHanGiaiQuyet": 40_000,
    "LoaiDoiTuong": "100000",
    "TenTTHC": "Đăng ký\x00kết hôn",
    "ChuHoSo": {"HoTen": "Nguyễn Văn Thử"},
    "SoDienThoai": ["0000000009"],
}


@pytest.mark.parametrize("field", OUT_OF_RANGE)
def test_a_value_that_no_column_holds_stops_only_its_record(ingest, warehouse, field):
    bad = record(9, **{field: OUT_OF_RANGE[field]})
    assert quarantine(ingest, warehouse, bad)[:2] == (CODE, field)


NESTED = [
    ("DanhSachHoSoBoSung", ["2024-01-08"], "DanhSachHoSoBoSung"),
    ("DanhSachHoSoBoSung", [None], "DanhSachHoSoBoSung"),
    ("DanhSachHoSoBoSung", [{"NgayTiepNhanBoSung": None}], "DanhSachHoSoBoSung.NgayBoSung"),
    ("DanhSachHoSoBoSung", [{"NgayBoSung": "hôm qua"}], "DanhSachHoSoBoSung.NgayBoSung"),
    ("DanhSachThuXinLoi", [{"NgayThu": "0001-01-01T00:00:00+07:00"}], "DanhSachThuXinLoi.NgayThu"),
    ("DanhSachThuXinLoi", [{"LanThu": 1}], "DanhSachThuXinLoi.NgayThu"),
]


@pytest.mark.parametrize(("field", "entries", "named"), NESTED)
def test_a_wrong_entry_of_a_list_is_named_in_the_vendors_words(
    ingest, warehouse, field, entries, named
):
    assert quarantine(ingest, warehouse, record(9, **{field: entries}))[:2] == (CODE, named)


@pytest.mark.parametrize("bad", [None, "MaHoSo", 7, [], True])
def test_what_is_no_record_is_refused(ingest, warehouse, bad):
    assert quarantine(ingest, warehouse, bad)[:3] == (None, "record", "not_an_object")


def test_a_page_of_bad_records_only_is_still_a_batch(ingest, warehouse):
    land_pages(ingest, warehouse.landing, page(None, None))
    (result,) = load_pending(ingest, warehouse.landing, "dossiers")
    assert (result.status, result.received_count, result.quarantined_count) == ("loaded", 2, 2)
    assert warehouse.value("select count(*) from quarantine.records") == 2
