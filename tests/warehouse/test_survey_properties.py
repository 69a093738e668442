"""What holds of every survey, whatever people answered: surveys drawn at random, through loader
and models, against exact fractions (the strategies are in drawn_surveys.py)."""

from collections import Counter
from fractions import Fraction

import pytest
from drawn_surveys import MOODS, SHAPES, questions, reference_rows
from drawn_world import Drawn, figures, round_code, weighted_figures
from exact_indices import all_indices, components, groups, scores

TWELFTH_DECIMAL = Fraction(1, 10**12)
NUMBERS = range(len(MOODS))
ROUNDS = [round_code(number, shape) for number in NUMBERS for shape in SHAPES]
COUNTS = ("sampled_count", "valid_count", "missing_count")
every_survey = pytest.mark.parametrize("number", NUMBERS)
every_round = pytest.mark.parametrize("code", ROUNDS)


@pytest.fixture(scope="module", name="figures")
def all_figures(drawn_warehouse: Drawn) -> dict[str, dict]:
    """All columns of all figures by round, without the round's own name."""
    return {
        code: {
            key: {name: value for name, value in row.items() if name != "round_code"}
            for key, row in figures(drawn_warehouse.warehouse, code).items()
        }
        for code in ROUNDS
    }


@pytest.fixture(scope="module")
def rounds(drawn_warehouse: Drawn) -> dict:
    return drawn_warehouse.rounds()


def indices(figures: dict) -> dict:
    return {key: row["index_value"] for key, row in figures.items()}


def above(method: str, code: str) -> set[str]:
    """A question and every node that it counts in."""
    found = {code}
    while True:
        parents = {
            node
            for node, children in components(method).items()
            if found & {child for child, _, _ in children}
        }
        if parents <= found:
            return found
        found |= parents


@every_survey
def test_the_order_of_rows_never_matters(figures, number):
    drawn = figures[round_code(number, "drawn")]
    assert len(drawn) > 200
    assert figures[round_code(number, "reordered")] == drawn


@every_survey
def test_doubling_all_forms_changes_no_index(figures, number):
    drawn = figures[round_code(number, "drawn")]
    twice = figures[round_code(number, "doubled")]
    assert indices(twice) == indices(drawn)
    for name in COUNTS:
        assert {key: row[name] for key, row in twice.items()} == {
            key: 2 * row[name] for key, row in drawn.items()
        }


@every_survey
def test_an_item_left_blank_changes_no_other_item(figures, rounds, number):
    survey = rounds[round_code(number, "drawn")]
    touched = above(survey.method, survey.left_out)
    drawn = figures[round_code(number, "drawn")]
    blanks = figures[round_code(number, "blanks")]
    others = {key for key in drawn if key[-1] not in touched}
    assert {key: blanks[key] for key in others} == {key: drawn[key] for key in others}


@every_survey
def test_an_index_is_that_of_the_remaining_answers(figures, rounds, number):
    """Who left item k blank counts in no way in k's index: not as 0 and not in the base."""
    survey = rounds[round_code(number, "drawn")]
    blanks = figures[round_code(number, "blanks")]
    fewer = 0
    for group, forms in groups(survey):
        remaining = [form for form in forms if form.code not in survey.leaving_out]
        valid = scores(survey.method, remaining)[survey.left_out]
        row = blanks[(*group, survey.left_out)]
        assert row["valid_count"] == len(valid)
        fewer += len(valid) < len(scores(survey.method, forms)[survey.left_out])
        if valid:
            exact = Fraction(100 * sum(score for score, _ in valid), 5 * len(valid))
            assert abs(Fraction(row["index_value"]) - exact) < TWELFTH_DECIMAL
        else:
            assert row["index_value"] is None
    assert fewer, "the blanks are of answers that were there"


@every_round
def test_every_index_is_exact_to_twelve_decimals(figures, rounds, code):
    survey = rounds[code]
    expected = {
        (*group, indicator): value
        for group, forms in groups(survey)
        for indicator, value in all_indices(survey.method, forms).items()
    }
    found = indices(figures[code])
    assert set(expected) <= set(found)
    assert {key for key, value in found.items() if value is not None} == {
        key for key, value in expected.items() if value is not None
    }
    wrong = {
        key: (found[key], float(value))
        for key, value in expected.items()
        if value is not None and abs(Fraction(found[key]) - value) >= TWELFTH_DECIMAL
    }
    assert wrong == {}


@every_survey
def test_weights_count_in_the_weighted_variant_and_nowhere_else(
    drawn_warehouse, figures, rounds, number
):
    code = round_code(number, "drawn")
    survey = rounds[code]
    expected = {
        (unit, indicator): value
        for (unit, breakdown, _), forms in groups(survey)
        if breakdown == "all"
        for indicator, value in all_indices(survey.method, forms, is_weighted=True).items()
    }
    found = {
        key: value
        for key, value in weighted_figures(drawn_warehouse.warehouse, code).items()
        if value is not None
    }
    assert len(found) > 40
    wrong = {
        key: (value, float(expected[key]))
        for key, value in found.items()
        if abs(Fraction(value) - expected[key]) >= TWELFTH_DECIMAL
    }
    assert wrong == {}
    if MOODS[number] == "any":
        assert any(
            value != figures[code][unit, "all", "all", indicator]["index_value"]
            for (unit, indicator), value in found.items()
        )


@every_round
def test_counts_of_a_breakdown_add_up_to_the_unit(figures, code):
    sums: dict[tuple, Counter] = {}
    for (unit, breakdown, _, indicator), row in figures[code].items():
        sums.setdefault((unit, breakdown, indicator), Counter()).update(
            {name: row[name] for name in COUNTS}
        )
    breakdowns = {breakdown for _, breakdown, _ in sums}
    assert {"all", "gender", "collection_mode", "respondent_type"} <= breakdowns
    for (unit, breakdown, indicator), counts in sums.items():
        assert counts == sums[unit, "all", indicator], (unit, breakdown, indicator)


@every_round
def test_means_and_shares_keep_their_bounds(figures, rounds, code):
    method = rounds[code].method
    scales = {question.code: question for question in questions(method)}
    bounded = 0
    for (*_, indicator), row in figures[code].items():
        value = row["index_value"]
        if value is None or row["measure_type"] == "count":
            continue
        asked = scales.get(indicator)
        is_mean = row["measure_type"].startswith("mean")
        lowest = Fraction(100, row["scale_max"]) if is_mean else 0
        if asked and is_mean:
            assert lowest == Fraction(100 * asked.lowest, asked.highest)
        assert lowest <= value <= 100, (indicator, row)
        bounded += 1
    assert bounded > 100


@pytest.mark.parametrize(("mood", "bound"), [("lowest", 20), ("highest", 100)])
def test_the_bounds_are_reached_where_all_agree(figures, rounds, mood, bound):
    code = round_code(MOODS.index(mood), "drawn")
    values = {
        row["index_value"]
        for row in figures[code].values()
        if row["measure_type"] == "mean5" and row["index_value"] is not None
    }
    assert values == {bound}


@every_round
def test_a_node_lies_between_its_smallest_and_largest_child(figures, rounds, code):
    values = indices(figures[code])
    nodes = 0
    for (*group, indicator), value in values.items():
        if value is None or indicator not in components(rounds[code].method):
            continue
        children = [
            values[(*group, child)] for child, _, _ in components(rounds[code].method)[indicator]
        ]
        present = [Fraction(child) for child in children if child is not None]
        lowest, highest = min(present) - TWELFTH_DECIMAL, max(present) + TWELFTH_DECIMAL
        assert lowest <= Fraction(value) <= highest
        nodes += 1
    assert nodes


@every_round
def test_shares_of_a_single_choice_sum_to_100(figures, rounds, code):
    method = rounds[code].method
    answers: dict[str, list[str]] = {}
    for row in reference_rows("method_indicators"):
        if row["method_version"] == method and row["measure_type"] == "share_single":
            answers.setdefault(row["parent_code"], []).append(row["indicator_code"])
    values = indices(figures[code])
    whole = 0
    for group in {key[:-1] for key in values}:
        for question in answers:
            shares = [values[(*group, answer)] for answer in answers[question]]
            if None not in shares:
                assert abs(sum(map(Fraction, shares)) - 100) < TWELFTH_DECIMAL
                whole += 1
    assert whole or not answers
