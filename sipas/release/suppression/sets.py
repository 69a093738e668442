"""Additive sets: cells that sum to another one, so that each can be derived from the others."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sipas.release.suppression.figures import Cell, Figures

ALL = "all"


@dataclass(frozen=True)
class AdditiveSet:
    """The members are disjoint groups of the people of the total: numbers of cells."""

    total: int
    members: tuple[int, ...]

    @property
    def cells(self) -> tuple[int, ...]:
        """Members, then the total: the order in which cells are given up."""
        return (*self.members, self.total)


def additive_sets(figures: Figures, parents: Mapping[str, str | None]) -> list[AdditiveSet]:
    """The values of every breakdown of a unit, and for each group of people the units below a unit.

    `parents` is the unit tree. A unit without figures is passed over: those below it stand below
    the next unit above that has some.
    """
    return [*breakdown_sets(figures), *tree_sets(figures, parents)]


def breakdown_sets(figures: Figures) -> list[AdditiveSet]:
    """The values of a breakdown sum to the whole unit."""
    members: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, (unit, breakdown, _) in enumerate(figures.cells):
        if breakdown != ALL:
            members[unit, breakdown].append(number)
    return [
        AdditiveSet(figures.cell_number[unit, ALL, ALL], tuple(cells))
        for (unit, _), cells in members.items()
        if (unit, ALL, ALL) in figures.cell_number
    ]


def tree_sets(figures: Figures, parents: Mapping[str, str | None]) -> list[AdditiveSet]:
    """The units below a unit sum to it, for everybody and for each group of people."""
    units_with: dict[str, set[str]] = defaultdict(set)
    for unit, breakdown, _ in figures.cells:
        units_with[breakdown].add(unit)
    members: dict[Cell, list[int]] = defaultdict(list)
    for number, (unit, breakdown, value) in enumerate(figures.cells):
        above = parents.get(unit)
        while above is not None and above not in units_with[breakdown]:
            above = parents.get(above)
        if above is not None and (above, breakdown, value) in figures.cell_number:
            members[above, breakdown, value].append(number)
    return [
        AdditiveSet(figures.cell_number[total], part)
        for total, cells in members.items()
        for part in partitions(figures, figures.cell_number[total], cells)
    ]


def partitions(figures: Figures, total: int, cells: list[int]) -> list[tuple[int, ...]]:
    """The cells as one partition of the total, or, where people are counted twice, one a level.

    A commune's desks and its villages both sum to the commune.
    """
    if sum(figures.forms[cell, 0] for cell in cells) <= figures.forms[total, 0]:
        return [tuple(cells)]
    by_level: dict[str, list[int]] = defaultdict(list)
    for cell in cells:
        by_level[figures.level_of[figures.cells[cell][0]]].append(cell)
    return [tuple(part) for part in by_level.values()]
