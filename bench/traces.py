"""How long it takes to trace a figure of dossiers, in warehouses of different sizes.

Every agency has as many dossiers whatever the size: what grows is the number of agencies, as it
does from a province to a country. A scorecard is built and released, and the rate of some agencies
is traced with all its contributing rows. Nothing is reported unless every figure adds up.
"""

import json
import os
import time
from dataclasses import asdict, dataclass, field
from statistics import median

import click
import psycopg

from bench.builds import opened_build, run_dbt
from bench.dossier_builds import take_in_rules, tell_the_time
from bench.dossier_records import agency_code
from bench.dossiers import dossier_warehouse, take_in_dossiers
from bench.sizes import measure_sizes
from sipas.database import connect
from sipas.local.instance import Instance
from sipas.local.scratch import Warehouse
from sipas.release.content import read_marts, scope_of
from sipas.release.lifecycle import AUTOMATIC, approve, freeze, publish
from sipas.release.suppression.survey import Suppression
from sipas.release.trace.figures import Wanted, find_figure, trace_figure
from sipas.release.trace.origins import origins
from sipas.release.trace.released import find_release

PER_AGENCY = 3_000
TRACED = 15
YEAR = "2024"


@dataclass
class Result:
    """One size: how many agencies and dossiers behind a figure, seconds of each trace, and of the
    same one again, when what it reads lies in memory."""

    dossiers: int
    agencies: int
    row_counts: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """What the history file keeps."""
        return {
            "agencies": self.agencies,
            "trace_rows": median(self.row_counts),
            "trace_median_seconds": median(self.seconds),
            "trace_longest_seconds": max(self.seconds),
            "trace_again_median_seconds": median(self.again),
        }


def release_scorecards(warehouse: Warehouse) -> None:
    """A build of the scorecards, frozen, approved and published."""
    tell_the_time(warehouse)
    with opened_build() as build_id:
        run_dbt("run", "--select", "+agency_scorecards", "+agency_scorecard_series")
    with connect("release") as connection:
        scope = scope_of("scorecards")
        release_id = freeze(
            connection,
            scope,
            read_marts(connection, scope),
            build_id,
            Suppression(connection),
        )
        approve(connection, release_id, AUTOMATIC)
        publish(connection, release_id)


def trace_once(warehouse: Warehouse, agency: str) -> tuple[float, int]:
    """Seconds and contributing rows of one figure, as `sipas trace --rows` finds them; raises
    RuntimeError when they do not add up."""
    started = time.perf_counter()
    with psycopg.connect(warehouse.url("audit")) as connection:
        released = find_release(connection, "scorecards", warehouse.landing)
        figure = find_figure(released, Wanted(agency, "on_time_rate", period=YEAR))
        trace = trace_figure(released, figure)
        origins(released, trace)
        count = sum(1 for _ in trace.rows.read())
    if not trace.adds_up:
        raise RuntimeError(f"the figure of {agency} does not add up: {trace.checks}")
    return time.perf_counter() - started, count


def measure(instance: Instance, total: int) -> Result:
    """Everything for one size, in a database and a folder of its own."""
    result = Result(total, total // PER_AGENCY)
    with dossier_warehouse(instance) as warehouse:
        take_in_rules(warehouse, result.agencies)
        take_in_dossiers(warehouse, total, result.agencies)
        release_scorecards(warehouse)
        step = max(result.agencies // TRACED, 1)
        for number in range(0, result.agencies, step):
            seconds, count = trace_once(warehouse, agency_code(number))
            result.seconds.append(seconds)
            result.row_counts.append(count)
            result.again.append(trace_once(warehouse, agency_code(number))[0])
    return result


def table(results: list[Result]) -> str:
    """The report as people read it."""
    lines = [
        f"{'dossiers':>10}{'agencies':>10}{'rows':>8}{'median':>10}{'longest':>10}{'again':>10}"
    ]
    for result in results:
        lines.append(
            f"{result.dossiers:>10}{result.agencies:>10}{median(result.row_counts):>8.0f}"
            f"{median(result.seconds):>9.2f}s{max(result.seconds):>9.2f}s"
            f"{median(result.again):>9.2f}s"
        )
    if len(results) == 2:
        first, again = (
            median(getattr(results[1], name)) / median(getattr(results[0], name))
            for name in ("seconds", "again")
        )
        lines.append(f"among five times as many dossiers: {first:.2f} times, again {again:.2f}")
    lines.append(f"load average {os.getloadavg()[0]:.1f}; every traced figure adds up")
    return "\n".join(lines)


@click.command()
@click.option("--dossiers", type=click.IntRange(15_000), default=5_000_000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
@click.option("--only-full", is_flag=True, help="Leave out the fifth of the number.")
def traces(dossiers: int, as_json: bool, only_full: bool) -> None:
    """Measure how long the way of one figure takes among few and many dossiers."""
    sizes = [dossiers] if only_full else [dossiers // 5, dossiers]
    results = measure_sizes("traces", sizes, measure, table)
    report = [asdict(result) for result in results]
    click.echo(json.dumps(report, indent=2) if as_json else table(results))
