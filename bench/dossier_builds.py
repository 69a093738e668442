"""How long a build of dossiers takes: every dossier, and then a day's changes.

The same counts are reckoned in DuckDB, from the rows that raw holds, and compared before a time is
printed. The day's build is measured against the full build of the same warehouse, and against the
day's build of a warehouse of a fifth, over the same agencies and days.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

import click

from bench.builds import opened_build, run_dbt
from bench.dossier_duckdb import differences
from bench.dossier_records import AGENCY_COUNT, write_agencies, write_changes
from bench.dossiers import dossier_warehouse, take_in_dossiers, take_in_files
from bench.sizes import measure_sizes
from sipas.database import connect
from sipas.loading.batches import load, pending_deliveries
from sipas.local.instance import PROJECT, Instance
from sipas.local.scratch import Warehouse
from sipas.sources.inbox import land_reference

CHANGES = 20_000
# What dossiers alone need; a scheduled build has the surveys' models beside them.
MODELS = ("+int_dossier_outcomes", "+int_agencies")
BUILD = [
    *("--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"),
    *("--select", *MODELS),
]


@dataclass
class Result:
    """One size: how many dossiers were looked at, and seconds."""

    dossiers: int
    looked_at: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def day_to_full(self) -> float:
        """The day's build as a share of the full one, dbt's own start in both."""
        return self.seconds["day"] / self.seconds["full"]

    def figures(self) -> dict[str, float]:
        """What the history file keeps."""
        seconds = {f"build_{name}_seconds": value for name, value in self.seconds.items()}
        return seconds | {"build_day_to_full": self.day_to_full}


@contextmanager
def timed(result: Result, name: str) -> Iterator[None]:
    """Notes the seconds of what is inside."""
    started = time.perf_counter()
    yield
    result.seconds[name] = time.perf_counter() - started


def take_in_rules(warehouse: Warehouse, agencies: int = AGENCY_COUNT) -> None:
    """The product's reference rows and the agencies of the benchmark."""
    write_agencies(warehouse.inbox / "reference" / "simulated", agencies)
    with connect("ingest", autocommit=True) as ingest:
        land_reference(ingest, warehouse.landing, PROJECT / "reference", warehouse.inbox)
        for manifest in pending_deliveries(ingest, warehouse.landing, "reference"):
            load(ingest, warehouse.landing, manifest)
        ingest.execute("update audit.batches set status = 'accepted', decided_at = now()")


def tell_the_time(warehouse: Warehouse) -> None:
    """Files have no watermark: the sources' time is that of the newest record, as of a system."""
    with warehouse.connect() as owner:
        owner.execute(
            "update audit.deliveries set watermark = (select max(source_updated_at) "
            "from raw.dossiers) where delivery_kind = 'dossiers' and watermark is null"
        )


def build(result: Result, warehouse: Warehouse, name: str) -> None:
    """A build of the dossier models with their data tests; raises RuntimeError when one fails."""
    tell_the_time(warehouse)
    with opened_build(), timed(result, name):
        run_dbt("build", *BUILD)
    result.looked_at[name] = warehouse.value(
        "select count(*) from intermediate.int_changed_dossiers"
    )


def compare(result: Result, warehouse: Warehouse, name: str) -> None:
    """Reckons the counts in DuckDB; raises RuntimeError when they are not the warehouse's."""
    folder = warehouse.folder / "duckdb"
    folder.mkdir(exist_ok=True)
    seconds, wrong = differences(warehouse, folder)
    result.seconds[name] = seconds
    if wrong:
        raise RuntimeError(f"{len(wrong)} counts differ from DuckDB, the first: {wrong[:3]}")


def measure(instance: Instance, total: int) -> Result:
    """Everything for one size, in a database and a folder of its own."""
    result = Result(total)
    with dossier_warehouse(instance) as warehouse:
        take_in_rules(warehouse)
        take_in_dossiers(warehouse, total)
        for _ in range(2):  # the project is parsed once, as an installation has it
            with timed(result, "start"):
                run_dbt("ls", "--select", MODELS[1])
        build(result, warehouse, "full")
        compare(result, warehouse, "duckdb")
        drop = warehouse.folder / "changes"
        write_changes(drop, total, CHANGES)
        take_in_files(drop)
        build(result, warehouse, "day")
        compare(result, warehouse, "duckdb after the day")
    return result


def table(results: list[Result]) -> str:
    """The report as people read it."""
    lines = [f"{'dossiers':>10}{'full':>9}{'duckdb':>9}{'day':>8}{'start':>8}{'day/full':>10}"]
    for result in results:
        cells = "".join(
            f"{result.seconds[name]:>8.1f}s" for name in ("full", "duckdb", "day", "start")
        )
        lines.append(f"{result.dossiers:>10}{cells}{result.day_to_full:>9.1%}")
        looked_at = ", ".join(f"{name} {count}" for name, count in result.looked_at.items())
        lines.append(f"{'':>10} looked at: {looked_at}")
    if len(results) == 2:
        growth = results[1].seconds["day"] / results[0].seconds["day"]
        lines.append(f"the day on five times as many dossiers: {growth:.2f} times as long")
    lines.append(f"load average {os.getloadavg()[0]:.1f}; all counts equal those of DuckDB")
    return "\n".join(lines)


@click.command("dossier-builds")
@click.option("--dossiers", type=click.IntRange(1_000), default=5_000_000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
@click.option("--only-full", is_flag=True, help="Leave out the fifth of the number.")
def dossier_builds(dossiers: int, as_json: bool, only_full: bool) -> None:
    """Measure a full build of dossiers and that of a day's changes, against DuckDB."""
    sizes = [dossiers] if only_full else [dossiers // 5, dossiers]
    results = measure_sizes("dossier-builds", sizes, measure, table)
    report = [asdict(result) | {"day_to_full": result.day_to_full} for result in results]
    click.echo(json.dumps(report, indent=2) if as_json else table(results))
