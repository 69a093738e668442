"""Which figures of a round a release hides, and why: the rule, then what sums still tell."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sipas.release.suppression.figures import (
    SMALLEST_BASE,
    Cell,
    Figure,
    Figures,
    Layer,
    collect,
)
from sipas.release.suppression.ranges import Sums
from sipas.release.suppression.rollups import MethodRow, determined
from sipas.release.suppression.rule import Rule
from sipas.release.suppression.sets import additive_sets
from sipas.release.suppression.standing import Standing, compare

TOO_SMALL = f"Dưới {SMALLEST_BASE} người trả lời"
TOO_DELICATE = "Không công bố dưới cấp huyện"
SECONDARY = "Ẩn thêm để không suy ra được số liệu đã ẩn khác"
# Of a group that other questions are told of, «fewer than five» would tell the number: with four of
# five forms and no more than one blank in the whole unit it is four.
ONE_QUESTION = f"Dưới {SMALLEST_BASE} người trả lời câu này, hoặc ẩn thêm để không suy ra được"


@dataclass(frozen=True)
class Decision:
    """What a round hides: `hidden` by cell and layer, `lost` what nothing can hide any more.

    `lost` are figures that a standing release tells already, or that follow from such figures.
    """

    figures: Figures
    hidden: np.ndarray
    lost: frozenset[tuple[int, int]]

    def reason(self, cell: Cell, layer: Layer) -> str | None:
        """Why this figure is hidden, in Vietnamese; None when it is not, or is not computed."""
        numbers = self.figures.cell_number.get(cell), self.figures.layer_number.get(layer)
        if None in numbers or not self.hidden[numbers]:
            return None
        if self.hidden[numbers[0], 0]:
            return TOO_SMALL if self.figures.base[numbers[0], 0] < SMALLEST_BASE else SECONDARY
        is_small = self.figures.base[numbers] < SMALLEST_BASE
        return TOO_DELICATE if self.figures.primary[numbers] and not is_small else ONE_QUESTION

    def told_anyway(self) -> list[tuple[Cell, Layer]]:
        """The figures that are `lost`, by whose they are and what was asked, sorted."""
        figures = self.figures
        return sorted((figures.cells[cell], figures.layers[layer]) for cell, layer in self.lost)


def decide(
    rows: Iterable[Figure],
    parents: Mapping[str, str | None],
    rollups: Iterable[MethodRow],
    standing_releases: Iterable[Iterable[Figure]] = (),
) -> Decision:
    """What to hide of the figures of one round.

    `rows` are those of all its marts with the marks of primary suppression, `parents` the unit
    tree, `standing_releases` what each release of the round that still stands prints.
    """
    figures = collect(rows)
    sets = additive_sets(figures, parents)
    standing = compare(figures, [collect(rows) for rows in standing_releases], sets)
    rule = Rule(figures, sets, rollups, standing.told)
    hidden = rule.close(figures.primary | standing.kept)
    lost = {(int(cell), int(layer)) for cell, layer in np.argwhere(hidden & rule.told)}
    known = Known(rule, standing)
    while further := further_figures(rule, hidden, known, lost):
        for place in further:
            hidden[place] = True
        hidden = rule.close(hidden)
    return Decision(figures, hidden, frozenset(lost))


class Known:
    """What sums tell, asked once for each state of a layer."""

    def __init__(self, rule: Rule, standing: Standing) -> None:
        self.rule, self.standing = rule, standing
        self._answers: dict[tuple, list[int]] = {}

    def derived(self, unknown: np.ndarray, layer: int) -> list[int]:
        """The hidden cells of a layer that sums tell."""
        state = (layer, unknown[:, layer].tobytes(), unknown[:, 0].tobytes())
        if state not in self._answers:
            sums = Sums(self.rule, unknown, layer, self.standing.sums.get(layer, ()))
            self._answers[state] = sums.derived()
        return self._answers[state]


def further_figures(
    rule: Rule, hidden: np.ndarray, known: Known, lost: set[tuple[int, int]]
) -> set[tuple[int, int]]:
    """One more figure for each that sums or roll-ups still tell; what has none is `lost`."""
    unknown = hidden & ~rule.told
    further = set()
    for layer in map(int, np.flatnonzero(unknown.any(axis=0))):
        for cell in known.derived(unknown, layer):
            chosen = cheapest_cell_beside(rule, hidden, cell, layer)
            if chosen is not None:
                further.add((chosen, layer))
            elif not hidden[cell, 0]:
                # The number of forms tells it: the whole group goes.
                further.add((cell, 0))
            else:
                lost.add((cell, layer))
    for cell, layer in determined(rule.figures, rule.rollups, unknown):
        chosen = cheapest_layer_beside(rule, hidden, cell, layer)
        if chosen is not None:
            further.add((cell, chosen))
        else:
            lost.add((cell, layer))
    return further


def cheapest_cell_beside(rule: Rule, hidden: np.ndarray, cell: int, layer: int) -> int | None:
    """The cheapest cell in any set of a cell; else in any set of those hidden beside it."""
    groups = [one for number, one in enumerate(rule.sets) if rule.holds[number, layer]]
    for beside in widening(cell, [one.cells for one in groups], hidden[:, layer]):
        chosen = {rule.cheapest_cell(hidden, groups[number], layer) for number in beside} - {None}
        if chosen:
            return min(chosen, key=lambda other: (rule.base[other, layer], other))
    return None


def cheapest_layer_beside(rule: Rule, hidden: np.ndarray, cell: int, layer: int) -> int | None:
    """The cheapest figure in any roll-up of a figure; else of those hidden beside it."""
    for beside in widening(layer, [one.layers for one in rule.rollups], hidden[cell]):
        chosen = {rule.cheapest_layer(hidden, rule.rollups[number], cell) for number in beside}
        chosen -= {None}
        if chosen:
            return min(chosen, key=lambda other: (rule.base[cell, other], other))
    return None


def widening(
    start: int, groups: list[tuple[int, ...]], is_hidden: np.ndarray
) -> Iterator[list[int]]:
    """The groups that have `start`, then those that share something hidden with these, …"""
    seen, edge = set(), {start}
    while edge:
        beside = [number for number, group in enumerate(groups) if edge & set(group)]
        yield beside
        seen |= edge
        edge = {one for number in beside for one in groups[number] if is_hidden[one]} - seen
