"""Results of a round drawn at random: any value, change, rank, national mean, hidden or not."""

from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from sipas.release.report.figures import figure_of
from sipas.release.report.results import Results

TREE = {
    "SIPAS": (None, "overall"),
    "1": ("SIPAS", "part"),
    "1.1": ("1", "factor"),
    "1.1.1": ("1.1", "item"),
    "1.1.2": ("1.1", "item"),
    "2": ("SIPAS", "part"),
    "2.1": ("2", "factor"),
    "2.1.1": ("2.1", "item"),
    "2.1.2": ("2.1", "item"),
    "2.1.3": ("2.1", "item"),
}
YEAR, BEFORE = 2031, 2029
METHOD = {
    "method_version": "drawn",
    "name_vi": "Phương pháp thử",
    "decision": None,
    "population": "households",
}
BLOCKS = {"P1": "mean4", "P2": "multiple_choice", "P5": "share_single", "P8": "yes_no"}

# A seed is drawn and the rest follows: a round has too many figures to draw them one by one.
seeds = st.integers(0, 2**32).map(Random)


def value(chance: Random) -> Decimal:
    """An index as it is printed."""
    return Decimal(chance.randint(2000, 10000)) / 100


def or_nothing(chance: Random, drawn: Any) -> Any:
    """The value, or in one case of four nothing."""
    return drawn if chance.random() < 0.75 else None


def row_of(chance: Random, code: str) -> dict[str, Any]:
    """A frozen row of satisfaction that the marts' own constraints allow."""
    parent, level = TREE[code]
    index, previous = value(chance), or_nothing(chance, value(chance))
    if previous is not None and chance.random() < 0.2:
        previous = index
    width = or_nothing(chance, Decimal(chance.randint(0, 900)) / 100)
    rank, before = (or_nothing(chance, chance.randint(1, 63)) for _ in range(2))
    is_comparable = chance.random() < 0.6 if previous is not None else None
    return {
        "indicator_code": code,
        "parent_code": parent,
        "indicator_level": level,
        "label_vi": f"Nội dung {letters(code)}",
        "measure_type": "mean5",
        "index_rounded": index,
        "ci_low": None if width is None else index - width,
        "ci_high": None if width is None else index + width,
        "ci_reason": "Quá ít đơn vị chọn mẫu" if width is None else None,
        "valid_count": or_nothing(chance, chance.randint(5, 90)),
        "rank": rank,
        "ranked_count": None if rank is None else 63,
        "rank_low": None,
        "rank_high": None,
        "rank_source": None if rank is None else "stated",
        "source_label_vi": "Bộ công bố",
        "previous_index_rounded": previous,
        "previous_rank": before,
        "change": None if previous is None else index - previous,
        "rank_change": None if rank is None or before is None else before - rank,
        "is_change_comparable": is_comparable,
        "change_note": None if is_comparable else "Bộ tiêu chí đã thay đổi; Nguồn khác nhau",
        "national_value": or_nothing(chance, value(chance)),
        "responsible_vi": "Sở Nội vụ",
        "caution_vi": None,
        "is_suppressed": False,
        "suppression_reason": None,
    }


def letters(code: str) -> str:
    """A code without digits, so that a label holds no number: `1.1.2` is `a a b`."""
    return " ".join(chr(ord("a") + int(part) - 1) for part in code.split(".") if part.isdigit())


def question(chance: Random, code: str, number: int) -> dict[str, Any]:
    """A frozen row of perceptions or expectations."""
    return {
        "indicator_code": f"{code}.{number}",
        "parent_code": code,
        "label_vi": f"Phương án {chr(ord('a') + number)}",
        "measure_type": BLOCKS.get(code, "share_top"),
        "index_rounded": value(chance),
        "ci_low": None,
        "ci_high": None,
        "ci_reason": "Quá ít đơn vị chọn mẫu",
        "valid_count": chance.randint(5, 600),
        "caution_vi": None,
        "is_suppressed": False,
        "suppression_reason": None,
    }


def results_of(chance: Random) -> Results:
    """A whole round."""
    return Results(
        round_name="Cuộc thử",
        round_code="thu",
        unit_name="Tỉnh Thử",
        year=YEAR,
        is_simulated=True,
        value_source="answers",
        method=METHOD,
        rollup="bằng trung bình cộng của tất cả các tiêu chí",
        satisfaction=tuple(figure_of(row_of(chance, code)) for code in TREE),
        perceptions=tuple(question(chance, code, n) for code in BLOCKS for n in (1, 2, 3)),
        expectations=tuple(question(chance, "E", n) for n in range(1, 6)),
        labels={code: f"Khối {letter}" for code, letter in zip(BLOCKS, "mnop", strict=True)},
        sampled_count=chance.randint(30, 900),
        previous_year=BEFORE,
    )


results = seeds.map(results_of)
rows = seeds.map(lambda chance: row_of(chance, "1.1"))
