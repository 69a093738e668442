"""`sipas sources`: what is connected, trying a new system, and asking for days once more."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from sipas.database import connect
from sipas.errors import UserError
from sipas.orchestration.connections import access_of_command
from sipas.settings import directory
from sipas.sources.backfill import Act, backfill
from sipas.sources.configuration import HttpSource, known_source, read_sources
from sipas.sources.overview import list_backfills, overview
from sipas.sources.trial import Trial, try_source

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def sources() -> None:
    """Sources: one-stop systems, spreadsheets and folders that dossiers come from."""


def show_json(rows: object) -> None:
    """Rows as JSON, times and days as text."""
    click.echo(json.dumps(rows, default=str, indent=2, ensure_ascii=False))


@sources.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_command(as_json: bool) -> None:
    """List the sources: how far each has told us, its last delivery and what became of it."""
    with connect("audit") as connection:
        rows = overview(connection, read_sources().one_stop, datetime.now(UTC))
    if as_json:
        show_json(rows)
        return
    for row in rows:
        reached = f"{row['watermark']:%Y-%m-%d %H:%M%z}" if row["watermark"] else "-"
        last = f"{row['last_delivery_at']:%Y-%m-%d %H:%M%z}" if row["last_delivery_at"] else "never"
        state = row["last_batch_status"] or "not loaded"
        click.echo(
            f"{row['source_code']:<20} {row['kind']:<11} {row['delivery_kind']:<9} told up to "
            f"{reached:<21}  last delivery {last:<21}  {state:<10}"
            f"  {row['quarantined_count']} in quarantine  {'STALE' if row['is_stale'] else 'fresh'}"
        )


@sources.command("try")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def try_command(name: str, as_json: bool) -> None:
    """Try the source NAME without landing or loading anything: log in, read a page, show how each
    field is read and what would be quarantined. Ends with 0 when a load would be accepted."""
    trial = try_source(known_source(name), access_of_command, Path(directory("SIPAS_INBOX_DIR")))
    if as_json:
        show_json(trial.as_json())
    else:
        show_trial(trial)
    sys.exit(0 if trial.is_good else 1)


def show_trial(trial: Trial) -> None:
    """A trial as lines of text."""
    click.echo(f"{trial.read_from}: {trial.record_count} records, mapping {trial.mapping}")
    for field in trial.fields:
        click.echo(
            f"  {field.ours:<34} ← {field.theirs:<34} {field.present_count:>6}  {field.shape}"
        )
    for name, shape in trial.unknown.items():
        click.echo(f"  not in the mapping: {name}  {shape}")
    for name in trial.missing:
        click.echo(f"  never there: {name}")
    for fault in trial.faults:
        click.echo(
            f"  would be quarantined: {fault.count} × {fault.field}: {fault.reason_vi} "
            f"(first: {fault.place})"
        )
    for line in trial.notes:
        click.echo(f"  {line}")
    click.echo("A load would be accepted." if trial.is_good else "A load would be refused.")


@sources.command("backfill")
@click.argument("name")
@click.option("--from", "days_from", required=True, type=DAY, help="First day of filing.")
@click.option("--to", "days_to", required=True, type=DAY, help="Last day of filing.")
@click.option("--by", "requested_by", required=True, help="Who wants it.")
@click.option("--reason", required=True, help="Why.")
def backfill_command(
    name: str, days_from: datetime, days_to: datetime, requested_by: str, reason: str
) -> None:
    """Ask the source NAME for all dossiers filed on some days once more, and land them; the next
    run of ingest_one_stop loads them. The act is recorded with its end."""
    source = known_source(name)
    if days_to < days_from:
        raise UserError("--to is before --from.")
    if not requested_by.strip() or not reason.strip():
        raise UserError("--by and --reason cannot be empty: the act is recorded with them.")
    act = Act(source.code, days_from.date(), days_to.date(), requested_by, reason)
    access = access_of_command(source.connection) if isinstance(source, HttpSource) else None
    with connect("ingest") as connection:
        manifest = backfill(connection, directory("SIPAS_LANDING_DIR"), source, access, act)
    click.echo(
        f"Landed {manifest.delivery_id} with {len(manifest.objects)} pages. The next run of "
        "ingest_one_stop loads it."
    )


@sources.command("backfills")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def backfills_command(as_json: bool) -> None:
    """List every backfill: who asked for which days, why, and how it ended."""
    with connect("audit") as connection:
        rows = list_backfills(connection)
    if as_json:
        show_json(rows)
        return
    for row in rows:
        click.echo(
            f"{row['backfill_id']:>4}  {row['source_code']:<20} {row['days_from']}…{row['days_to']}"
            f"  {row['status']:<10} {row['requested_by']}: {row['reason']}  {row['outcome'] or ''}"
        )
    if not rows:
        click.echo("No backfills.")
