"""Words that are chosen by figures."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sipas.release.report import words
from sipas.vietnamese import decimal_comma

numbers = st.decimals(-100, 100, places=2)


@given(numbers)
def test_a_change_rises_falls_or_stays_by_its_sign(change: Decimal) -> None:
    said = words.moved(change, "điểm")
    assert said.startswith("tăng ") == (change > 0)
    assert said.startswith("giảm ") == (change < 0)
    assert (said == "không đổi") == (change == 0)
    assert change == 0 or decimal_comma(abs(change)) in said
    assert "-" not in said


@given(numbers, numbers)
def test_a_value_is_above_below_or_at_another(value: Decimal, other: Decimal) -> None:
    said = words.against(value, other)
    assert (said == "cao hơn") == (value - other > 0)
    assert (said == "thấp hơn") == (value - other < 0)
    assert words.against(other, value) == {"cao hơn": "thấp hơn", "thấp hơn": "cao hơn"}.get(
        said, "bằng"
    )


@given(st.lists(numbers, min_size=1))
def test_extremes_tell_every_tie_and_nothing_else(values: list[Decimal]) -> None:
    low, high = words.lowest(values, lambda v: v), words.highest(values, lambda v: v)
    assert low == [v for v in values if all(v <= w for w in values)]
    assert high == [v for v in values if all(v >= w for w in values)]
    assert decimal_comma(low[0]) in words.spread(values)
    assert decimal_comma(high[0]) in words.spread(values)


def test_names_are_listed_as_vietnamese_list_them() -> None:
    assert words.listed([]) == ""
    assert words.listed(["a"]) == "a"
    assert words.listed(["a", "b"]) == "a và b"
    assert words.listed(["a", "b", "c"]) == "a; b và c"
    assert words.sentence("đạt 1", "", "xếp thứ 2") == "Đạt 1, xếp thứ 2."
