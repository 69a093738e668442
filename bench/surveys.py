"""A national round of forms through loader, gate and dbt, against pandas on the same file."""

import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import click
import pandas

from bench.builds import dbt_line, opened_build
from bench.generate import ROUND, questions, write_round
from bench.measure import run, server_memory
from bench.oracle import KEY, differences
from bench.sizes import measure_sizes
from sipas.loading.batches import load, pending_deliveries
from sipas.loading.gate import decide
from sipas.local import postgres
from sipas.local.instance import PROJECT, Instance
from sipas.local.scratch import Warehouse, make_warehouse, variables
from sipas.sources.inbox import land_reference

MARTS = ("criterion_results", "perception_results", "expectation_results")


@dataclass
class Result:
    """One size: seconds a step, MB a process, and what follows from them."""

    forms: int
    answers: int
    figure_count: int
    seconds: dict[str, float]
    megabytes: dict[str, float]

    @property
    def total(self) -> float:
        """Seconds from the file to the figures: landed, loaded, checked and built."""
        return sum(self.seconds[step] for step in ("load", "gate", "build"))

    @property
    def ratio(self) -> float:
        """How many times as long as pandas."""
        return self.total / self.seconds["pandas"]

    def figures(self) -> dict[str, float]:
        """What the history file keeps."""
        seconds = {f"{name}_seconds": value for name, value in self.seconds.items()}
        megabytes = {f"{name}_megabytes": value for name, value in self.megabytes.items()}
        return seconds | megabytes | {"ratio_to_pandas": self.ratio}


@click.command()
@click.option("--forms", type=click.IntRange(1_000), default=40_000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
@click.option("--only-full", is_flag=True, help="Leave out half and double the number of forms.")
def surveys(forms: int, as_json: bool, only_full: bool) -> None:
    """Measure load and build of a national round, half, full and double, against pandas."""
    sizes = [forms] if only_full else [forms // 2, forms, 2 * forms]
    results = measure_sizes("surveys", sizes, measure, table)
    report = {
        "questions": len(questions()),
        "sizes": [asdict(result) | {"ratio_to_pandas": result.ratio} for result in results],
        "double_to_full": None if only_full else results[2].total / results[1].total,
        "full_to_half": None if only_full else results[1].total / results[0].total,
    }
    click.echo(json.dumps(report, indent=2) if as_json else table(results))


def measure(instance: Instance, form_count: int) -> Result:
    """Everything for one size, in a database and a folder of its own.

    Raises RuntimeError when the warehouse's figures are not those of pandas.
    """
    folder = Path(tempfile.mkdtemp(prefix="sipas-bench-files-"))
    try:
        warehouse = make_warehouse(instance, folder, "bench")
        with variables(warehouse.variables()):
            path = write_round(warehouse.inbox, form_count)
            take_in_reference(warehouse)
            return measure_steps(warehouse, path, form_count)
    finally:
        shutil.rmtree(folder)


def measure_steps(warehouse: Warehouse, path: Path, form_count: int) -> Result:
    """The steps one after the other; nothing is reported unless the figures are equal."""
    seconds: dict[str, float] = {}
    megabytes: dict[str, float] = {}
    data = postgres.data_folder(warehouse.instance)
    postmaster = int((data / "postmaster.pid").read_text().split()[0])

    def step(name: str, *arguments: str) -> None:
        output, megabytes[name] = run([sys.executable, "-m", "bench.steps", name, *arguments])
        seconds.update(json.loads(output.splitlines()[-1]))

    with server_memory(postmaster) as server:
        step("load", str(form_count))
        megabytes["build"], seconds["build"] = build(warehouse)
    megabytes["server"] = server.megabytes
    step("copy")
    ours = figures(warehouse)
    groups = sorted(set(zip(ours["unit_level"], ours["breakdown"], strict=True)))
    step("pandas", str(path), json.dumps(groups), str(warehouse.folder / "pandas.pkl"))
    theirs = pandas.read_pickle(warehouse.folder / "pandas.pkl")
    if problems := differences(ours, theirs):
        raise RuntimeError("warehouse and pandas differ:\n" + "\n".join(problems))
    answers = warehouse.value("select count(*) from raw.survey_answers")
    return Result(form_count, answers, len(ours), seconds, megabytes)


def take_in_reference(warehouse: Warehouse) -> None:
    """The product's reference rows and those of the round, landed, loaded and accepted."""
    warehouse.landing.mkdir()
    with warehouse.connect("ingest") as connection:
        land_reference(connection, warehouse.landing, PROJECT / "reference", warehouse.inbox)
        for manifest in list(pending_deliveries(connection, warehouse.landing, "reference")):
            result = load(connection, warehouse.landing, manifest)
            if result.status != "loaded":
                raise RuntimeError(f"reference rows were refused: {result.refusal_reason}")
        if refused := [reason for _, reason in decide(connection, "reference") if reason]:
            raise RuntimeError(f"reference rows were refused: {refused}")


def build(warehouse: Warehouse) -> tuple[float, float]:
    """dbt's build of the survey's marts with their data tests: peak MB and seconds."""
    command = dbt_line(
        "build",
        *("--select", *(f"+path:models/marts/{mart}.sql" for mart in MARTS)),
        *("--indirect-selection", "buildable", "--exclude-resource-type", "unit_test"),
    )
    with opened_build():
        started = time.perf_counter()
        _, megabytes = run(command)
        seconds = time.perf_counter() - started
    return megabytes, seconds


def figures(warehouse: Warehouse) -> pandas.DataFrame:
    """Every figure of the round in the public marts that there are."""
    tables = []
    for mart in MARTS:
        if warehouse.value("select to_regclass(%s)", f"marts.{mart}") is None:
            continue
        columns = [*KEY, "unit_level", "valid_count", "index_value"]
        rows = warehouse.rows(
            f"select {', '.join(columns)} from marts.{mart} "  # noqa: S608
            "where round_code = %s and index_value is not null",
            ROUND,
        )
        tables.append(pandas.DataFrame(rows, columns=columns))
    found = pandas.concat(tables, ignore_index=True)
    return found.assign(index_value=found["index_value"].astype(float))


def table(results: list[Result]) -> str:
    """The report as people read it."""
    steps = ("load", "gate", "build", "copy", "pandas")
    lines = [f"{'forms':>8}{'answers':>10}{'figures':>9}" + "".join(f"{s:>9}" for s in steps)]
    lines[0] += f"{'ratio':>8}"
    for result in results:
        cells = "".join(f"{result.seconds[step]:>8.1f}s" for step in steps)
        lines.append(
            f"{result.forms:>8}{result.answers:>10}{result.figure_count:>9}{cells}{result.ratio:>8.1f}"
        )
    lines.append("\npeak memory in MB")
    for result in results:
        cells = ", ".join(f"{name} {value:.0f}" for name, value in result.megabytes.items())
        lines.append(f"{result.forms:>8}  {cells}")
    for smaller, larger in pairwise(results):
        lines.append(
            f"{larger.forms} forms take {larger.total / smaller.total:.2f} times as long as "
            f"{smaller.forms} (ratio: load + gate + build ÷ pandas)"
        )
    return "\n".join(lines)
