"""A record without persons reads like the original, and tells of nobody."""

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from sipas.contracts.dossier import Accepted, keyed_hash, read_record
from sipas.contracts.mapping import load_mapping
from sipas.personal_data.deidentify import without_persons

MAPPING = load_mapping("mot_cua_iso")
KEY = b"a key of the tests"
NOON = "2024-01-10T12:00:00+07:00"
GOOD = dict.fromkeys(sorted(MAPPING.known_names)) | {
    "MaHoSo": "H99.01-240105-0001",
    "DonViXuLy": "H99.01",
    "NgayCapNhat": NOON,
    "MaTTHC": "9.100101",
    "TenTTHC": "Đăng ký biến động",
    "MaLinhVuc": "DD",
    "TenLinhVuc": "Đất đai",
    "TrangThaiHoSo": "4",
    "NgayNopHoSo": NOON,
    "ChuHoSo": "Nguyễn Văn Thử",
    "SoDienThoai": "0000000001",
    "NguoiXuLy": "Trần Thị Xử Lý",
}
LISTS = {names["from"]: names for names in MAPPING.lists.values()}
PARTS = sorted({theirs for names in LISTS.values() for theirs in names.values()})
FIELDS = sorted({*MAPPING.fields.values(), *LISTS, *MAPPING.dropped, "TruongMoi"})
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", NOON, "1", "Quá tải", "quá  TẢI", "\0", "hmac-sha256:" + "a" * 64])
    | st.text()
)
entries = st.lists(
    scalars | st.dictionaries(st.sampled_from(PARTS), scalars | st.just([]), max_size=4), max_size=3
)
values = scalars | entries | st.dictionaries(st.sampled_from(PARTS), scalars, max_size=2)


def outcome(record) -> tuple:
    """What the contract makes of a record, persons left out."""
    result = read_record(record, MAPPING, 1, "nơi", KEY)
    if isinstance(result, Accepted):
        return (result.dossier, result.handler_hash, result.extra)
    return (result.record_code, result.field, result.reason_code, result.reason_vi)


@given(st.dictionaries(st.sampled_from(FIELDS), values, max_size=4))
@example({"ChuHoSo": "Võ\0Danh"})
@example({"ChuHoSo": 0.0, "SoDienThoai": {"a": 1}})
@example({"NguoiXuLy": {"HoTen": "Võ Danh"}})
@example({"DanhSachThuXinLoi": {"NgayThu": NOON}})
@example({"DanhSachThuXinLoi": [{"NgayThu": NOON, "LyDo": 1.5}]})
def test_the_copy_of_any_record_reads_like_the_original(changes):
    record = msgspec.json.decode(msgspec.json.encode(GOOD | changes))
    copied = msgspec.json.decode(msgspec.json.encode(without_persons(record, MAPPING, KEY)))
    assert outcome(copied) == outcome(record)


@given(values)
def test_what_is_no_record_stays_none(value):
    if not isinstance(value, dict):
        assert without_persons(value, MAPPING, KEY) is None


@given(st.sampled_from(FIELDS), st.sampled_from(["str", "list", "dict", "entry", "deep"]))
def test_no_word_of_a_person_is_left_where_the_contract_keeps_none(name, shape):
    word = "Võ Thị Ẩn Danh"
    shapes = {
        "list": [word],
        "dict": {"HoTen": word},
        "entry": [{"NoiDungBoSung": word, "LyDo": word, "NguoiXuLy": word}],
        "deep": [{"NgayThu": {"a": [word]}, "HoTen": {"b": word}}],
    }
    is_kept = {v for k, v in MAPPING.fields.items()} - {
        *("ChuHoSo", "SoDienThoai", "NguoiXuLy", "NguyenNhanTreHan")
    }
    if shape == "str" and name in is_kept:
        return  # a plain text that the contract keeps, or rejects with its field's name
    copied = without_persons(GOOD | {name: shapes.get(shape, word)}, MAPPING, KEY)
    assert word not in str(copied)
    assert [v for v in ("Nguyễn Văn Thử", "0000000001", "Trần Thị Xử Lý") if v in str(copied)] == []


def test_the_official_is_the_hash_that_the_load_makes_and_no_free_word_passes_for_one():
    copied = without_persons(GOOD, MAPPING, KEY)
    assert copied["NguoiXuLy"] == f"hmac-sha256:{keyed_hash('Trần Thị Xử Lý', KEY)}"
    assert without_persons(copied, MAPPING, KEY) == copied
    for name in ("hmac-sha256:Trần Thị Xử Lý", "hmac-sha256:", "x hmac-sha256:" + "a" * 64):
        assert keyed_hash(name, KEY) not in name
