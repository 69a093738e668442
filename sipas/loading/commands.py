"""`sipas quarantine`: what was rejected, why, for whom, and the load after a mend."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from sipas.access import Extract, extract_options, note_extract, require_purpose
from sipas.database import connect
from sipas.errors import UserError
from sipas.loading import quarantine as rooms
from sipas.settings import directory

STATES = {"open": "chưa sửa", "mended": "đã sửa", "rejected_again": "bị loại lần nữa ở lô sau"}


@click.group()
def quarantine() -> None:
    """Rejected records and refused deliveries: list, explain, export, load again."""


@quarantine.command("list")
@click.option("--source", help="Only this source.")
@click.option("--agency", help="Only this agency, as in dossier codes; 'unknown' for none.")
@click.option("--field", help="Only this field, in the sender's words.")
@click.option("--reason", help="Only this reason code.")
@click.option("--batch", type=int, help="Only this batch.")
@click.option("--with-mended", is_flag=True, help="Also what is mended altogether.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_command(as_json: bool, **filters: object) -> None:
    """Count what is open and mended by source, agency, field and reason."""
    with connect("audit") as connection:
        rows = rooms.groups(connection, **filters)
    now = datetime.now(UTC)
    for row in rows:
        oldest = row["oldest_open_at"]
        row["oldest_open_days"] = (now - oldest).days if oldest else None
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, default=str, indent=2))
        return
    for row in rows:
        click.echo(
            f"{row['source_code']} · {row['agency_code']} · {row['field']}: {row['reason_vi']} – "
            f"{row['open_count']} chưa sửa"
            + (f", cũ nhất {row['oldest_open_days']} ngày" if row["open_count"] else "")
            + f", {row['mended_count']} đã sửa"
            + (
                f" (ví dụ: lô {row['example'][0]}, vị trí {row['example'][1]})"
                if row["example"]
                else ""
            )
        )
        for refusal in row["refusals"] or []:
            click.echo(f"  {refusal}")
    if not rows:
        click.echo("Không có bản ghi nào bị loại mà chưa sửa.")


@quarantine.command()
@click.argument("batch", type=int)
@click.argument("position", type=int)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def explain(batch: int, position: int, as_json: bool) -> None:
    """Tell what was wrong with the record at POSITION of BATCH (0: with the delivery)."""
    with connect("audit") as connection:
        found = rooms.explain(connection, directory("SIPAS_LANDING_DIR"), batch, position)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, default=str, indent=2))
        return
    click.echo(f"Lô {batch}, vị trí {position}: {found['source_code']}, {found['place']}")
    if found["record_code"]:
        click.echo(f"Mã: {found['record_code']}")
    for fault in found["faults"]:
        ours = f" (trong kho: {fault['field_ours']})" if fault["field_ours"] else ""
        mended = fault["mended_by_batch_id"]
        click.echo(
            f"– Trường {fault['field']}{ours}: {fault['reason_vi']}\n"
            f"  Việc cần làm: {fault['to_do_vi']}.\n"
            f"  Tình trạng: {STATES[fault['state']]}" + (f" ở lô {mended}" if mended else "")
        )
    if found["field_names"]:
        click.echo(f"Các trường của bản ghi: {', '.join(found['field_names'])}")


@quarantine.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--source", help="Only this source.")
@click.option("--agency", help="Only this agency, as in dossier codes; 'unknown' for none.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Received on this day or later.")
@extract_options
def export(
    file: Path,
    source: str | None,
    agency: str | None,
    since: datetime | None,
    by: str,
    purpose: str | None,
) -> None:
    """Write what is open into the workbook FILE, for the people who mend it."""
    from sipas.loading.quarantine_workbook import LOCAL_TIME, workbook

    require_purpose("records", purpose)
    if file.suffix.lower() != ".xlsx":
        raise UserError(f"{file} is no name of a workbook: let it end in .xlsx.")
    with connect("audit") as connection:
        faults = rooms.open_faults(
            connection, source, agency, since and since.replace(tzinfo=LOCAL_TIME)
        )
    content = workbook(faults)
    what = f"bản ghi bị loại: {source or 'mọi nguồn'}, {agency or 'mọi cơ quan'}"
    note_extract(Extract(what, "records", len(faults), by, purpose), content)
    file.write_bytes(content)
    click.echo(f"{file}: {len(faults)} rows.")


@quarantine.command()
@click.argument("batch", type=int)
def replay(batch: int) -> None:
    """Load the landed bytes of BATCH once more by today's mapping, without asking the source."""
    from sipas.loading.quarantine_replay import replay as load_again

    with connect("ingest", autocommit=True) as connection:
        done = load_again(connection, directory("SIPAS_LANDING_DIR"), batch)
    for word, result, version in (
        ("before", done.before, done.version_before),
        ("after", done.after, done.version_after),
    ):
        click.echo(
            f"{word}: batch {result.batch_id} by {version}: received {result.received_count} = "
            f"loaded {result.loaded_count} + unchanged {result.unchanged_count} + quarantined "
            f"{result.quarantined_count}"
        )
    if done.refusal_reason:
        raise UserError(f"Batch {done.after.batch_id} was refused: {done.refusal_reason}")
