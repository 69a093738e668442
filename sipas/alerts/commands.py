"""`sipas alerts`: what is open, since when, and who was told."""

import json as json_module
from dataclasses import asdict
from datetime import UTC, datetime

import click

from sipas.database import connect


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def alerts(as_json: bool) -> None:
    """List what somebody must look at now, oldest first, and who was told of it."""
    from sipas.alerts.facts import KINDS_VI
    from sipas.alerts.store import open_alerts, tellings
    from sipas.alerts.tell import look
    from sipas.sources.configuration import read_sources
    from sipas.vietnamese import LOCAL_TIME

    with connect("audit", autocommit=True) as connection:
        look(connection, read_sources(), datetime.now(UTC))
        found = open_alerts(connection)
        told: dict[int, list[str]] = {}
        for row in tellings(connection):
            told.setdefault(row["alert_id"], []).append(row["recipient"])
    if as_json:
        rows = [asdict(alert) | {"told": told.get(alert.alert_id, [])} for alert in found]
        click.echo(json_module.dumps(rows, ensure_ascii=False, indent=2, default=str))
        return
    for alert in found:
        click.echo(
            f"{alert.since.astimezone(LOCAL_TIME):%Y-%m-%d %H:%M}  {KINDS_VI[alert.kind]}: "
            f"{alert.what_vi}\n"
            f"    {alert.place_vi}\n"
            f"    Phụ trách: {alert.owner_vi}. {alert.to_do_vi}\n"
            f"    Đã báo: {', '.join(told.get(alert.alert_id, [])) or 'chưa báo ai'}"
        )
    if not found:
        click.echo("Không có việc nào cần xử lý.")
