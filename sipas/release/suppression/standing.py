"""What the standing release of a round tells about today's figures."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sipas.release.suppression.figures import ABSENT, Figures
from sipas.release.suppression.sets import AdditiveSet

Terms = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Standing:
    """Cells × layers of today's figures, in the light of what stands.

    `told`: printed there, by the same people with the same answers. `kept`: hidden there, in a sum
    that is still true today; telling it today would tell what was hidden beside it. `sums`: those
    sums by layer, as (cell, sign) of what was hidden.
    """

    told: np.ndarray
    kept: np.ndarray
    sums: dict[int, tuple[Terms, ...]]


def compare(figures: Figures, standing: Iterable[Figures], sets: list[AdditiveSet]) -> Standing:
    """Today's figures beside those of the releases that stand."""
    told = np.zeros(figures.base.shape, dtype=bool)
    kept = np.zeros_like(told)
    sums: dict[int, list[Terms]] = defaultdict(list)
    for before in standing:
        old, was_hidden, is_told = aligned(figures, before)
        told |= is_told
        for one in sets:
            for layer in np.flatnonzero(was_hidden[list(one.cells)].any(axis=0)):
                if terms := true_sum(figures, old, was_hidden, one, int(layer)):
                    kept[[cell for cell, _ in terms], layer] = True
                    sums[int(layer)].append(terms)
    return Standing(told, kept & figures.present, {layer: tuple(t) for layer, t in sums.items()})


def aligned(figures: Figures, before: Figures) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A release in the cells and layers of today: people, what it hides, what it tells.

    Hidden rows of a release have no counts. What is told is printed there with today's answers.
    """
    old = np.full(figures.base.shape, ABSENT, dtype=np.int64)
    was_hidden = np.zeros(figures.base.shape, dtype=bool)
    is_told = np.zeros(figures.base.shape, dtype=bool)
    cells = {
        before.cell_number[c]: n for n, c in enumerate(figures.cells) if c in before.cell_number
    }
    layers = {
        before.layer_number[one]: n
        for n, one in enumerate(figures.layers)
        if one in before.layer_number
    }
    for (old_cell, old_layer), answers in before.answers.items():
        if old_cell in cells and old_layer in layers:
            place = cells[old_cell], layers[old_layer]
            old[place] = before.base[old_cell, old_layer]
            is_told[place] = answers == figures.answers.get(place)
    for old_cell, old_layer in np.argwhere(before.hidden_before):
        if old_cell in cells and old_layer in layers:
            was_hidden[cells[old_cell], layers[old_layer]] = True
    # Of a cell that was hidden in every layer the forms were hidden too.
    was_hidden[:, 0] = (old[:, 0] == ABSENT) & was_hidden.any(axis=1)
    return old, was_hidden, is_told


def true_sum(
    figures: Figures, old: np.ndarray, was_hidden: np.ndarray, one: AdditiveSet, layer: int
) -> Terms:
    """What the standing release says about the hidden cells of a set, if it is true today."""
    if old[one.total, layer] == ABSENT and not was_hidden[one.total, layer]:
        return ()
    balance = 0
    terms = []
    for cell in one.cells:
        sign = -1 if cell == one.total else 1
        if was_hidden[cell, layer]:
            terms.append((cell, sign))
            balance += sign * max(int(figures.base[cell, layer]), 0)
        else:
            balance += sign * max(int(old[cell, layer]), 0)
    return tuple(terms) if balance == 0 else ()
