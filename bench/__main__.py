"""Command line: `python -m bench --help`."""

import click

from bench.charts import charts
from bench.dossier_builds import dossier_builds
from bench.dossiers import dossiers
from bench.faults.command import faults
from bench.surveys import surveys
from bench.traces import traces


@click.group()
def main() -> None:
    """Measure the warehouse on data that are made for it."""


for command in (surveys, dossiers, dossier_builds, charts, faults, traces):
    main.add_command(command)


if __name__ == "__main__":
    main()
