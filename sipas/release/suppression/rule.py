"""The rule until nothing changes: none, or at least two cells and five people, are hidden."""

from collections.abc import Iterable
from functools import cached_property

import numpy as np
from scipy import sparse

from sipas.release.suppression.figures import OFFICIAL, SMALLEST_BASE, Figures
from sipas.release.suppression.rollups import MethodRow, Rollup, rollups_of
from sipas.release.suppression.sets import AdditiveSet


class Rule:
    """What must be hidden together in one round.

    `told` (cells × layers) is what a standing release tells already: hiding it protects nothing,
    so it is never chosen.
    """

    def __init__(
        self,
        figures: Figures,
        sets: list[AdditiveSet],
        rollups: Iterable[MethodRow],
        told: np.ndarray,
    ) -> None:
        self.figures, self.sets, self.told = figures, sets, told
        self.base = np.where(figures.present, figures.base, 0)
        self.rollups = rollups_of(figures, rollups)

    @cached_property
    def participants(self) -> sparse.csr_array:
        """Sets × cells: members and total of each set."""
        return self._incidence([one.cells for one in self.sets])

    @cached_property
    def rest(self) -> np.ndarray:
        """Sets × layers: people of the total who belong to no member."""
        members = self._incidence([one.members for one in self.sets])
        return self.base[[one.total for one in self.sets]] - members @ self.base

    @cached_property
    def holds(self) -> np.ndarray:
        """Sets × layers: where a total and a member exist and people are not counted twice."""
        present = self.figures.present.astype(np.int64)
        totals = present[[one.total for one in self.sets]]
        return (totals > 0) & (self.participants @ present > totals) & (self.rest >= 0)

    @cached_property
    def official(self) -> list[int]:
        """Layers of the official reckoning, without the forms."""
        numbers = self.figures.layer_number.items()
        return [layer for (variant, code), layer in numbers if variant == OFFICIAL and code]

    @cached_property
    def variant_pairs(self) -> list[tuple[int, int]]:
        """Layers of variants, each with the official layer of the same question."""
        number = self.figures.layer_number
        return [
            (layer, number[OFFICIAL, code])
            for (variant, code), layer in number.items()
            if variant != OFFICIAL and (OFFICIAL, code) in number
        ]

    @cached_property
    def same_people(self) -> np.ndarray:
        """Cells × layers of variants: where hiding the variant hides the official figure too."""
        same = np.zeros(self.base.shape, dtype=bool)
        for layer, official in self.variant_pairs:
            both = self.figures.present[:, layer] & self.figures.present[:, official]
            same[:, layer] = both & (self.base[:, layer] == self.base[:, official])
        return same

    def close(self, hidden: np.ndarray) -> np.ndarray:
        """The smallest choice of further cells, one after the other, under which the rule holds."""
        hidden = hidden & self.figures.present
        before = None
        while before is None or (hidden != before).any():
            before = hidden.copy()
            self._carry(hidden)
            self._close_sets(hidden)
            self._carry(hidden)
            for rollup in self.rollups:
                self._close_rollup(hidden, rollup)
        return hidden

    def _carry(self, hidden: np.ndarray) -> None:
        """Who is hidden as a group is hidden everywhere; the same people are not told twice."""
        present = self.figures.present
        # A group of which nothing is told is hidden as a group.
        hidden[:, 0] |= (hidden | ~present)[:, self.official].all(axis=1) & present[:, 0]
        hidden |= hidden[:, [0]] & present
        for layer, official in self.variant_pairs:
            same = self.same_people[:, layer]
            hidden[:, official] |= hidden[:, layer] & same
            # Fewer than five who make the difference would be told by both together.
            few = self.base[:, official] - self.base[:, layer]
            few = (few > 0) & (few < SMALLEST_BASE) & present[:, official]
            hidden[:, layer] |= (hidden[:, official] | few) & present[:, layer]

    def _close_sets(self, hidden: np.ndarray) -> None:
        cells = self.participants @ hidden.astype(np.int64)
        people = self.participants @ (self.base * hidden)
        weak = (
            self.holds
            & (cells > 0)
            & ((cells + (self.rest > 0) < 2) | (people + self.rest < SMALLEST_BASE))
        )
        for number, layer in np.argwhere(weak):
            while self._is_weak(hidden, number, layer):
                chosen = self.cheapest_cell(hidden, self.sets[number], layer)
                if chosen is None:
                    break
                hidden[chosen, layer] = True

    def _is_weak(self, hidden: np.ndarray, number: int, layer: int) -> bool:
        concealed = [cell for cell in self.sets[number].cells if hidden[cell, layer]]
        rest = self.rest[number, layer]
        people = rest + sum(self.base[cell, layer] for cell in concealed)
        return len(concealed) + (rest > 0) < 2 or people < SMALLEST_BASE

    def cheapest_cell(self, hidden: np.ndarray, one: AdditiveSet, layer: int) -> int | None:
        """The cell of a set to be given up next: fewest people, the total last, then by name."""
        free = [
            cell
            for cell in one.cells
            if self.figures.present[cell, layer]
            and not hidden[cell, layer]
            and not self.told[cell, layer]
        ]
        return min(
            free,
            key=lambda cell: (
                self.same_people[cell, layer],
                self.base[cell, layer],
                cell == one.total,
                cell,
            ),
            default=None,
        )

    def _close_rollup(self, hidden: np.ndarray, rollup: Rollup) -> None:
        """A node and its components: with one of them hidden the others tell it."""
        layers = list(rollup.layers)
        valued = hidden[:, layers] & (self.base[:, layers] > 0)
        alone = (valued.sum(axis=1) == 1) & (self.base[:, rollup.node] > 0)
        for cell in np.flatnonzero(alone):
            chosen = self.cheapest_layer(hidden, rollup, cell)
            if chosen is not None:
                hidden[cell, chosen] = True

    def cheapest_layer(self, hidden: np.ndarray, rollup: Rollup, cell: int) -> int | None:
        """The figure of a node to be given up next: a component before the node, fewest people."""
        free = [
            layer
            for layer in rollup.layers
            if self.base[cell, layer] > 0 and not hidden[cell, layer] and not self.told[cell, layer]
        ]
        return min(
            free,
            key=lambda layer: (layer == rollup.node, self.base[cell, layer], layer),
            default=None,
        )

    def _incidence(self, groups: list[tuple[int, ...]]) -> sparse.csr_array:
        rows = [number for number, group in enumerate(groups) for _ in group]
        columns = [cell for group in groups for cell in group]
        shape = (len(groups), len(self.figures.cells))
        return sparse.csr_array((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape)
