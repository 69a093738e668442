"""How fast a first load of dossiers is, against a bare COPY of the same rows.

Landed, hashed, checked against the contract and COPYed by the product's own code, from a drop
folder of NDJSON files; then the same rows are COPYed, ready as text, into tables with the same
columns, constraints and indexes.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from bench.dossier_records import AGENCY_COUNT, MAPPING, SOURCE_CODE, write_drop_folder
from bench.dossier_steps import accept_batches, land_files, load_landed
from bench.measure import run, server_memory
from bench.sizes import measure_sizes
from sipas.local import postgres
from sipas.local.instance import Instance
from sipas.local.scratch import Warehouse, make_warehouse, variables

SOURCES = f"""
one_stop:
  - code: {SOURCE_CODE}
    kind: files
    name_vi: Hệ thống thử tải (mô phỏng)
    mapping: {MAPPING}
    data_nature: simulated
surveys:
  mapping: contractor_wide
"""


@dataclass
class Result:
    """One size: seconds and peak MB a step (`server …`: the database meanwhile)."""

    dossiers: int
    records: int
    bytes: int
    seconds: dict[str, float]
    megabytes: dict[str, float]

    @property
    def ratio(self) -> float:
        """The speed of landing and loading as a share of the speed of a bare COPY."""
        return self.seconds["copy"] / (self.seconds["land"] + self.seconds["load"])

    def figures(self) -> dict[str, float]:
        """What the history file keeps."""
        seconds = {f"{step}_seconds": value for step, value in self.seconds.items()}
        megabytes = {f"{step}_megabytes": value for step, value in self.megabytes.items()}
        return {"records": self.records} | seconds | megabytes | {"load_to_copy": self.ratio}


@contextmanager
def dossier_warehouse(instance: Instance) -> Iterator[Warehouse]:
    """An empty warehouse where the source of the benchmark is configured; its files are gone
    afterwards, its database with the instance."""
    folder = Path(tempfile.mkdtemp(prefix="sipas-bench-dossiers-"))
    try:
        warehouse = make_warehouse(instance, folder, "bench")
        warehouse.landing.mkdir()
        warehouse.inbox.mkdir()
        sources = folder / "sources.yml"
        sources.write_text(SOURCES, encoding="utf8")
        with variables(warehouse.variables() | {"SIPAS_SOURCES_FILE": str(sources)}):
            yield warehouse
    finally:
        shutil.rmtree(folder)


def take_in_dossiers(warehouse: Warehouse, total: int, agencies: int = AGENCY_COUNT) -> int:
    """Generates `total` dossiers, lands, loads and accepts them; returns how many versions were
    stored. What other benchmarks begin with; inside `dossier_warehouse`."""
    drop = warehouse.folder / "drop"
    write_drop_folder(drop, total, agencies)
    stored = take_in_files(drop)
    shutil.rmtree(drop)
    with warehouse.connect() as owner:
        owner.execute("analyze raw.dossiers")
    return stored


def take_in_files(drop: Path) -> int:
    """Lands, loads and accepts the files of a drop folder; returns how many versions were
    stored."""
    land_files(drop)
    stored = load_landed()
    accept_batches()
    return stored


def measure(instance: Instance, total: int) -> Result:
    """Everything for one size, in a database and a folder of its own; raises RuntimeError unless
    every record is stored."""
    with dossier_warehouse(instance) as warehouse:
        drop, text = warehouse.folder / "drop", warehouse.folder / "text"
        record_count = write_drop_folder(drop, total)
        result = Result(total, record_count, size_of(drop), {}, {})
        measure_step(instance, result, "land", drop)
        shutil.rmtree(drop)
        measure_step(instance, result, "load", drop)
        stored = warehouse.value("select sum(loaded_count) from audit.batches")
        if stored != record_count:
            raise RuntimeError(f"{stored} of {record_count} records were stored")
        shutil.rmtree(warehouse.landing)
        text.mkdir()
        measure_step(instance, result, "prepare", text)
        measure_step(instance, result, "copy", text)
        return result


def measure_step(instance: Instance, result: Result, step: str, folder: Path) -> None:
    """Runs one step of `dossier_steps` and notes its seconds and its peak memory."""
    data = postgres.data_folder(instance)
    postmaster = int((data / "postmaster.pid").read_text().split()[0])
    command = [sys.executable, "-m", "bench.dossier_steps", step, str(folder)]
    with server_memory(postmaster) as server:
        output, result.megabytes[step] = run(command)
    result.megabytes[f"server {step}"] = server.megabytes
    result.seconds |= json.loads(output.splitlines()[-1])


def size_of(folder: Path) -> int:
    """Bytes of the files of a folder."""
    return sum(path.stat().st_size for path in folder.iterdir())


def table(results: list[Result]) -> str:
    """The report as people read it."""
    steps = ("land", "load", "copy")
    lines = [f"{'dossiers':>10}{'records':>10}{'MB':>8}" + "".join(f"{s:>9}" for s in steps)]
    lines[0] += f"{'ratio':>8}"
    for result in results:
        cells = "".join(f"{result.seconds[step]:>8.1f}s" for step in steps)
        lines.append(
            f"{result.dossiers:>10}{result.records:>10}{result.bytes / 1e6:>8.0f}{cells}"
            f"{result.ratio:>8.2f}"
        )
    lines.append("\npeak memory in MB")
    for result in results:
        cells = ", ".join(f"{name} {value:.0f}" for name, value in result.megabytes.items())
        lines.append(f"{result.dossiers:>10}  {cells}")
    lines.append(
        f"load average {os.getloadavg()[0]:.1f} "
        "(ratio: seconds of a bare COPY ÷ seconds of landing and loading)"
    )
    return "\n".join(lines)


@click.command()
@click.option("--dossiers", type=click.IntRange(1_000), default=1_000_000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
@click.option("--only-full", is_flag=True, help="Leave out the fifth of the number.")
def dossiers(dossiers: int, as_json: bool, only_full: bool) -> None:
    """Measure the first load of dossiers from a drop folder against a bare COPY."""
    sizes = [dossiers] if only_full else [dossiers // 5, dossiers]
    results = measure_sizes("dossiers", sizes, measure, table)
    report = [asdict(result) | {"ratio": result.ratio} for result in results]
    click.echo(json.dumps(report, indent=2) if as_json else table(results))
