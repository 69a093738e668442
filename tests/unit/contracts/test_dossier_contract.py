"""The contract of a dossier, on records that nobody would think of."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipas.contracts.dossier import Accepted, keyed_hash, read_record
from sipas.contracts.mapping import load_mapping
from sipas.contracts.rejection import Rejection

MAPPING = load_mapping("mot_cua_compact")
KEY = b"a key of the tests"
GOOD = dict.fromkeys(sorted(MAPPING.known_names)) | {
    "MaHoSo": "H99.01-240105-0001",
    "DonViXuLy": "H99.01",
    "NgayCapNhat": "20240110120000",
    "MaTTHC": "9.100101",
    "TenTTHC": "Đăng ký biến động",
    "MaLinhVuc": "DD",
    "TenLinhVuc": "Đất đai",
    "TrangThaiHoSo": "4",
    "NgayNopHoSo": "20240105080000",
    "ChuHoSo": "Nguyễn Văn Thử",
    "SoGiayToChuHoSo": "999000000001",
    "SoDienThoai": "0000000001",
    "NguoiXuLy": "Trần Thị Xử Lý",
}
FIELDS = sorted({*MAPPING.fields.values(), "DanhSachHoSoBoSung", "DanhSachThuXinLoi"})
PERSONAL = [GOOD[name] for name in ("ChuHoSo", "SoGiayToChuHoSo", "SoDienThoai", "NguoiXuLy")]
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["NgayBoSung", "NgayThu", "LanThu"]) | st.text(), inner, max_size=3
        )
    ),
    max_leaves=4,
)


def read(record):
    return read_record(record, MAPPING, 1, "page-00001.json, bản ghi 1", KEY)


@given(st.dictionaries(st.sampled_from(FIELDS), anything, min_size=1, max_size=4))
def test_a_record_is_accepted_or_rejected_whatever_it_holds(changes):
    assert isinstance(read(GOOD | changes), Accepted | Rejection)


@given(anything)
def test_anything_is_accepted_or_rejected(record):
    assert isinstance(read(record), Accepted | Rejection)


@given(st.dictionaries(st.sampled_from(FIELDS), anything, min_size=1, max_size=4))
def test_a_reason_holds_no_personal_data(changes):
    personal = {"ChuHoSo", "SoDienThoai", "NguoiXuLy"}
    result = read(GOOD | {name: value for name, value in changes.items() if name not in personal})
    if isinstance(result, Rejection):
        assert [value for value in PERSONAL if value in str(result)] == []


def test_what_is_not_told_takes_its_default():
    dossier = read(GOOD).dossier
    assert (dossier.channel, dossier.online_payment, dossier.is_interlinked) == (1, 0, False)
    assert (dossier.supplements, dossier.due_at, dossier.applicant_type) == ([], None, None)


def test_persons_are_split_off():
    result = read(GOOD)
    assert (result.applicant_name, result.applicant_phone) == ("Nguyễn Văn Thử", "0000000001")
    assert [value for value in PERSONAL if value in repr(result.dossier)] == []
    assert result.extra == []


def test_the_hash_of_an_official_needs_the_key():
    wanted = hmac.new(KEY, "Trần Thị Xử Lý".encode(), hashlib.sha256).hexdigest()
    assert read(GOOD).handler_hash == keyed_hash("Trần Thị Xử Lý", KEY) == wanted
    assert keyed_hash("Trần Thị Xử Lý", b"another") != wanted
    assert read(GOOD | {"NguoiXuLy": None}).handler_hash is None


@pytest.mark.parametrize("status", range(1, 11))
def test_the_ten_statuses_are_known(status):
    assert read(GOOD | {"TrangThaiHoSo": str(status)}).dossier.status == status
