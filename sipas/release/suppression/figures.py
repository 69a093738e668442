"""The computed figures of one round as arrays: cells (unit × breakdown value) by layers."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

OFFICIAL = "official"
ABSENT = -1
MISSING_KINDS = ("blank", "dont_know", "not_applicable", "refused")
# Nothing is told of fewer people (DOMAIN.md); dbt's variable smallest_published_base is the same.
SMALLEST_BASE = 5
# The layer of the forms that came in: every published row of a cell prints their number.
FORMS = (OFFICIAL, "")

Cell = tuple[str, str, str]
Layer = tuple[str, str]


class Figure(NamedTuple):
    """One row of a mart of survey results, as far as it tells something about people."""

    variant_code: str
    unit_key: str
    breakdown: str
    breakdown_value: str
    indicator_code: str
    parent_code: str | None
    indicator_level: str
    measure_type: str
    method_version: str
    unit_level: str
    is_suppressed: bool
    sampled_count: int | None
    valid_count: int | None
    blank_count: int | None
    dont_know_count: int | None
    not_applicable_count: int | None
    refused_count: int | None
    distribution: str | None
    index_value: object

    @property
    def cell(self) -> Cell:
        """Whose figure it is."""
        return (self.unit_key, self.breakdown, self.breakdown_value)

    @property
    def layer(self) -> Layer:
        """What was asked: all shares of one question are told by the same answers."""
        is_share = self.measure_type == "share_single" and self.parent_code
        return (self.variant_code, self.parent_code if is_share else self.indicator_code)

    def answers(self) -> dict[str, int]:
        """People by answer, «1» to «9» or the kind of a missing one; empty when it is hidden."""
        if self.valid_count is None:
            return {}
        by_score = json.loads(self.distribution) if self.distribution else {}
        told = by_score or {"valid": self.valid_count}
        for kind in MISSING_KINDS:
            told[kind] = getattr(self, f"{kind}_count") or 0
        unspoken = self.sampled_count - self.valid_count - sum(told[kind] for kind in MISSING_KINDS)
        return told | {"unspoken": unspoken}


@dataclass(frozen=True)
class Figures:
    """Counts of people in cells (first axis) by layers (second axis); ABSENT where there is none.

    `answers[cell, layer]` has the people by answer, `forms` the forms of the cell, `level_of` the
    level of each unit, `method_of` the method of each variant.
    """

    cells: list[Cell]
    layers: list[Layer]
    base: np.ndarray
    forms: np.ndarray
    primary: np.ndarray
    hidden_before: np.ndarray
    answers: dict[tuple[int, int], dict[str, int]]
    values: dict[tuple[int, int], object]
    level_of: dict[str, str]
    method_of: dict[str, str]

    @cached_property
    def cell_number(self) -> dict[Cell, int]:
        """The place of each cell on the first axis."""
        return {cell: number for number, cell in enumerate(self.cells)}

    @cached_property
    def layer_number(self) -> dict[Layer, int]:
        """The place of each layer on the second axis."""
        return {layer: number for number, layer in enumerate(self.layers)}

    @cached_property
    def present(self) -> np.ndarray:
        """Where there is a figure."""
        return self.base != ABSENT


def collect(rows: Iterable[Figure]) -> Figures:
    """The figures of one round; rows of a release whose values are hidden have no counts.

    A row that is suppressed and has counts (of a mart) is primary; one without was hidden before.
    """
    rows = list(rows)
    cells = sorted({row.cell for row in rows})
    layers = [FORMS, *sorted({row.layer for row in rows})]
    cell_number = {cell: number for number, cell in enumerate(cells)}
    layer_number = {layer: number for number, layer in enumerate(layers)}
    shape = (len(cells), len(layers))
    figures = Figures(
        cells=cells,
        layers=layers,
        base=np.full(shape, ABSENT, dtype=np.int64),
        forms=np.full(shape, ABSENT, dtype=np.int64),
        primary=np.zeros(shape, dtype=bool),
        hidden_before=np.zeros(shape, dtype=bool),
        answers={},
        values={},
        level_of={row.unit_key: row.unit_level for row in rows},
        method_of={row.variant_code: row.method_version for row in rows},
    )
    for row in rows:
        place = cell_number[row.cell], layer_number[row.layer]
        if row.valid_count is None:
            figures.hidden_before[place] = True
            continue
        figures.base[place] = row.valid_count
        figures.forms[place] = row.sampled_count
        figures.primary[place] |= row.is_suppressed
        figures.answers[place] = row.answers()
        figures.values[place] = row.index_value
        if row.variant_code == OFFICIAL:
            of_forms = place[0], 0
            figures.base[of_forms] = figures.forms[of_forms] = row.sampled_count
            figures.primary[of_forms] = row.sampled_count < SMALLEST_BASE
            figures.answers[of_forms] = {"forms": row.sampled_count}
    return figures


def kinds_of(figures: Figures, layer: int) -> list[str]:
    """Every answer that somebody gave in a layer, missing ones last."""
    cells = range(len(figures.cells))
    found = {kind for cell in cells for kind in figures.answers.get((cell, layer), ())}
    missing = (*MISSING_KINDS, "unspoken")
    return sorted(found, key=lambda kind: (kind in missing, kind))
