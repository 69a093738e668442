"""A build of the warehouse as the benchmarks make one: by dbt alone, without Airflow."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sipas.builds import close_build, open_build
from sipas.database import connect
from sipas.local.instance import PROJECT

DBT = [str(Path(sys.executable).parent / "dbt"), "--quiet"]
PROJECT_DIR = ["--project-dir", str(PROJECT / "dbt_project")]


@contextmanager
def opened_build() -> Iterator[int]:
    """The number of an open build; it has succeeded when the body ends without an exception."""
    with connect("transform") as transform:
        build_id = open_build(transform, "bench")
        yield build_id
        close_build(transform, build_id, succeeded=True)


def dbt_line(command: str, *arguments: str) -> list[str]:
    """The line that runs one command of dbt on the product's project."""
    return [*DBT, command, *PROJECT_DIR, *arguments]


def run_dbt(command: str, *arguments: str) -> None:
    """Runs it; raises RuntimeError with what it printed when it fails."""
    line = dbt_line(command, *arguments)
    run = subprocess.run(line, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"dbt {command} failed:\n{run.stdout[-3000:]}")
