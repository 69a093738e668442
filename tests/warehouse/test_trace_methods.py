"""The arithmetic of tracing equals DOMAIN's formulas in exact fractions, for every method."""

from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from drawn_surveys import METHODS, drawn_surveys, reference_rows
from exact_indices import all_indices, scores

from sipas.contracts.reference_tables import TABLES
from sipas.release.trace.method import Cell, Method, Rounding
from sipas.release.trace.result import Check
from sipas.release.trace.samples import Counted
from sipas.release.trace.surveys import reckon

FROZEN = (
    "methods",
    "method_indicators",
    "method_rollups",
    "method_roundings",
    "method_scales",
    "method_skip_rules",
)


def frozen_rows() -> dict[str, list[dict]]:
    """The product's method rows with their types, as a release freezes them."""
    return {
        table: [
            msgspec.structs.asdict(
                msgspec.convert({k: v for k, v in row.items() if v}, TABLES[table], strict=False)
            )
            for row in reference_rows(table)
        ]
        for table in FROZEN
    }


@pytest.mark.parametrize("is_weighted", [False, True], ids=["unweighted", "weighted"])
def test_every_index_of_drawn_surveys_is_that_of_the_formulas(is_weighted):
    rows, seen = frozen_rows(), set()
    for survey in drawn_surveys():
        method = Method(survey.method, rows)
        cells: dict[str, list[Cell]] = {
            code: [
                Cell(1, code, score, None, 1, Decimal(weight.numerator) / weight.denominator)
                for score, weight in answers
            ]
            for code, answers in scores(survey.method, list(survey.forms)).items()
        }
        found = reckon(method, Counted({1: len(survey.forms)}, cells, {}), is_weighted)
        expected = all_indices(survey.method, list(survey.forms), is_weighted)
        assert found == expected, survey.method
        seen.add(survey.method)
    assert seen == set(METHODS)


@pytest.mark.parametrize(
    ("kind", "value", "printed"),
    [
        ("half_up", Fraction(81875, 1000), "81.88"),
        ("truncate", Fraction(81875, 1000), "81.87"),
        ("half_up", Fraction(-1, 200), "-0.01"),
        ("truncate", Fraction(-199, 10000), "-0.01"),
        ("half_up", Fraction(2, 3), "0.67"),
    ],
)
def test_a_value_is_printed_by_its_rule(kind, value, printed):
    assert Rounding(kind, 2).printed(value) == Decimal(printed)


@pytest.mark.parametrize(
    ("published", "reckoned", "is_equal"),
    [
        (Decimal("0.6666666666666667"), Fraction(2, 3), True),
        (Decimal("0.66666666"), Fraction(2, 3), False),
        (None, None, True),
        (None, 0, False),
        (0, None, False),
        (5, 5, True),
        (5, 6, False),
    ],
)
def test_only_the_error_of_a_division_is_forgiven(published, reckoned, is_equal):
    assert Check("x", published, reckoned).is_equal is is_equal
