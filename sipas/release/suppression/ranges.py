"""What can be derived by sums: whether a hidden number of people could be another one.

Two cells in every set are not always enough: where breakdowns and units cross, a chain of sets can
leave one solution only, and so can the reasons beside hidden cells (fewer than five, or not).
So the sums themselves are asked, by linear programming over everything that a release prints.
"""

from collections.abc import Iterable

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from sipas.release.suppression.figures import (
    MISSING_KINDS,
    SMALLEST_BASE,
    kinds_of,
)
from sipas.release.suppression.rule import Rule

# A number of people is another one when it differs by one.
ONE_PERSON = 1 - 1e-6
MISSING = (*MISSING_KINDS, "unspoken")


class Sums:
    """Everything that published sums say about the hidden cells of one layer."""

    def __init__(
        self, rule: Rule, hidden: np.ndarray, layer: int, earlier: Iterable[tuple] = ()
    ) -> None:
        figures = rule.figures
        self.figures, self.layer = figures, layer
        self.hidden = [int(cell) for cell in np.flatnonzero(hidden[:, layer])]
        self.kinds = kinds_of(figures, layer)
        self.valid = [kind for kind in self.kinds if kind not in MISSING]
        self.sets = [
            number
            for number in np.flatnonzero(rule.holds[:, layer])
            if any(hidden[cell, layer] for cell in rule.sets[number].cells)
        ]
        self.rests = [number for number in self.sets if rule.rest[number, layer] > 0]
        self.rule, self.is_hidden = rule, hidden
        self.earlier = list(earlier)
        self._number_variables()

    def derived(self) -> list[int]:
        """The hidden cells whose number of people has one possible value."""
        if not self.hidden:
            return []
        program = self._program()
        truth = {cell: int(self.rule.base[cell, self.layer]) for cell in self.hidden}
        open_cells = set(self.hidden)
        small = {cell for cell in self.hidden if truth[cell] < SMALLEST_BASE}
        for signs in ({cell: 1 for cell in small}, {cell: -1 for cell in small}):
            self._drop_moved(program, signs, truth, open_cells)
        for cell in self.hidden:
            for sign in (1, -1):
                if cell in open_cells:
                    self._drop_moved(program, {cell: sign}, truth, open_cells)
        return sorted(open_cells)

    def _number_variables(self) -> None:
        places = [("cell", cell) for cell in self.hidden] + [("rest", n) for n in self.rests]
        width = len(self.kinds)
        self.first = {place: number * width for number, place in enumerate(places)}
        self.size = len(places) * width

    def _drop_moved(self, program: dict, signs: dict, truth: dict, open_cells: set) -> None:
        """Takes out of `open_cells` those that another solution gives another number."""
        if not signs:
            return
        objective = np.zeros(self.size)
        for cell, sign in signs.items():
            objective[self._valid_columns(cell)] = sign
        solution = linprog(objective, **program, method="highs")
        if solution.status != 0:
            raise ArithmeticError(
                f"{self.figures.layers[self.layer]}: published sums contradict each other: "
                f"{solution.message}"
            )
        for cell in list(open_cells):
            people = solution.x[self._valid_columns(cell)].sum()
            if abs(people - truth[cell]) > ONE_PERSON:
                open_cells.discard(cell)

    def _columns(self, place: tuple[str, int]) -> list[int]:
        return [self.first[place] + number for number in range(len(self.kinds))]

    def _valid_columns(self, cell: int) -> list[int]:
        return self._columns(("cell", cell))[: len(self.valid)]

    def _count(self, cell: int, kind: str) -> int:
        return self.figures.answers.get((cell, self.layer), {}).get(kind, 0)

    def _program(self) -> dict:
        equal, equal_to = self._equalities()
        below, below_by = self._inequalities()
        return {
            "A_eq": self._matrix(equal),
            "b_eq": np.array(equal_to, dtype=float),
            "A_ub": self._matrix(below) if below else None,
            "b_ub": np.array(below_by, dtype=float) if below else None,
            "bounds": (0, None),
        }

    def _equalities(self) -> tuple[list[dict[int, int]], list[int]]:
        """One equation a set and kind of answer, a cell's forms, a sum of an earlier release."""
        rows, constants = [], []
        for number in self.sets:
            one = self.rule.sets[number]
            for offset, kind in enumerate(self.kinds):
                row: dict[int, int] = {}
                constant = 0
                for cell in one.cells:
                    sign = -1 if cell == one.total else 1
                    if self.is_hidden[cell, self.layer]:
                        row[self.first["cell", cell] + offset] = sign
                    else:
                        constant -= sign * self._count(cell, kind)
                if ("rest", number) in self.first:
                    row[self.first["rest", number] + offset] = 1
                rows.append(row)
                constants.append(constant)
        for cell in self.hidden:
            if self.layer and not self.is_hidden[cell, 0]:
                rows.append(dict.fromkeys(self._columns(("cell", cell)), 1))
                constants.append(int(self.figures.forms[cell, self.layer]))
        for terms in self.earlier:
            unknown = {cell: sign for cell, sign in terms if self.is_hidden[cell, self.layer]}
            row = {c: sign for cell, sign in unknown.items() for c in self._valid_columns(cell)}
            rows.append(row)
            constants.append(
                sum(s * int(self.rule.base[cell, self.layer]) for cell, s in unknown.items())
            )
        return rows, constants

    def _inequalities(self) -> tuple[list[dict[int, int]], list[int]]:
        """The reason beside a hidden cell says whether it has fewer than five people."""
        rows, limits = [], []
        for cell in self.hidden:
            is_small = self.rule.base[cell, self.layer] < SMALLEST_BASE
            if not is_small and self.figures.primary[cell, self.layer]:
                continue
            sign, limit = (1, SMALLEST_BASE - 1) if is_small else (-1, -SMALLEST_BASE)
            rows.append(dict.fromkeys(self._valid_columns(cell), sign))
            limits.append(limit)
        return rows, limits

    def _matrix(self, rows: list[dict[int, int]]) -> sparse.csr_array:
        places = [
            (number, column, value)
            for number, row in enumerate(rows)
            for column, value in row.items()
        ]
        row_numbers, columns, values = zip(*places, strict=True) if places else ((), (), ())
        return sparse.csr_array(
            (np.array(values, dtype=float), (row_numbers, columns)), shape=(len(rows), self.size)
        )
