"""The product's rows compare 2022 and 2023 of Huế by one method, in exact fractions."""

import csv
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import pytest

from sipas.local.instance import PROJECT


def rows(table: str) -> list[dict]:
    """The rows of all the product's files of a table."""
    found = []
    for path in sorted((PROJECT / "reference").rglob(f"{table}.csv")):
        with path.open(encoding="utf8", newline="") as file:
            found += csv.DictReader(file)
    return found


STATED = {
    (row["round_code"], row["indicator_code"], row["measure"]): Decimal(row["stated_value"])
    for row in rows("stated_figures")
    if row["measure"] in ("index", "implied_index")
    # The prose contradicts the tables here and there.
    and row.get("place_kind", "table") == "table"
}
INDICATORS = {
    (row["method_version"], row["indicator_code"]): row for row in rows("method_indicators")
}
ROLLUPS = defaultdict(list)
for rollup in rows("method_rollups"):
    ROLLUPS[rollup["method_version"], rollup["indicator_code"]].append(rollup)
VARIANTS = {(row["round_code"], row["variant_code"]): row for row in rows("round_variants")}


def value(round_code: str, method: str, code: str) -> Fraction:
    """An item as stated or implied, anything else from its components."""
    if INDICATORS[method, code]["is_asked"] == "true":
        stated = STATED.get((round_code, code, "index"))
        if stated is None:
            stated = STATED[round_code, code, "implied_index"]
        return Fraction(stated)
    return sum(
        value(round_code, method, row["component_code"])
        * Fraction(int(row["component_weight"]), int(row["weight_total"]))
        for row in ROLLUPS[method, code]
    )


def items(method: str) -> list[str]:
    """The items that a method's overall index is made of."""

    def below(code: str) -> list[str]:
        found = ROLLUPS.get((method, code))
        return [i for row in found for i in below(row["component_code"])] if found else [code]

    return below("SIPAS")


@pytest.mark.parametrize(
    ("variant", "count_2023", "count_2022", "change"),
    [
        ("rollup_2022", 39, 33, "3.62"),
        ("rollup_2023", 39, 33, "3.52"),
        ("common_28", 28, 28, "3.48"),
    ],
)
def test_the_change_on_one_method(variant, count_2023, count_2022, change):
    new = VARIANTS["hue-2023", variant]
    old = VARIANTS[new["previous_round_code"], new["previous_variant_code"]]
    assert old["round_code"] == "hue-2022"
    assert len(set(items(new["method_version"]))) == count_2023
    assert len(set(items(old["method_version"]))) == count_2022
    difference = value("hue-2023", new["method_version"], "SIPAS") - value(
        "hue-2022", old["method_version"], "SIPAS"
    )
    assert round(difference, 2) == Fraction(change)


def test_the_common_items_are_those_the_crosswalk_calls_same():
    same = {
        (row["from_code"], row["to_code"])
        for row in rows("indicator_crosswalk")
        if (row["from_method"], row["to_method"]) == ("ministry-2022", "ministry-2023")
        and row["relation"] == "same"
        and INDICATORS["ministry-2022", row["from_code"]]["indicator_level"] == "item"
    }
    assert {old for old, _ in same} == set(items("ministry-2022-common-28"))
    assert {new for _, new in same} == set(items("ministry-2023-common-28"))


@pytest.mark.parametrize("factor", ["1.4", "2.1", "2.3"])
def test_implied_items_give_the_printed_factor(factor):
    assert value("hue-2022", "ministry-2022", factor) == Fraction(
        STATED["hue-2022", factor, "index"]
    )


@pytest.mark.parametrize(
    "version",
    [
        "ministry-2023-rollup-2022",
        "ministry-2023-common-28",
        "ministry-2022-rollup-2023",
        "ministry-2022-common-28",
    ],
)
def test_a_variant_asks_what_the_official_method_asks(version):
    official = version[: len("ministry-2023")]
    for (method, code), row in INDICATORS.items():
        if method == version and row["is_asked"] == "true":
            for column in ("measure_type", "scale_min", "scale_max", "label_vi"):
                assert row[column] == INDICATORS[official, code][column], (code, column)
