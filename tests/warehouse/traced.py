"""Asking for the way of figures, as `sipas trace` does, for the tests of it."""

from collections.abc import Iterator

import psycopg

from sipas.release.trace.figures import KINDS, Wanted, find_figure, trace_figure
from sipas.release.trace.origins import origins
from sipas.release.trace.released import Released, find_release
from sipas.release.trace.result import Figure, Trace

HUE = "hue-2023-sim"


def of(connection: psycopg.Connection, warehouse, name: str) -> Released:
    return find_release(connection, name, warehouse.landing)


def way(released: Released, unit: str, indicator: str, **more) -> Trace:
    """The way of one figure."""
    return trace_figure(released, find_figure(released, Wanted(unit, indicator, **more)))


def figures_of(released: Released, mart: str) -> Iterator[Figure]:
    """Every figure of a mart of a release."""
    kind = KINDS[mart]
    for row in released.frozen(mart):
        for column in [name for name in kind.columns if name in row] or [None]:
            yield Figure(mart, row, column)


def faults(released: Released, figures: Iterator[Figure]) -> tuple[int, list]:
    """How many figures there are, and those that do not add up or reach no landed object."""
    count, wrong = 0, []
    for figure in figures:
        count += 1
        trace = trace_figure(released, figure)
        behind = origins_of_batches(released, trace)
        is_landed = all(o["state"] == "there" for b in behind for o in b["objects"])
        if trace.adds_up is False or not behind or not is_landed:
            unequal = [check for check in trace.checks if not check.is_equal]
            wrong.append((figure.mart, figure.row, figure.column, unequal))
    return count, wrong


def origins_of_batches(released: Released, trace: Trace) -> list[dict]:
    """The deliveries of a trace, asked once for the same batches."""
    ids = tuple(trace.batch_ids)
    return released.keep(("origins", ids), lambda: origins(released, trace)["batches"])
