"""`sipas release`: list, approve, publish, withdraw and compare releases; the head of the chain."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from sipas.database import connect
from sipas.release import attachments, chain, corrections, lifecycle
from sipas.release.lifecycle import Approval
from sipas.release.open_data.command import open_data
from sipas.release.report.commands import compliance, report, review
from sipas.release.verify.bundle_command import bundle

AS_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")
BY = click.option("--by", required=True, help="The account on whose behalf this is done.")
REASON = click.option("--reason", required=True, help="Why (in Vietnamese; it is published).")
DAY = click.DateTime(["%Y-%m-%d"])


def say_json(value: Any) -> None:
    """Prints a value for programs."""
    click.echo(json.dumps(value, default=str, ensure_ascii=False, indent=2))


@click.group()
def release() -> None:
    """Releases: what was frozen, approved and published."""


for command in (bundle, open_data, report, review, compliance):
    release.add_command(command)


@release.command("list")
@AS_JSON
def list_command(as_json: bool) -> None:
    """List every release, newest first, and the head of the chain."""
    with connect("audit") as connection:
        rows = lifecycle.list_releases(connection)
        head = chain.chain_head(connection)
    if as_json:
        say_json(rows)
        return
    for row in rows:
        click.echo(
            f"{row['release_id']:<22} {row['status']:<11} {row['data_nature']:<10} "
            f"{row['row_count']:>6} rows  as of {row['as_of_at']:%Y-%m-%d}  "
            f"sha256 {row['content_sha256'][:16]}…  {row['approved_by'] or ''}"
        )
    click.echo(f"Đầu chuỗi: {head or 'chưa có bản phát hành nào'}")


@release.command()
@click.argument("release_id")
@AS_JSON
def show(release_id: str, as_json: bool) -> None:
    """Show RELEASE_ID as its approver sees it, what happened to it, and its attachments."""
    from sipas.release.request import request_of

    with connect("audit") as connection:
        facts = lifecycle.find(connection, release_id)
        events = chain.events_of(connection, release_id)
        scans = attachments.attachments(connection, release_id)
        asked = request_of(connection, release_id)
    if as_json:
        say_json(facts | {"events": events, "attachments": scans})
        return
    click.echo(asked.body)
    click.echo("\n## Những gì đã xảy ra\n")
    for event in events:
        reason = event["details"].get("reason")
        click.echo(
            f"* {event['at']:%Y-%m-%d %H:%M} {event['event']} – {event['actor']}"
            f"{f': {reason}' if reason else ''} ({event['position']}-{event['chain_sha256'][:16]})"
        )
    for scan in scans:
        click.echo(f"* tệp đính kèm {scan['file_name']}: sha256 {scan['sha256']}")


@release.command()
@click.argument("release_id")
@click.option("--sha256", required=True, help="The hash that was seen (8 digits or more).")
@click.option("--decision-number", required=True, help="Number of the decision.")
@click.option("--decision-on", required=True, type=DAY, help="Its date.")
@click.option("--signatory", required=True, help="Who signed it.")
@click.option("--position", required=True, help="The signatory's position.")
@click.option("--approved-by", required=True, help="The account that enters the approval here.")
@click.option("--note", help="A note; the reason, where it replaces a published release.")
@click.option("--publish-not-before", type=DAY, help="Embargo: the first day of publication.")
def approve(
    release_id: str,
    sha256: str,
    decision_on: datetime,
    publish_not_before: datetime | None,
    **decision: str | None,
) -> None:
    """Approve the candidate RELEASE_ID by a signed decision, and publish it when it is due."""
    approval = Approval(
        decision_on=decision_on.date(),
        publish_not_before=publish_not_before and publish_not_before.date(),
        **decision,
    )
    with connect("release") as connection:
        lifecycle.approve(connection, release_id, approval, sha256)
        is_due = lifecycle.is_due(lifecycle.find(connection, release_id))
        if is_due:
            lifecycle.publish(connection, release_id, approval.approved_by)
    if is_due:
        click.echo(f"{release_id} is published.")
    else:
        click.echo(f"{release_id} is approved; due on {approval.publish_not_before}.")


@release.command()
@click.argument("release_id")
@REASON
@BY
def reject(release_id: str, reason: str, by: str) -> None:
    """Reject the candidate RELEASE_ID."""
    with connect("release") as connection:
        lifecycle.reject(connection, release_id, reason, by)
    click.echo(f"{release_id} is rejected.")


@release.command()
@click.argument("scope")
@BY
def propose(scope: str, by: str) -> None:
    """Freeze the unchanged figures of SCOPE again, after a rejection or a withdrawal."""
    from sipas.release.gate import check_marts, newest_build

    with connect("release", autocommit=True) as connection:
        build_id = newest_build(connection)
        check_marts(connection, build_id)
        release_id = lifecycle.propose(connection, scope, build_id, by)
    click.echo(f"{release_id} waits for approval.")


@release.command()
@click.argument("release_id")
@BY
def publish(release_id: str, by: str) -> None:
    """Publish the approved RELEASE_ID; refused before its embargo ends."""
    with connect("release") as connection:
        lifecycle.publish(connection, release_id, by)
    click.echo(f"{release_id} is published.")


@release.command()
@click.argument("release_id")
@REASON
@BY
def withdraw(release_id: str, reason: str, by: str) -> None:
    """Withdraw RELEASE_ID: nothing of it is published any more."""
    with connect("release") as connection:
        lifecycle.withdraw(connection, release_id, reason, by)
    click.echo(f"{release_id} is withdrawn.")


@release.command()
@click.argument("older")
@click.argument("newer")
@AS_JSON
def diff(older: str, newer: str, as_json: bool) -> None:
    """The correction notice: what changed, row by row, from release OLDER to release NEWER."""
    with connect("audit") as connection:
        if as_json:
            found = corrections.compare(connection, older, newer)
            say_json([change.as_json() for change in found])
            return
        click.echo("\n".join(corrections.notice(connection, older, newer)))


@release.command()
@click.argument("release_id")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@BY
def attach(release_id: str, file: Path, by: str) -> None:
    """Attach FILE, the scan of the signed decision, to RELEASE_ID; its hash joins the chain."""
    with connect("release") as connection:
        digest = attachments.attach(connection, release_id, file, by)
    click.echo(f"{file.name}: sha256 {digest}")


@release.command()
@click.option("--check", is_flag=True, help="Reckon every link again; exit 1 when one is wrong.")
@click.option("--expect", metavar="HEAD", help="A head as printed; implies --check.")
@AS_JSON
def head(check: bool, expect: str | None, as_json: bool) -> None:
    """Print the head of the chain; copy it where nobody of the database can write."""
    with connect("audit") as connection:
        newest = chain.chain_head(connection)
        faults = chain.check_chain(connection, expect) if check or expect else []
    if as_json:
        say_json(
            {
                "head": newest and str(newest),
                "position": newest and newest.position,
                "chain_sha256": newest and newest.sha256,
                "is_checked": bool(check or expect),
                "faults": [{"release_id": f.release_id, "what": f.what} for f in faults],
            }
        )
    else:
        click.echo(newest or "Chưa có bản phát hành nào.")
        for fault in faults:
            click.echo(f"SAI  {fault}")
        if (check or expect) and not faults:
            click.echo("Chuỗi nguyên vẹn.")
    if faults:
        sys.exit(1)
