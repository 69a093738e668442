"""Vietnamese text: the order of names, one form of letters, numbers with a comma."""

import itertools
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipas.vietnamese import LETTERS, decimal_comma, nfc, sort_key

# In the order of a Vietnamese list (TCVN 6909): letters over the whole name, then tones.
ORDERED = [
    "1 Tháng 5",
    "An",
    "An Giang",
    "Bà Rịa",
    "Bạc Liêu",
    "Bắc Giang",
    "Bắc Ninh",
    "Bến Tre",
    "Cà Mau",
    "Cần Thơ",
    "Đà Nẵng",
    "Đắk Lắk",
    "Điện Biên",
    "Đồng Nai",
    "Gia Lai",
    "Hà Nội",
    "Hải Phòng",
    "Hoà Bình",
    "Hưng Yên",
    "Khánh Hoà",
    "Lào Cai",
    "Lâm Đồng",
    "Nghệ An",
    "Ninh Bình",
    "Phú Thọ",
    "Quảng Nam",
    "Quảng Ninh",
    "Sóc Trăng",
    "Sơn La",
    "Tây Ninh",
    "Thái Bình",
    "Thừa Thiên Huế",
    "Tuyên Quang",
    "Vĩnh Long",
    "Yên Bái",
]
TONES = ["ma", "mà", "mả", "mã", "má", "mạ"]
SHAPES = ["a", "ă", "â", "b", "c", "d", "đ", "e", "ê", "o", "ô", "ơ", "p", "u", "ư", "v"]
SYLLABLES = ["hoa", "hòa", "Huế", "đồi", "sông", "ưu", "mỹ", "Quảng", "Thuỷ", "1", "10", "-"]
names = st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=4).map(" ".join)


@pytest.mark.parametrize("ordered", [TONES, SHAPES], ids=["tones", "shapes"])
def test_tones_and_shapes_have_their_order(ordered):
    assert sorted(reversed(ordered), key=sort_key) == ordered


@pytest.mark.parametrize(("first", "second"), list(itertools.pairwise(ORDERED)))
def test_names_of_places_have_their_order(first, second):
    assert sort_key(first) < sort_key(second)


@given(names, st.sampled_from(SYLLABLES))
def test_a_name_stands_before_the_longer_one_that_begins_with_it(name, more):
    assert sort_key(name) < sort_key(f"{name} {more}")


@given(names, names)
def test_a_difference_of_letters_outweighs_every_tone(first, second):
    def without_tones(text: str) -> str:
        tones = "\u0300\u0301\u0303\u0309\u0323"
        return "".join(c for c in unicodedata.normalize("NFD", text) if c not in tones)

    if without_tones(first).casefold() == without_tones(second).casefold():
        return
    plain = sort_key(without_tones(first)) < sort_key(without_tones(second))
    assert (sort_key(first) < sort_key(second)) == plain


@given(st.text(max_size=12))
def test_the_key_is_ascii_and_the_same_for_every_spelling(text):
    keys = {sort_key(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert len(keys) == 1
    assert keys.pop().isascii()


@pytest.mark.parametrize("text", ["", "\u0301", "\u0302a", "\u031b", " \u0306", "a\u0301\u0301"])
def test_loose_marks_do_no_harm(text):
    assert sort_key(text).isascii()


@given(st.text(alphabet=LETTERS, max_size=8))
def test_case_does_not_matter(text):
    assert sort_key(text) == sort_key(text.upper())


@given(st.text(max_size=20))
def test_nfc_is_composed_trimmed_and_stays_so(text):
    once = nfc(text)
    assert once == nfc(once) == nfc(f"\u00a0 {unicodedata.normalize('NFD', text)}\n")
    assert unicodedata.is_normalized("NFC", once)
    assert once == " ".join(once.split())


@pytest.mark.parametrize(
    ("value", "digits", "printed"),
    [
        (Decimal("82.28"), 2, "82,28"),
        (Decimal("82.285"), 2, "82,29"),
        (Decimal("82.275"), 2, "82,28"),
        (Decimal("-0.28"), 2, "-0,28"),
        (Decimal("-0.001"), 2, "0,00"),
        (1234567, 0, "1.234.567"),
        (Decimal("1234.5"), 1, "1.234,5"),
        (0.5, 2, "0,50"),
        (None, 2, "–"),
    ],
)
def test_numbers_are_printed_with_a_comma(value, digits, printed):
    """Half is rounded up, as Huế's tables do."""
    assert decimal_comma(value, digits) == printed


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_a_printed_number_reads_back(value):
    printed = decimal_comma(value)
    assert Decimal(printed.replace(".", "").replace(",", ".")) == value
