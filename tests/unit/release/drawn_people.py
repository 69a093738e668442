"""Rounds of drawn people, counted into the rows that marts have: units × breakdowns × questions."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from sipas.release.suppression.figures import Figure

METHOD = "m"
ITEMS = ("1.1.1", "1.1.2", "1.2.1", "1.2.2")
NODES = {"1.1": ITEMS[:2], "1.2": ITEMS[2:], "SIPAS": ITEMS}
ROLLUPS = [(METHOD, node, item, 1, len(items)) for node, items in NODES.items() for item in items]
DELICATE = "P5.1"
GROUPS = {"gender": ("female", "male", "unknown"), "age_band": ("a", "b", "c", "d")}
MISSING = ("blank", "dont_know", "not_applicable", "refused")
TOO_SMALL, TOO_DELICATE = "Dưới 5 người trả lời", "Không công bố dưới cấp huyện"


@dataclass(frozen=True)
class Person:
    """Where somebody lives, who they are, and a score or the kind of its absence by question."""

    commune: str
    groups: dict[str, str]
    answers: dict[str, int | str]


@dataclass(frozen=True)
class Tree:
    """A province of districts of communes, and how far down breakdowns are counted."""

    parents: dict[str, str | None]
    broken_down: tuple[str, ...]

    def level(self, unit: str) -> str:
        return {"p": "province", "d": "district", "c": "commune"}[unit[0]]

    def above(self, unit: str) -> list[str]:
        """The unit and everything above it."""
        found = [unit]
        while above := self.parents[found[-1]]:
            found.append(above)
        return found


def draw_tree(rng: Random) -> Tree:
    """A province; communes may lie in a district of their own."""
    parents: dict[str, str | None] = {"p": None}
    for district in range(rng.randint(1, 3)):
        parents[f"d{district}"] = "p"
        for commune in range(rng.randint(1, 2)):
            parents[f"c{district}{commune}"] = f"d{district}"
    return Tree(parents, rng.choice([("province",), ("province", "district")]))


def draw_people(rng: Random, tree: Tree, count: int, missing: float) -> list[Person]:
    """People who crowd in some communes and groups."""
    communes = [unit for unit in tree.parents if unit[0] == "c"]
    crowds = [rng.random() ** 2 + 0.02 for _ in communes]
    lean = rng.choice([(4, 4, 1), (10, 10, 1), (1, 1, 0)])
    return [
        Person(
            rng.choices(communes, crowds)[0],
            {
                "gender": rng.choices(GROUPS["gender"], lean)[0],
                "age_band": rng.choices(GROUPS["age_band"], (8, 5, 2, 1))[0],
            },
            {
                question: rng.choice(MISSING) if rng.random() < missing else rng.randint(1, 5)
                for question in (*ITEMS, DELICATE)
            },
        )
        for _ in range(count)
    ]


def rows_of(people: Iterable[Person], tree: Tree) -> list[Figure]:
    """The rows of the marts, with the marks of primary suppression that dbt sets."""
    cells: dict[tuple[str, str, str], list[Person]] = {}
    for person in people:
        for unit in tree.above(person.commune):
            cells.setdefault((unit, "all", "all"), []).append(person)
            if tree.level(unit) in tree.broken_down:
                for name, value in person.groups.items():
                    cells.setdefault((unit, name, value), []).append(person)
    return [
        row
        for cell, members in cells.items()
        for row in (
            *(item_row(cell, members, item, tree) for item in (*ITEMS, DELICATE)),
            *(node_row(cell, members, node, tree) for node in NODES),
        )
    ]


def item_row(cell: tuple, members: list[Person], item: str, tree: Tree) -> Figure:
    given = Counter(person.answers[item] for person in members)
    scores = {score: count for score, count in given.items() if isinstance(score, int)}
    valid = sum(scores.values())
    return figure(
        cell,
        item,
        tree,
        len(members),
        valid,
        Fraction(20 * sum(score * n for score, n in scores.items()), valid) if valid else None,
        json.dumps(scores) if scores else None,
        [given[kind] for kind in MISSING],
    )


def node_row(cell: tuple, members: list[Person], node: str, tree: Tree) -> Figure:
    items = [item_row(cell, members, item, tree) for item in NODES[node]]
    valid = sum(any(isinstance(p.answers[item], int) for item in NODES[node]) for p in members)
    values = [row.index_value for row in items]
    value = sum(values) / len(values) if None not in values else None
    return figure(cell, node, tree, len(members), valid, value, None, [None] * 4)


def figure(cell, code, tree, sampled, valid, value, distribution, missing) -> Figure:
    level = tree.level(cell[0])
    too_delicate = code.startswith("P5") and level == "commune"
    return Figure(
        "official",
        *cell,
        code,
        None,
        "item" if code in ITEMS else "factor",
        "mean5",
        METHOD,
        level,
        valid < 5 or too_delicate,
        sampled,
        valid,
        *missing,
        distribution,
        value,
    )


def released(rows: Iterable[Figure], reason) -> list[dict]:
    """The rows as a release prints them; `reason` says why a row is hidden, or None."""
    printed = []
    for row in rows:
        told = row._asdict() | {"is_suppressed": False, "suppression_reason": None}
        told["distribution"] = row.distribution and json.loads(row.distribution)
        if why := reason(row):
            told |= dict.fromkeys(COUNTS) | {"is_suppressed": True, "suppression_reason": why}
        printed.append(told)
    return printed


COUNTS = (
    "sampled_count",
    "valid_count",
    *(f"{kind}_count" for kind in MISSING),
    "distribution",
    "index_value",
)


def primary_only(row: Figure) -> str | None:
    """What dbt marks, and nothing further."""
    if not row.is_suppressed:
        return None
    return TOO_SMALL if row.valid_count < 5 else TOO_DELICATE
