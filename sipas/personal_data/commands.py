"""`sipas personal-data`: the end of personal data in landed originals and among applicants."""

import click

from sipas.database import connect
from sipas.errors import UserError
from sipas.settings import directory


@click.group()
def personal_data() -> None:
    """Personal data: what is purged, and when."""


@personal_data.command()
@click.option("--dry-run", is_flag=True, help="Only tell what is due.")
@click.option("--by", "who", help="Who asks for it.")
@click.option("--reason", "why", help="Why; without one, the settings by which it is due.")
def purge(dry_run: bool, who: str | None, why: str | None) -> None:
    """Put copies without persons in the place of originals that are due, and delete applicants."""
    from sipas.personal_data import purge as room

    limits = room.Limits.of_settings()
    with connect("ingest", autocommit=True) as connection:
        if dry_run:
            for delivery_id in room.due_deliveries(connection, limits):
                click.echo(f"due: {delivery_id}")
            click.echo(f"due: {room.count_applicants(connection, limits)} applicants")
            return
        if not who:
            raise UserError("Say who asks for the purge: --by.")
        landing = directory("SIPAS_LANDING_DIR")
        done = room.purge(connection, landing, limits, who=who, why=why or limits.reason)
    click.echo(
        f"{len(done.deliveries)} deliveries are copies without persons now, "
        f"{done.applicant_count} applicants deleted."
    )
    if done.failures:
        raise UserError("These deliveries were not purged:\n" + "\n".join(done.failures))
