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


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--catalog", is_flag=True, help="Ask the warehouse for its tables as they are now.")
def docs(file: Path, catalog: bool) -> None:
    """Write the documentation of all models and columns into FILE, one HTML page."""
    project, target = Path(required("SIPAS_DBT_PROJECT_DIR")), directory("DBT_TARGET_PATH") / "docs"
    result = subprocess.run(
        command(project, target, catalog=catalog), capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise UserError(f"dbt wrote no documentation:\n{result.stdout[-2000:]}{result.stderr}")
    shutil.copyfile(target / PAGE, file)
    click.echo(f"{file}: {file.stat().st_size // 1024} kB.")


def command(project: Path, target: Path, *, catalog: bool = False) -> list[str]:
    """The command that writes `target/static_index.html`, and the manifest beside it."""
    return [
        *(str(Path(sys.executable).parent / "dbt"), "--quiet", "--no-partial-parse"),
        *("docs", "generate", "--static", "--no-compile"),
        *([] if catalog else ["--empty-catalog"]),
        *("--project-dir", str(project), "--target-path", str(target)),
    ]
