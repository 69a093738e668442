"""What `sipas sources list` shows: each source, how far it has told us, and what became of it."""

from datetime import datetime, timedelta
from typing import Any

import psycopg

from sipas.sources.configuration import OneStopSource
from sipas.vietnamese import LOCAL_TIME

STATE = """
    with newest as (
        select distinct on (source_code, delivery_kind) source_code, delivery_kind, delivery_id,
            received_at
        from audit.deliveries
        where source_code = any(%(codes)s)
        order by source_code, delivery_kind, received_at desc
    ),
    reached as (
        select deliveries.source_code, deliveries.delivery_kind,
            max(deliveries.watermark) as watermark, max(deliveries.received_at) as accepted_at
        from audit.deliveries as deliveries
        inner join audit.batches as batches using (delivery_id)
        where deliveries.source_code = any(%(codes)s) and batches.status = 'accepted'
        group by deliveries.source_code, deliveries.delivery_kind
    ),
    rejected as (
        select deliveries.source_code, deliveries.delivery_kind,
            sum(batches.quarantined_count) as quarantined_count
        from audit.current_batches as current_batches
        inner join audit.batches as batches using (batch_id)
        inner join audit.deliveries as deliveries using (delivery_id)
        where deliveries.source_code = any(%(codes)s)
        group by deliveries.source_code, deliveries.delivery_kind
    )
    select newest.source_code, newest.delivery_kind, newest.delivery_id, newest.received_at,
        reached.watermark, reached.accepted_at, batches.batch_id, batches.status,
        batches.refusal_reason, coalesce(rejected.quarantined_count, 0)::bigint as quarantined_count
    from newest
    left join reached using (source_code, delivery_kind)
    left join rejected using (source_code, delivery_kind)
    left join lateral (
        select * from audit.batches as made
        where made.delivery_id = newest.delivery_id order by batch_id desc limit 1
    ) as batches on true
    order by newest.source_code, newest.delivery_kind
"""


def overview(
    connection: psycopg.Connection, sources: list[OneStopSource], now: datetime
) -> list[dict[str, Any]]:
    """One row a source and kind of delivery, in the order of the sources file; a source that has
    delivered nothing yet has one row too. Stale: no accepted delivery for `stale_hours`."""
    cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
    found = cursor.execute(STATE, {"codes": [source.code for source in sources]}).fetchall()
    rows = []
    for source in sources:
        states = [row for row in found if row["source_code"] == source.code]
        for state in states or [{"source_code": source.code, "delivery_kind": "dossiers"}]:
            heard = state.get("accepted_at")
            longest = timedelta(hours=source.stale_hours)
            rows.append(
                {
                    "source_code": source.code,
                    "kind": source.__struct_config__.tag,
                    "delivery_kind": state["delivery_kind"],
                    "watermark": local(state.get("watermark")),
                    "last_delivery_id": state.get("delivery_id"),
                    "last_delivery_at": local(state.get("received_at")),
                    "last_batch_id": state.get("batch_id"),
                    "last_batch_status": state.get("status"),
                    "refusal_reason": state.get("refusal_reason"),
                    "quarantined_count": state.get("quarantined_count", 0),
                    "last_accepted_at": local(heard),
                    "is_stale": heard is None or now - heard > longest,
                }
            )
    return rows


def local(moment: datetime | None) -> datetime | None:
    """A moment as clocks in Vietnam show it."""
    return moment and moment.astimezone(LOCAL_TIME)


BACKFILLS = """
    select backfill_id, source_code, days_from, days_to, requested_by, reason, requested_at,
        ended_at, status, delivery_id, outcome
    from audit.backfills order by backfill_id desc
"""


def list_backfills(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """Every backfill, newest first."""
    cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
    return cursor.execute(BACKFILLS).fetchall()
