"""Who reads a release and tries to find out what it hides, by linear programming.

Knows every printed number, the unit tree, that everybody belongs to one value of each breakdown and
to one unit of each level, how indices are made of items, and what the printed reason says about a
hidden base. Shares nothing with the code that hides.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import LinearConstraint, linprog, milp

MISSING = ("blank", "dont_know", "not_applicable", "refused", "unspoken")
TOO_SMALL = "Dưới 5 người trả lời"
SECONDARY = "Ẩn thêm để không suy ra được số liệu đã ẩn khác"
Row = Mapping[str, Any]
Key = tuple[str, str, str, str, str]


def key_of(row: Row) -> Key:
    """Variant, unit, breakdown, its value and what was asked."""
    is_share = row["measure_type"] == "share_single" and row["parent_code"]
    question = row["parent_code"] if is_share else row["indicator_code"]
    return (row["variant_code"], *group_of(row), question)


def group_of(row: Row) -> tuple[str, str, str]:
    return row["unit_key"], row["breakdown"], row["breakdown_value"]


def printed_counts(row: Row) -> dict[str, int]:
    """People by answer as the row prints them."""
    counts = dict(row["distribution"] or {"valid": row["valid_count"]})
    counts |= {kind: row[f"{kind}_count"] or 0 for kind in MISSING[:-1]}
    counts["unspoken"] = row["sampled_count"] - sum(counts.values())
    return counts


def base(counts: Mapping[str, int]) -> int:
    """How many people answered."""
    return sum(count for kind, count in counts.items() if kind not in MISSING)


@dataclass
class System:
    """Linear knowledge about named unknown numbers of people, all of them at least 0."""

    names: dict[tuple, int]
    equal: list[tuple[dict[int, float], float]]
    below: list[tuple[dict[int, float], float]]

    @classmethod
    def empty(cls) -> "System":
        return cls({}, [], [])

    def unknown(self, *name: object) -> int:
        return self.names.setdefault(name, len(self.names))

    def equals(self, terms: dict[int, float], constant: float) -> None:
        self.equal.append((terms, constant))

    def at_most(self, terms: dict[int, float], constant: float) -> None:
        self.below.append((terms, constant))

    @cached_property
    def matrices(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Equations and limits; nothing is learned after the first question."""
        return self.matrix(self.equal), self.matrix(self.below)

    def matrix(self, rows: list[tuple[dict[int, float], float]]) -> sparse.csr_array:
        places = [(n, c, v) for n, (row, _) in enumerate(rows) for c, v in row.items()]
        numbers, columns, values = zip(*places, strict=True) if places else ((), (), ())
        return sparse.csr_array(
            (np.array(values, dtype=float), (numbers, columns)), (len(rows), len(self.names))
        )

    def best(self, objective: dict[int, float], *, whole: bool) -> np.ndarray:
        """A solution that makes the objective least; `whole` people only, or parts as well."""
        goal = np.zeros(len(self.names))
        for column, value in objective.items():
            goal[column] = value
        equal_to = np.array([constant for _, constant in self.equal], dtype=float)
        at_most = np.array([constant for _, constant in self.below], dtype=float)
        if whole:
            constraints = [LinearConstraint(self.matrices[0], equal_to, equal_to)]
            if self.below:
                constraints.append(LinearConstraint(self.matrices[1], -np.inf, at_most))
            found = milp(goal, constraints=constraints, integrality=np.ones(len(goal)))
        else:
            found = linprog(
                goal,
                A_eq=self.matrices[0],
                b_eq=equal_to,
                A_ub=self.matrices[1] if self.below else None,
                b_ub=at_most if self.below else None,
                method="highs",
            )
        assert found.status == 0, f"the release contradicts itself: {found.message}"
        return found.x


class Attacker:
    """Reads the computed rows of a round (and of an earlier release of it)."""

    def __init__(self, rows: Iterable[Row], parents: Mapping[str, str | None]) -> None:
        self.rows = {key_of(row): row for row in rows}
        self.parents = parents
        self.hidden = [key for key, row in self.rows.items() if row["is_suppressed"]]
        self.kinds: dict[str, set[str]] = defaultdict(set)
        self.forms: dict[tuple, int] = {}
        for key, row in self.rows.items():
            if not row["is_suppressed"]:
                self.kinds[key[4]] |= set(printed_counts(row))
                self.forms[key[:4]] = row["sampled_count"]
        self.system = System.empty()
        self.questions = sorted({(key[0], key[4]) for key in self.hidden})
        for variant, question in self.questions:
            self._study(variant, question)
        for key in self.hidden:
            self._study_reason(key)

    def count(self, key: Key, kind: str) -> tuple[dict[int, float], int]:
        """People of one answer: unknown and known part."""
        row = self.rows[key]
        if row["is_suppressed"]:
            return {self.system.unknown(key, kind): 1}, 0
        return {}, printed_counts(row).get(kind, 0)

    def totals(self, variant: str, question: str) -> list[tuple[Key, list[Key]]]:
        """What adds up: values of a breakdown to the unit, units to the next one above them."""
        keys = [key for key in self.rows if (key[0], key[4]) == (variant, question)]
        groups: dict[Key, list[Key]] = defaultdict(list)
        units = defaultdict(set)
        for key in keys:
            units[key[2]].add(key[1])
        for key in keys:
            _, unit, breakdown, value, _ = key
            if breakdown != "all":
                groups[variant, unit, "all", "all", question, breakdown].append(key)
            above = self.parents.get(unit)
            while above and above not in units[breakdown]:
                above = self.parents.get(above)
            if above:
                groups[variant, above, breakdown, value, question, "below"].append(key)
        return [
            (name[:5], members)
            for name, members in groups.items()
            if len(name) == 6 and name[:5] in self.rows
        ]

    def _study(self, variant: str, question: str) -> None:
        for total, members in self.totals(variant, question):
            if not any(self.rows[key]["is_suppressed"] for key in (total, *members)):
                continue
            for kind in self.kinds[question] or {"valid", *MISSING}:
                unknown, known = self.count(total, kind)
                terms = {column: -1.0 for column in unknown}
                constant = float(known)
                for member in members:
                    unknown, known = self.count(member, kind)
                    terms |= {column: 1.0 for column in unknown}
                    constant -= known
                if terms:
                    self.system.equals(terms, constant)

    def _study_reason(self, key: Key) -> None:
        kinds = sorted(self.kinds[key[4]] or {"valid", *MISSING})
        everyone = {self.system.unknown(key, kind): 1.0 for kind in kinds}
        if key[:4] in self.forms:
            self.system.equals(everyone, self.forms[key[:4]])
        else:
            forms = self.system.unknown("forms", key[:4])
            self.system.equals(everyone | {forms: -1.0}, 0)
        of_forms = self.system.unknown("forms", ("official", *key[1:4]))
        if self.rows[key]["suppression_reason"] == TOO_SMALL:
            self.system.at_most({of_forms: 1.0}, 4)
        elif self.rows[key]["suppression_reason"] == SECONDARY:
            self.system.at_most({of_forms: -1.0}, -5)

    def people(self, key: Key) -> dict[int, float]:
        """The unknowns that make the base of a hidden row."""
        kinds = self.kinds[key[4]] or {"valid", *MISSING}
        return {self.system.unknown(key, kind): 1.0 for kind in kinds if kind not in MISSING}

    def learn(self, earlier: "Attacker", truth: Mapping[Key, dict[str, int]]) -> None:
        """What an earlier release printed, where it still holds of today's people (`truth`).

        A figure of unchanged people is known; so is the sum of hidden cells whose people together
        are as many as they were.
        """
        for key in self.hidden:
            row = earlier.rows.get(key)
            if row and not row["is_suppressed"] and printed_counts(row) == truth[key]:
                for kind in self.kinds[key[4]] or {"valid", *MISSING}:
                    self.system.equals({self.system.unknown(key, kind): 1}, truth[key].get(kind, 0))
        for variant, question in {(key[0], key[4]) for key in earlier.hidden}:
            for total, members in earlier.totals(variant, question):
                self._learn_sum(earlier, total, members, truth)

    def _learn_sum(
        self, earlier: "Attacker", total: Key, members: list[Key], truth: Mapping
    ) -> None:
        keys = [total, *members]
        concealed = [key for key in keys if earlier.rows[key]["is_suppressed"]]
        if not concealed or any(key not in self.rows for key in concealed):
            return
        signs = {key: -1 if key == total else 1 for key in keys}
        printed = sum(
            signs[key] * earlier.rows[key]["valid_count"] for key in keys if key not in concealed
        )
        today = {key: base(truth[key]) for key in concealed}
        if sum(signs[key] * people for key, people in today.items()) + printed != 0:
            return
        unknown = [key for key in concealed if self.rows[key]["is_suppressed"]]
        self.system.equals(
            {c: float(signs[key]) for key in unknown for c in self.people(key)},
            sum(signs[key] * today[key] for key in unknown),
        )

    def secret(self, key: Key, truth: Mapping[Key, int]) -> dict[int, float]:
        """What must not be known: of fewer than five their number, of more what they answered."""
        if truth[key] < 5:
            return self.people(key)
        scores = [kind for kind in self.kinds[key[4]] if kind.isdigit()]
        return {self.system.unknown(key, score): float(score) for score in scores}

    def found_out(self, truth: Mapping[Key, int], *, whole: bool = True) -> dict[Key, int]:
        """The secrets that have one possible value only, with that value.

        `truth` says how many people answered, only to tell what is a secret. Maximum and minimum
        of every one are asked for; one solution settles all that differ in it.
        """
        secrets = {key: self.secret(key, truth) for key in self.hidden}
        secrets = {key: goal for key, goal in secrets.items() if goal}
        seen: dict[Key, list[float]] = {key: [] for key in secrets}
        drawn = Random(0)

        def is_open(key: Key) -> bool:
            return not seen[key] or max(seen[key]) - min(seen[key]) < 1 - 1e-6

        def note(goal: dict[int, float]) -> None:
            solution = self.system.best(goal, whole=whole)
            for key, weights in secrets.items():
                seen[key].append(sum(solution[column] * w for column, w in weights.items()))

        for _ in range(6):
            unsettled = [key for key in secrets if is_open(key)]
            if unsettled:
                signs = {key: drawn.choice((-1, 1)) for key in unsettled}
                note({c: signs[key] * w for key in unsettled for c, w in secrets[key].items()})
        for key, goal in secrets.items():
            for sign in (1.0, -1.0):
                if is_open(key):
                    note({c: sign * w for c, w in goal.items()})
        return {key: round(seen[key][0]) for key in secrets if is_open(key)}


def found_indices(
    rows: Iterable[Row],
    weights: Mapping[tuple[str, str], Mapping[str, float]],
    truth: Mapping[Key, int],
) -> dict[Key, float]:
    """Hidden indices that roll-ups pin down: `weights` of components by variant and node.

    That nobody answered (`truth`) is no index.
    """
    by_group: dict[tuple, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        by_group[row["variant_code"], *group_of(row)][row["indicator_code"]] = row
    found = {}
    for group, figures in by_group.items():
        unknown = sorted(code for code, row in figures.items() if row["is_suppressed"])
        equations, constants = [], []
        for (variant, node), components in weights.items():
            if variant != group[0] or node not in figures:
                continue
            terms = {node: -1.0} | dict(components)
            if all(code not in figures for code in components):
                continue
            equations.append([terms.get(code, 0.0) for code in unknown])
            constants.append(
                -sum(
                    weight * float(figures[code]["index_value"] or 0)
                    for code, weight in terms.items()
                    if code in figures and code not in unknown
                )
            )
        if not unknown or not equations:
            continue
        for place, code in enumerate(unknown):
            goal = np.zeros(len(unknown))
            goal[place] = 1
            ends = [
                linprog(sign * goal, A_eq=equations, b_eq=constants, bounds=(None, None))
                for sign in (1, -1)
            ]
            key = (*group, code)
            if all(end.status == 0 for end in ends) and truth[key] > 0:
                found[key] = ends[0].x[place]
    return found
