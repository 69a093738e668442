"""What can be derived by sums: whether a hidden number of people could be another one.

Two cells in every set are not always enough: where breakdowns and units cross, a chain of sets can
leave one solution only, and so can the reasons beside hidden cells (fewer than five, or not).
So the sums themselves are asked, by linear programming over everything that a release prints.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from sipas.errors import UserError
from sipas.release.suppression.figures import MISSING_KINDS, SMALLEST_BASE, kinds_of
from sipas.release.suppression.rule import Rule

# A number of people is another one when it differs by one.
ONE_PERSON = 1 - 1e-6
MISSING = (*MISSING_KINDS, "unspoken")
FORMS = 0
Row = dict[int, int]


class Sums:
    """Everything that published sums say about the hidden cells of one layer.

    `unknown` is what is hidden and told nowhere else (cells × layers), `earlier` the sums of hidden
    cells that a standing release tells, as (cell, sign).
    """

    def __init__(
        self, rule: Rule, unknown: np.ndarray, layer: int, earlier: Iterable[tuple] = ()
    ) -> None:
        self.rule, self.figures, self.unknown, self.layer = rule, rule.figures, unknown, layer
        self.cells = [int(cell) for cell in np.flatnonzero(unknown[:, layer])]
        self.truth = {cell: int(rule.base[cell, layer]) for cell in self.cells}
        self.columns: dict[tuple, int] = {}
        self.equal: list[tuple[Row, int]] = []
        self.at_most: list[tuple[Row, int]] = []
        kinds = kinds_of(self.figures, layer)
        self.valid = {layer: [kind for kind in kinds if kind not in MISSING], FORMS: ["forms"]}
        self._add_sets(layer, kinds)
        if layer != FORMS:
            self._add_sets(FORMS, ["forms"])
            self._add_forms(kinds)
        self._add_reasons()
        for terms in earlier:
            self._add_earlier(terms)

    def derived(self) -> list[int]:
        """The hidden cells that have one possible number, or sum of scores, only.

        Of fewer than five people the number is a secret; of more, only what they answered.
        """
        secrets = {cell: self._secret(cell) for cell in self.cells}
        still = {cell for cell, secret in secrets.items() if secret}
        if not still:
            return []
        program = self._program()
        signs = np.random.default_rng(0)
        before = None
        while still and before != len(still):
            before = len(still)
            # A sum of several cells may be fixed while each is free: their signs are drawn.
            drawn = {cell: int(signs.choice([-1, 1])) for cell in sorted(still)}
            goal = {c: drawn[cell] * w for cell in drawn for c, w in secrets[cell].items()}
            self._drop_moved(program, goal, secrets, still)
            self._drop_moved(program, {c: -w for c, w in goal.items()}, secrets, still)
        for cell in self.cells:
            for sign in (1, -1):
                if cell in still:
                    goal = {column: sign * w for column, w in secrets[cell].items()}
                    self._drop_moved(program, goal, secrets, still)
        return sorted(still)

    def _secret(self, cell: int) -> Row:
        """The columns of what must not be known of a cell, weighted; nothing of a larger node."""
        if self.truth[cell] < SMALLEST_BASE:
            return dict.fromkeys(self._people(cell, self.layer), 1)
        scores = [kind for kind in self.valid[self.layer] if kind.isdigit()]
        return {self._column(self.layer, cell, score): int(score) for score in scores}

    def _column(self, *name: object) -> int:
        return self.columns.setdefault(name, len(self.columns))

    def _people(self, cell: int, layer: int) -> list[int]:
        """The columns whose sum is the base of a hidden cell."""
        return [self._column(layer, cell, kind) for kind in self.valid[layer]]

    def _add_sets(self, layer: int, kinds: list[str]) -> None:
        """Every set in which something is hidden, for each kind of answer."""
        for number in np.flatnonzero(self.rule.holds[:, layer]):
            one = self.rule.sets[number]
            if not any(self.unknown[cell, layer] for cell in one.cells):
                continue
            for kind in kinds:
                row: Row = {}
                constant = 0
                for cell in one.cells:
                    sign = -1 if cell == one.total else 1
                    if self.unknown[cell, layer]:
                        row[self._column(layer, cell, kind)] = sign
                    else:
                        answers = self.figures.answers.get((cell, layer), {})
                        constant -= sign * answers.get(kind, 0)
                if self.rule.rest[number, layer] > 0:
                    row[self._column(layer, "rest", number, kind)] = 1
                self.equal.append((row, constant))

    def _add_forms(self, kinds: list[str]) -> None:
        """All answers to a question, missing ones too, are as many as the forms of the cell."""
        for cell in self.cells:
            row = {self._column(self.layer, cell, kind): 1 for kind in kinds}
            if self.unknown[cell, FORMS]:
                self.equal.append((row | {self._column(FORMS, cell, "forms"): -1}, 0))
            else:
                self.equal.append((row, int(self.figures.forms[cell, self.layer])))

    def _add_reasons(self) -> None:
        """The reason beside a group that is hidden everywhere: fewer than five forms, or not."""
        for cell in map(int, np.flatnonzero(self.unknown[:, FORMS])):
            forms = self._column(FORMS, cell, "forms")
            if self.rule.base[cell, FORMS] < SMALLEST_BASE:
                self.at_most.append(({forms: 1}, SMALLEST_BASE - 1))
            else:
                self.at_most.append(({forms: -1}, -SMALLEST_BASE))

    def _add_earlier(self, terms: Iterable[tuple[int, int]]) -> None:
        hidden = [(cell, sign) for cell, sign in terms if self.unknown[cell, self.layer]]
        row = {column: sign for cell, sign in hidden for column in self._people(cell, self.layer)}
        self.equal.append((row, sum(sign * self.truth[cell] for cell, sign in hidden)))

    def _program(self) -> dict:
        equal_to = np.array([constant for _, constant in self.equal], dtype=float)
        at_most = np.array([constant for _, constant in self.at_most], dtype=float)
        return {
            "A_eq": self._matrix([row for row, _ in self.equal]) if self.equal else None,
            "b_eq": equal_to if self.equal else None,
            "A_ub": self._matrix([row for row, _ in self.at_most]) if self.at_most else None,
            "b_ub": at_most if self.at_most else None,
            # Nobody is more than all.
            "bounds": (0, int(self.figures.forms.max())),
            "method": "highs",
        }

    def _drop_moved(
        self, program: dict, goal: Row, secrets: Mapping[int, Row], still: set[int]
    ) -> None:
        """Takes out of `still` the cells whose secret is another in another solution."""
        objective = np.zeros(len(self.columns))
        objective[list(goal)] = list(goal.values())
        solution = linprog(objective, **program)
        if solution.status != 0:
            _, question = self.figures.layers[self.layer]
            raise UserError(
                f"The people of {question or 'the forms'} do not add up over units and groups, so "
                "what a release would tell cannot be judged; nothing is released. Look at the "
                f"tests of the build and build again. ({solution.message})"
            )
        for cell in list(still):
            found = sum(weight * solution.x[column] for column, weight in secrets[cell].items())
            if abs(found - self._true_secret(cell)) > ONE_PERSON:
                still.discard(cell)

    def _true_secret(self, cell: int) -> int:
        if self.truth[cell] < SMALLEST_BASE:
            return self.truth[cell]
        answers = self.figures.answers[cell, self.layer]
        return sum(int(score) * count for score, count in answers.items() if score.isdigit())

    def _matrix(self, rows: list[Row]) -> sparse.csr_array:
        numbers = [number for number, row in enumerate(rows) for _ in row]
        columns = [column for row in rows for column in row]
        values = np.array([value for row in rows for value in row.values()], dtype=float)
        return sparse.csr_array((values, (numbers, columns)), shape=(len(rows), len(self.columns)))
