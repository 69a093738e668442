"""A benchmark over several sizes, on a database server of its own."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import click

from bench.history import note
from sipas.local.instance import Instance
from sipas.local.scratch import scratch_instance


class Measured(Protocol):
    """What was measured at one size."""

    def figures(self) -> dict[str, float]:
        """What the history file keeps."""


Result = TypeVar("Result", bound=Measured)


def measure_sizes(
    benchmark: str,
    sizes: Sequence[int],
    measure: Callable[[Instance, int], Result],
    table: Callable[[list[Result]], str],
) -> list[Result]:
    """One size after the other. A run is long: each is told and noted before the next begins."""
    results: list[Result] = []
    with scratch_instance("sipas-bench-") as instance:
        for size in sizes:
            click.echo(f"{benchmark}: {size} …", err=True)
            results.append(measure(instance, size))
            click.echo(table(results[-1:]), err=True)
            note(benchmark, size, results[-1].figures())
    return results
