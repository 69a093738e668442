"""`sipas docs`: the documentation of every model and column, as one page that a browser opens.

`make up` writes it where Airflow serves it (Browse → dbt docs). The page holds the texts of the
models' YAML and the graph; with --catalog also what the tables of the warehouse look like now.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import click

from sipas.errors import UserError
from sipas.settings import directory, required

PAGE = "static_index.html"
DBT = str(Path(sys.executable).parent / "dbt")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--catalog", is_flag=True, help="Ask the warehouse for its tables as they are now.")
def docs(file: Path, catalog: bool) -> None:
    """Write the documentation of all models and columns into FILE, one HTML page."""
    project, target = Path(required("SIPAS_DBT_PROJECT_DIR")), directory("DBT_TARGET_PATH") / "docs"
    for command in (parse_command(project, target), page_command(project, target, catalog)):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise UserError(f"dbt wrote no documentation:\n{result.stdout[-2000:]}{result.stderr}")
    shutil.copyfile(target / PAGE, file)
    click.echo(f"{file}: {file.stat().st_size // 1024} kB.")


def parse_command(project: Path, target: Path) -> list[str]:
    """The command that reads the project anew and writes `target/manifest.json`."""
    return [DBT, "--quiet", "parse", "--no-partial-parse", *places(project, target)]


def page_command(project: Path, target: Path, catalog: bool = False) -> list[str]:
    """The command that makes `target/static_index.html` of the manifest in `target`."""
    kind = [] if catalog else ["--empty-catalog"]
    options = ["--static", "--no-compile", *kind]
    return [DBT, "--quiet", "docs", "generate", *options, *places(project, target)]


def places(project: Path, target: Path) -> list[str]:
    """Where dbt reads and writes."""
    return ["--project-dir", str(project), "--target-path", str(target)]
