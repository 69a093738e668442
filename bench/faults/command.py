"""`python -m bench faults --help`."""

import json
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click

from bench.faults.plans import Trouble, draw
from bench.faults.runs import run
from bench.faults.source import OneStop, one_stop_server
from sipas.local.scratch import Warehouse, make_warehouse, scratch_instance, variables


@click.command()
@click.option("--runs", type=click.IntRange(1), default=1_000, show_default=True)
@click.option("--seed", type=int, help="Only this combination, with everything that is logged.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the summary.")
def faults(runs: int, seed: int | None, as_json: bool) -> None:
    """Fail in seeded combinations, and compare the warehouse with the sources afterwards.

    Ends with an error when a combination leaves anything otherwise than the sources hold it.
    """
    seeds = range(runs) if seed is None else [seed]
    logging.basicConfig(level=logging.WARNING if seed is not None else logging.CRITICAL)
    started = time.perf_counter()
    with (
        scratch_instance("sipas-faults-") as instance,
        tempfile.TemporaryDirectory(prefix="sipas-faults-files-") as folder,
    ):
        warehouse = make_warehouse(instance, Path(folder), "faults")
        with variables(warehouse.variables()), one_stop_server() as one_stop:
            wrong = {n: found for n in seeds if (found := told(warehouse, one_stop, n))}
    seconds = time.perf_counter() - started
    report = {
        "runs": len(seeds),
        "faults": Counter(str(t.settings["kind"]) for n in seeds for t in draw(n)),
        "wrong": wrong,
        "seconds": round(seconds, 1),
    }
    click.echo(json.dumps(report, indent=2) if as_json else summary(report))
    if wrong:
        raise click.ClickException(f"{len(wrong)} of {len(seeds)} combinations end otherwise")


def told(warehouse: Warehouse, one_stop: OneStop, seed: int) -> list[str]:
    """What is wrong after a combination, made as small as it stays wrong, and told at once."""
    troubles = draw(seed)
    wrong = run(warehouse, one_stop, seed, troubles)
    if not wrong:
        return []
    smaller = shrunk(warehouse, one_stop, seed, troubles)
    click.echo("\n".join(lines(seed, smaller, wrong)), err=True)
    return wrong


def shrunk(
    warehouse: Warehouse, one_stop: OneStop, seed: int, troubles: list[Trouble]
) -> list[Trouble]:
    """The fewest of the faults that still go wrong, one left out at a time."""
    for left_out in troubles:
        fewer = [trouble for trouble in troubles if trouble is not left_out]
        if run(warehouse, one_stop, seed, fewer):
            return shrunk(warehouse, one_stop, seed, fewer)
    return troubles


def lines(seed: int, troubles: Iterable[Trouble], wrong: list[str]) -> list[str]:
    """How to repeat a combination, its faults, and what is wrong after it."""
    faults_told = [f"  {trouble}" for trouble in troubles]
    return [f"python -m bench faults --seed {seed}", *faults_told, *(f"  ! {w}" for w in wrong)]


def summary(report: dict) -> str:
    """The report as people read it."""
    kinds = "\n".join(f"  {kind:<20}{count:>6}" for kind, count in sorted(report["faults"].items()))
    return (
        f"{report['runs']} combinations, {len(report['wrong'])} of them wrong, "
        f"{report['seconds']:.0f} s\n{kinds}"
    )
