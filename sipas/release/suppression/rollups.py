"""Roll-ups as equations: the index of a node tells a component whose siblings are known."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sipas.release.suppression.figures import OFFICIAL, Figures

# A direction whose share in a solution is smaller is an error of rounding.
TOLERANCE = 1e-9
MethodRow = tuple[str, str, str, int, int]


@dataclass(frozen=True)
class Rollup:
    """index of `node` = Σ weight × index of component, of one variant; numbers of layers."""

    node: int
    weights: tuple[tuple[int, float], ...]

    @property
    def layers(self) -> tuple[int, ...]:
        """The node and its components."""
        return (self.node, *(layer for layer, _ in self.weights))


def rollups_of(figures: Figures, rows: Iterable[MethodRow]) -> list[Rollup]:
    """The roll-ups of every variant of a round, from (method, node, component, weight, total)."""
    weights: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for method, node, component, weight, total in rows:
        weights[method, node].append((component, weight / total))
    found = []
    for variant, method in sorted(figures.method_of.items()):
        for (of_method, node), components in sorted(weights.items()):
            layers = {
                figures.layer_number[variant, code]: weight
                for code, weight in components
                if (variant, code) in figures.layer_number
            }
            if of_method == method and (variant, node) in figures.layer_number and layers:
                number = figures.layer_number[variant, node]
                found.append(Rollup(number, tuple(layers.items())))
    return found


def determined(
    figures: Figures, rollups: list[Rollup], hidden: np.ndarray
) -> list[tuple[int, int]]:
    """Hidden figures (cell, layer) whose index follows from published ones by all roll-ups.

    A variant that gives the same value to the same people is the official figure.
    """
    official = official_layers(figures)
    known: dict[tuple, tuple[int, ...]] = {}
    found = []
    for cell in np.flatnonzero(hidden.any(axis=1)):
        equations = equations_of_cell(figures, rollups, hidden, cell, official)
        if equations not in known:
            known[equations] = solved(equations)
        found += [(int(cell), layer) for layer in known[equations]]
    return found


def equations_of_cell(
    figures: Figures, rollups: list[Rollup], hidden: np.ndarray, cell: int, official: dict[int, int]
) -> tuple:
    """The roll-ups of a cell in which something is hidden, by unknown layer and coefficient."""
    found = set()
    for rollup in rollups:
        if figures.base[cell, rollup.node] <= 0:
            continue
        unknown = {}
        for layer, weight in ((rollup.node, -1.0), *rollup.weights):
            if figures.base[cell, layer] <= 0 or not hidden[cell, layer]:
                continue
            other = official.get(layer)
            same = (
                other is not None
                and figures.base[cell, other] == figures.base[cell, layer]
                and figures.values.get((cell, other)) == figures.values.get((cell, layer))
            )
            unknown[other if same else layer] = weight
        if unknown:
            found.add(tuple(sorted(unknown.items())))
    return tuple(sorted(found))


def official_layers(figures: Figures) -> dict[int, int]:
    """The official layer of each layer of a variant."""
    return {
        layer: figures.layer_number[OFFICIAL, code]
        for (variant, code), layer in figures.layer_number.items()
        if variant != OFFICIAL and (OFFICIAL, code) in figures.layer_number
    }


def solved(equations: tuple) -> tuple[int, ...]:
    """The unknowns that linear equations determine: no solution moves them."""
    if not equations:
        return ()
    layers = sorted({layer for equation in equations for layer, _ in equation})
    matrix = np.zeros((len(equations), len(layers)))
    for row, equation in enumerate(equations):
        for layer, weight in equation:
            matrix[row, layers.index(layer)] = weight
    _, sizes, directions = np.linalg.svd(matrix)
    free = directions[int((sizes > TOLERANCE).sum()) :]
    moves = np.abs(free).max(axis=0) if len(free) else np.zeros(len(layers))
    return tuple(layer for layer, move in zip(layers, moves, strict=True) if move < TOLERANCE)
