"""The contract of a feedback, on records that nobody would think of."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipas.contracts.feedback import Accepted, Feedback, load_mapping, read_record
from sipas.contracts.rejection import Rejection

KEY = b"a key of the tests"
MAPPING = load_mapping("mot_cua_compact")
GOOD = dict.fromkeys(sorted(MAPPING.known_names)) | {
    "MaPhanAnh": "PA-0001",
    "DonViTiepNhan": "H99.01",
    "NgayCapNhat": "20240110120000",
    "NgayGui": "20240105080000",
    "KenhTiepNhan": "3",
    "LoaiNoiDung": "2",
    "HoTen": "Nguyễn Văn Thử",
    "SoDienThoai": "0000000001",
    "NoiDung": "Chờ mãi không thấy trả lời",
    "NguoiXuLy": "Trần Thị Xử Lý",
}
PERSONAL = [GOOD[name] for name in ("HoTen", "SoDienThoai", "NoiDung", "NguoiXuLy")]
FIELDS = sorted({*MAPPING.fields.values(), *MAPPING.dropped})
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
anything = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(), scalars, max_size=2)


def read(record) -> Accepted | Rejection:
    return read_record(record, MAPPING, 1, "page-00001.json, bản ghi 1", KEY)


@given(field=st.sampled_from(FIELDS), value=anything)
def test_any_value_in_any_field_is_taken_or_rejected_with_a_reason(field, value):
    result = read(GOOD | {field: value})
    if isinstance(result, Rejection):
        assert result.field
        assert result.reason_vi
        if isinstance(value, str) and len(value) > 8:
            assert value not in result.reason_vi


@given(record=anything)
def test_anything_at_all_is_rejected_when_it_is_no_feedback(record):
    assert isinstance(read(record), Rejection)


def test_no_person_and_no_text_is_left_of_a_feedback():
    left = msgspec.json.encode(read(GOOD)).decode()
    assert [value for value in PERSONAL if value in left] == []


@pytest.mark.parametrize("vendor", ["mot_cua_compact", "mot_cua_iso"])
def test_both_vendors_write_the_same_feedback(vendor):
    moments = {"NgayGui": "2024-01-05T08:00:00+07:00", "NgayCapNhat": "2024-01-10T12:00:00+07:00"}
    record = GOOD | (moments if vendor == "mot_cua_iso" else {})
    result = read_record(record, load_mapping(vendor), 1, "page", KEY)
    assert result.feedback == read(GOOD).feedback


@pytest.mark.parametrize("name", ["MaPhanAnh", "DonViTiepNhan", "NgayGui", "NgayCapNhat"])
def test_what_a_feedback_needs_is_named_by_the_vendors_word(name):
    result = read(GOOD | {name: None})
    assert (result.field, result.reason_vi) == (name, "Thiếu trường bắt buộc.")


@pytest.mark.parametrize("name", sorted(MAPPING.fields.values()))
def test_a_field_that_went_is_named_even_if_it_may_be_empty(name):
    result = read({key: value for key, value in GOOD.items() if key != name})
    assert (result.field, result.reason_code) == (name, "missing_field")


@pytest.mark.parametrize("vendor", ["mot_cua_compact", "mot_cua_iso"])
def test_a_feedback_mapping_fills_the_contract_and_nothing_else(vendor):
    fields = {field.name for field in msgspec.structs.fields(Feedback)}
    assert set(load_mapping(vendor).fields) == fields | {"handler"}
    assert load_mapping(vendor).codes.keys() == {"channel", "subject", "is_answer_accepted"}
