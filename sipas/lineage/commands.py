"""`sipas lineage`: from which columns a column comes, by the events of the last builds."""

import json
from dataclasses import asdict

import click

from sipas.database import connect
from sipas.lineage import store
from sipas.lineage.columns import column_tree
from sipas.settings import directory


@click.group()
def lineage() -> None:
    """Lineage: where columns come from, by the OpenLineage events in audit.lineage_events."""


@lineage.command()
@click.argument("column")
@click.option("--depth", type=click.IntRange(min=1), help="Only so many steps back.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def columns(column: str, depth: int | None, as_json: bool) -> None:
    """Tell from which columns COLUMN (schema.table.column) comes, back to what was loaded."""
    with connect("audit") as connection:
        found = column_tree(connection, column, depth)
    if as_json:
        click.echo(json.dumps(asdict(found), default=str, indent=2))
        return
    click.echo(found.column)
    for step in found.steps:
        click.echo(f"{'  ' * step.depth}← {step.from_column}")
    click.echo(f"Told by dbt's run of {found.told_at:%Y-%m-%d %H:%M}, job {found.job_name}.")


@lineage.command("take-in")
def take_in() -> None:
    """Store the events that wait in a folder because the database was away."""
    folder = directory(store.FOLDER_SETTING)
    stored = store.take_in(folder)
    click.echo(f"{stored} events stored, {store.waiting(folder)} still wait in {folder}.")
