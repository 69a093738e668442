"""What the column gate takes for a person, and what it does not."""

import pytest

from sipas.personal_data.column_gate import (
    EMAIL,
    HARMLESS_NAMES,
    IDENTITY,
    NAME_WORDS,
    PHONE,
    looks_like_a_name,
)


@pytest.mark.parametrize(
    "name",
    [
        *("phone", "applicant_phone", "so_dien_thoai", "sdt", "email", "contact_email", "fax"),
        *("cccd", "so_cmnd", "identity_number", "so_giay_to", "full_name", "ho_ten", "ho_va_ten"),
        *(
            "applicant_name",
            "chu_ho_so",
            "address",
            "dia_chi",
            "ngay_sinh",
            "handler",
            "nguoi_xu_ly",
        ),
    ],
)
def test_a_column_of_persons_is_known_by_its_name(name):
    assert NAME_WORDS.search(name)
    assert not HARMLESS_NAMES.match(name)


@pytest.mark.parametrize(
    "name",
    [
        *("unit_name", "agency_name", "procedure_name", "collection_mode", "contact_channel"),
        *("postal_rate", "item_label_vi", "handling_days", "telling", "mailing_count_vi"),
    ],
)
def test_a_column_of_things_is_not(name):
    assert not NAME_WORDS.search(name)


@pytest.mark.parametrize(
    "text",
    [
        "0905123456",
        "+84905123456",
        "84905123456",
        "0905 123 456",
        "0905.123.456",
        "02343 823 456",
        "Gọi 0905-123-456, giờ hành chính",
        "0000000009",
        "024 3825 1234",
    ],
)
def test_a_telephone_number_is_known(text):
    assert PHONE.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "H99.31.01-240105-0009",
        "H57.19.05-231008-0975",
        "gso:46@2025-07-01",
        "2024-01-10",
        "82,28",
        "0.905123456",
        "1.005129",
        "900000000",
        "onestop:H99.31.01@2020-01-01",
        "0,8412345678",
        "ab0905123456cd",
        "2024-01-10 12:00:00.905123+07",
        "0123",
        "hue/2024/II.12/2",
    ],
)
def test_a_code_or_figure_is_no_telephone_number(text):
    assert not PHONE.search(text)


def test_e_mail_addresses_are_known_and_keys_of_units_are_not():
    assert EMAIL.search("nguoidan@example.vn")
    assert EMAIL.search("Gửi a.b+c@thu.example.com nhé")
    assert not EMAIL.search("gso:52@2025-07-01")
    assert not EMAIL.search("mot_cua_iso@2")


def test_identity_numbers_stand_free():
    assert IDENTITY.search("191234567")
    assert IDENTITY.search("046099001234")
    assert IDENTITY.search("CCCD 046099001234.")
    for text in ("H99-191234567", "46099001234", "1.912.345.67", "191234567890123", "0.191234567"):
        assert not IDENTITY.search(text), text


@pytest.mark.parametrize("text", ["Nguyễn Văn A", "NGUYỄN THỊ BÌNH", "Trần Bình", "Lê Thị Thu Hà"])
def test_a_personal_name_is_known(text):
    assert looks_like_a_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "Phường Lê Lợi",
        "Sở Tư pháp",
        "Hồ sơ phức tạp",
        "Lý do khác",
        "Xã Quảng Thành",
        "mai",
        "Thái độ của công chức",
        "Đào tạo",
        "Hà",
        "Cao hơn",
        "Mai táng phí",
    ],
)
def test_a_place_or_a_phrase_is_no_personal_name(text):
    assert not looks_like_a_name(text)
