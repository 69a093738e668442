"""`sipas quarantine`: which records were rejected, where, and why."""

import json

import click
import psycopg

from sipas.database import connect

QUERY = """
    select batches.batch_id, deliveries.source_code, deliveries.file_name, records.place,
        records.record_code, records.field, records.reason_vi
    from quarantine.records as records
    inner join audit.batches as batches using (batch_id)
    inner join audit.deliveries as deliveries using (delivery_id)
    where %(batch_id)s::bigint is null or batches.batch_id = %(batch_id)s
    order by batches.batch_id, records.position, records.field
    limit %(limit)s
"""
REFUSED = """
    select batches.batch_id, deliveries.source_code, deliveries.file_name, refusal_reason
    from audit.batches as batches
    inner join audit.deliveries as deliveries using (delivery_id)
    where batches.status = 'refused' order by batches.batch_id
"""


@click.command()
@click.option("--batch", "batch_id", type=int, help="Only this batch.")
@click.option("--limit", default=100, show_default=True, help="At most so many records.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def quarantine(batch_id: int | None, limit: int, as_json: bool) -> None:
    """List rejected records and refused deliveries with their reasons."""
    with connect("audit") as connection:
        cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
        records = cursor.execute(QUERY, {"batch_id": batch_id, "limit": limit}).fetchall()
        refused = cursor.execute(REFUSED).fetchall()
    if as_json:
        click.echo(json.dumps({"records": records, "refused": refused}, indent=2))
        return
    for row in refused:
        click.echo(f"Đợt nạp {row['batch_id']} bị từ chối: {row['refusal_reason']}")
    for row in records:
        click.echo(f"Đợt nạp {row['batch_id']}, {row['place']}, {row['field']}: {row['reason_vi']}")
    if not records and not refused:
        click.echo("Không có bản ghi nào bị loại.")
