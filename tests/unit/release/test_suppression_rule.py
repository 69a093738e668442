"""Suppression on drawn rounds: the rule holds everywhere, and an attacker finds nothing."""

from random import Random

import pytest
import yaml
from attacker import Attacker, found_indices, key_of, printed_counts
from drawn_people import (
    DELICATE,
    NODES,
    ROLLUPS,
    Person,
    Tree,
    draw_people,
    draw_tree,
    primary_only,
    released,
    rows_of,
)
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sipas.errors import UserError
from sipas.local.instance import PROJECT
from sipas.release.suppression.decide import ONE_QUESTION, SECONDARY, TOO_SMALL, Decision, decide
from sipas.release.suppression.figures import SMALLEST_BASE, Figure

WEIGHTS = {
    ("official", node): dict.fromkeys(items, 1 / len(items)) for node, items in NODES.items()
}
drawn_rounds = given(
    seed=st.integers(0, 10**9),
    count=st.integers(8, 40),
    missing=st.sampled_from((0, 0.05, 0.3)),
)
few = settings(
    max_examples=3, deadline=None, derandomize=True, database=None, phases=[Phase.generate]
)


def drawn(seed: int, count: int, missing: float) -> tuple[Tree, list[Person]]:
    rng = Random(seed)
    tree = draw_tree(rng)
    return tree, draw_people(rng, tree, count, missing)


def release_of(rows: list[Figure], decision: Decision) -> list[dict]:
    return released(rows, lambda row: decision.reason(row.cell, row.layer))


def as_figures(printed: list[dict]) -> list[Figure]:
    """Rows of a release as they are read again."""
    found = []
    for row in printed:
        distribution = row["distribution"]
        text = None if distribution is None else str(distribution).replace("'", '"')
        told = row | {"distribution": text}
        found.append(Figure(**{name: told[name] for name in Figure._fields}))
    return found


def people(rows: list[Figure]) -> dict:
    return {key_of(row._asdict()): row.valid_count for row in rows}


def counts(rows: list[Figure]) -> dict:
    return {key_of(row): printed_counts(row) for row in released(rows, lambda _: None)}


@drawn_rounds
@few
def test_an_attacker_finds_nothing_that_is_hidden(seed, count, missing) -> None:
    """All questions together, everything that is printed."""
    tree, everybody = drawn(seed, count, missing)
    rows = rows_of(everybody, tree)
    decision = decide(rows, tree.parents, ROLLUPS)
    printed = release_of(rows, decision)
    assert decision.lost == frozenset()
    attacker = Attacker(printed, tree.parents)
    assert attacker.found_out(people(rows), whole=False) == {}
    assert found_indices(printed, WEIGHTS, people(rows)) == {}


def test_the_attacker_finds_almost_everything_where_only_small_groups_are_hidden() -> None:
    found = hidden = 0
    for seed in range(2, 5):
        tree, everybody = drawn(seed, 60, 0.02)
        rows = rows_of(everybody, tree)
        attacker = Attacker(released(rows, primary_only), tree.parents)
        found += len(attacker.found_out(people(rows), whole=False))
        hidden += sum(row.is_suppressed and row.valid_count < 5 for row in rows)
    assert found > 0.7 * hidden > 20


def test_the_attacker_finds_an_index_through_its_siblings() -> None:
    """Three people answered one item of a whole unit: the factor and the other item tell it."""
    tree, everybody = one_unit(age_band={"a": 20, "b": 20})
    for person in everybody[3:]:
        person.answers["1.1.1"] = "blank"
    rows = rows_of(everybody, tree)
    alone = released(rows, primary_only)
    key = ("official", "p", "all", "all", "1.1.1")
    assert key in found_indices(alone, WEIGHTS, people(rows))
    printed = release_of(rows, decide(rows, tree.parents, ROLLUPS))
    hidden = {
        r["indicator_code"] for r in printed if r["is_suppressed"] and r["breakdown"] == "all"
    }
    assert hidden == {"1.1.1", "1.1.2", DELICATE}  # of one commune only


def test_nor_does_one_who_knows_that_people_are_whole() -> None:
    tree, everybody = drawn(2, 30, 0.05)
    rows = rows_of(everybody, tree)
    printed = release_of(rows, decide(rows, tree.parents, ROLLUPS))
    assert any(row["is_suppressed"] for row in printed)
    assert Attacker(printed, tree.parents).found_out(people(rows), whole=True) == {}


@drawn_rounds
@few
def test_the_rule_holds_in_every_additive_set(seed, count, missing) -> None:
    """None, or two cells and five people: in each breakdown of a unit and below each unit."""
    tree, everybody = drawn(seed, count, missing)
    rows = rows_of(everybody, tree)
    printed = release_of(rows, decide(rows, tree.parents, ROLLUPS))
    attacker = Attacker(printed, tree.parents)
    base = people(rows)
    for variant, question in attacker.questions:
        for total, members in attacker.totals(variant, question):
            everything = (total, *members)
            hidden = [key for key in everything if attacker.rows[key]["is_suppressed"]]
            if 0 < len(hidden) < len(everything):
                assert len(hidden) >= 2
                assert sum(base[key] for key in hidden) >= 5
    assert all(row["is_suppressed"] for row in printed if base[key_of(row)] < 5)


def one_unit(**groups: dict[str, int]) -> tuple[Tree, list[Person]]:
    """A province of one commune without breakdowns below it, and so many people by group."""
    tree = Tree({"p": None, "d0": "p", "c00": "d0"}, ("province",))
    ((name, sizes),) = groups.items()
    values = [value for value, size in sizes.items() for _ in range(size)]
    other = {"age_band": "gender", "gender": "age_band"}[name]
    return tree, [
        Person(
            "c00",
            {name: value, other: "a"},
            {item: 1 + (number * 7) % 5 for item in (*NODES["SIPAS"], DELICATE)},
        )
        for number, value in enumerate(values)
    ]


def hidden_groups(decision: Decision, question: str = "1.1.1") -> dict[tuple[str, str, str], str]:
    """The reason by cell, of what is hidden of a question."""
    cells = {cell: decision.reason(cell, ("official", question)) for cell in decision.figures.cells}
    return {cell: reason for cell, reason in cells.items() if reason}


def decided(tree: Tree, everybody: list[Person], *standing: list[Figure]) -> Decision:
    return decide(rows_of(everybody, tree), tree.parents, ROLLUPS, standing)


def test_the_smallest_group_goes_with_a_small_one_and_each_has_its_reason() -> None:
    decision = decided(*one_unit(age_band={"a": 3, "b": 9, "c": 8, "d": 30}))
    assert hidden_groups(decision) == {
        ("p", "age_band", "a"): TOO_SMALL,
        ("p", "age_band", "c"): SECONDARY,
    }


def test_equal_groups_are_chosen_by_name() -> None:
    decision = decided(*one_unit(age_band={"a": 9, "b": 3, "c": 9, "d": 9}))
    assert set(hidden_groups(decision)) == {("p", "age_band", "b"), ("p", "age_band", "a")}


def test_two_small_groups_of_fewer_than_five_take_a_third_one() -> None:
    decision = decided(*one_unit(age_band={"a": 1, "b": 2, "c": 9, "d": 30}))
    assert {cell[2] for cell in hidden_groups(decision)} == {"a", "b", "c"}


def test_two_groups_of_four_take_a_third_one_since_their_reasons_tell_them() -> None:
    """Eight people in two groups of «fewer than five»: four and four."""
    decision = decided(*one_unit(age_band={"a": 4, "b": 4, "c": 9, "d": 30}))
    assert {cell[2] for cell in hidden_groups(decision)} == {"a", "b", "c"}


def test_a_question_that_few_answered_does_not_say_how_few() -> None:
    tree, everybody = one_unit(age_band={"a": 8, "b": 9, "c": 30})
    for person in everybody[:4]:
        person.answers["1.1.1"] = "dont_know"
    reasons = hidden_groups(decided(tree, everybody))
    assert reasons[("p", "age_band", "a")] == ONE_QUESTION
    assert len(reasons) == 2


def test_harassment_below_the_district_is_not_told_by_the_district() -> None:
    """A district with one commune is that commune; two such districts hide each other."""
    tree = Tree({"p": None, "d0": "p", "c00": "d0", "d1": "p", "c10": "d1", "c11": "d1"}, ())
    everybody = [
        Person(
            commune,
            {"gender": "male", "age_band": "a"},
            {item: 1 + number % 5 for item in (*NODES["SIPAS"], DELICATE)},
        )
        for commune in ("c00", "c10", "c11")
        for number in range(20)
    ]
    hidden = {unit for unit, _, _ in hidden_groups(decided(tree, everybody), DELICATE)}
    assert hidden == {"c00", "c10", "c11", "d0", "d1"}
    assert hidden_groups(decided(tree, everybody)) == {}


def test_what_stood_hidden_stays_hidden_while_its_sum_is_true() -> None:
    """Two people leave group c, which is now the smallest: telling b would tell the three of a."""
    tree, before = one_unit(age_band={"a": 3, "b": 6, "c": 7, "d": 30})
    first_rows = rows_of(before, tree)
    first = release_of(first_rows, decide(first_rows, tree.parents, ROLLUPS))
    after = before[:9] + before[11:]
    rows = rows_of(after, tree)
    earlier = Attacker(first, tree.parents)

    def found(decision: Decision) -> set:
        attacker = Attacker(release_of(rows, decision), tree.parents)
        attacker.learn(earlier, counts(rows))
        return {key[2:] for key in attacker.found_out(people(rows))}

    alone = decide(rows, tree.parents, ROLLUPS)
    assert {cell[2] for cell in hidden_groups(alone)} == {"a", "c"}
    assert ("age_band", "a", "1.1.1") in found(alone)
    beside = decide(rows, tree.parents, ROLLUPS, [as_figures(first)])
    assert {cell[2] for cell in hidden_groups(beside)} == {"a", "b"}
    assert found(beside) == set()


def test_what_a_standing_release_tells_is_named_to_the_approver() -> None:
    """The release before, of another rule, told the three of a: hiding them now hides nothing."""
    tree, everybody = one_unit(age_band={"a": 3, "b": 6, "c": 30})
    told = rows_of(everybody, tree)
    decision = decided(tree, everybody, told)
    named = decision.told_anyway()
    assert (("p", "age_band", "a"), ("official", "1.1.1")) in named
    assert named == sorted(named)
    assert decided(tree, everybody).told_anyway() == []


@drawn_rounds
@few
def test_an_attacker_with_two_releases_finds_nothing(seed, count, missing) -> None:
    """Some people come and some go between the releases; what both told already is lost."""
    tree, before = drawn(seed, count, missing)
    first_rows = rows_of(before, tree)
    first = release_of(first_rows, decide(first_rows, tree.parents, ROLLUPS))
    rng = Random(seed)
    late = draw_people(rng, tree, rng.randint(0, 3), missing)
    after = before[rng.randint(0, 3) :] + late
    rows = rows_of(after, tree)
    decision = decide(rows, tree.parents, ROLLUPS, [as_figures(first)])
    attacker = Attacker(release_of(rows, decision), tree.parents)
    attacker.learn(Attacker(first, tree.parents), counts(rows))
    names = [
        (decision.figures.cells[cell], decision.figures.layers[layer])
        for cell, layer in decision.lost
    ]
    lost = {(variant, *cell, question) for cell, (variant, question) in names}
    assert set(attacker.found_out(people(rows), whole=False)) <= lost


@drawn_rounds
@few
def test_the_same_figures_hide_the_same_beside_their_own_release(seed, count, missing) -> None:
    """An unchanged round makes no new release."""
    tree, everybody = drawn(seed, count, missing)
    rows = rows_of(everybody, tree)
    first = decide(rows, tree.parents, ROLLUPS)
    again = decide(rows, tree.parents, ROLLUPS, [as_figures(release_of(rows, first))])
    assert (again.hidden == first.hidden).all()
    assert again.lost == frozenset()


def test_a_variant_does_not_tell_the_people_who_failed_the_recheck() -> None:
    """Two of forty failed: official and variant together would tell their answers."""
    tree, everybody = one_unit(age_band={"a": 20, "b": 20})
    official = rows_of(everybody, tree)
    kept = [row for row in rows_of(everybody[2:], tree) if row.breakdown == "all"]
    variant = [row._replace(variant_code="without_failures") for row in kept]
    decision = decide([*official, *variant], tree.parents, ROLLUPS)
    assert decision.reason(("p", "all", "all"), ("without_failures", "1.1.1")) == ONE_QUESTION
    assert decision.reason(("p", "all", "all"), ("official", "1.1.1")) is None


def test_another_method_on_the_same_people_is_hidden_with_the_official_one() -> None:
    tree, everybody = one_unit(age_band={"a": 20, "b": 20})
    for person in everybody[3:]:
        person.answers["1.1.1"] = "blank"
    official = rows_of(everybody, tree)
    variant = [r._replace(variant_code="other") for r in official if r.breakdown == "all"]
    decision = decide([*official, *variant], tree.parents, ROLLUPS)
    for question in ("1.1.1", "1.1.2"):
        assert decision.reason(("p", "all", "all"), ("other", question)) == ONE_QUESTION


def test_the_release_and_the_marts_know_one_smallest_base() -> None:
    project = yaml.safe_load((PROJECT / "dbt_project" / "dbt_project.yml").read_text("utf8"))
    assert project["vars"]["smallest_published_base"] == SMALLEST_BASE


def test_sums_that_contradict_each_other_are_refused() -> None:
    """A mart whose groups do not add up is a fault of the build, not a figure to publish."""
    tree, everybody = one_unit(age_band={"a": 3, "b": 9, "c": 30})
    rows = [
        row._replace(distribution='{"1": 42}')
        if row.cell == ("p", "all", "all") and row.indicator_code == "1.1.1"
        else row
        for row in rows_of(everybody, tree)
    ]
    with pytest.raises(UserError, match="do not add up"):
        decide(rows, tree.parents, ROLLUPS)
