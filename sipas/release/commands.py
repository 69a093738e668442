"""`sipas release`: list releases, approve and publish a candidate."""

import json
from datetime import datetime

import click

from sipas.database import connect
from sipas.release import lifecycle
from sipas.release.lifecycle import Approval
from sipas.release.verify.bundle_command import bundle


@click.group()
def release() -> None:
    """Releases: what was frozen, approved and published."""


release.add_command(bundle)


@release.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_command(as_json: bool) -> None:
    """List every release, newest first."""
    with connect("audit") as connection:
        rows = lifecycle.list_releases(connection)
    if as_json:
        click.echo(json.dumps(rows, default=str, indent=2))
        return
    for row in rows:
        click.echo(
            f"{row['release_id']:<22} {row['status']:<11} {row['data_nature']:<10} "
            f"{row['row_count']:>6} rows  as of {row['as_of_at']:%Y-%m-%d}  "
            f"sha256 {row['content_sha256'][:16]}…  {row['approved_by'] or ''}"
        )


@release.command()
@click.argument("release_id")
@click.option("--decision-number", required=True, help="Number of the decision.")
@click.option("--decision-on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Its date.")
@click.option("--signatory", required=True, help="Who signed it.")
@click.option("--position", required=True, help="The signatory's position.")
@click.option("--approved-by", required=True, help="Who enters the approval here.")
def approve(
    release_id: str,
    decision_number: str,
    decision_on: datetime,
    signatory: str,
    position: str,
    approved_by: str,
) -> None:
    """Approve the candidate RELEASE_ID by a signed decision, and publish it."""
    approval = Approval(
        approved_by=approved_by,
        decision_number=decision_number,
        decision_on=decision_on.date(),
        signatory=signatory,
        position=position,
    )
    with connect("release") as connection:
        lifecycle.approve(connection, release_id, approval)
        lifecycle.publish(connection, release_id)
    click.echo(f"{release_id} is published.")
