"""What is in quarantine: counts, the story of one record, and the rows for those who mend it.

Whether a fault is still open is decided in one place, the view quarantine.record_states.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sipas.contracts.rejection import DeliveryRefused
from sipas.errors import UserError
from sipas.landing import Manifest, landed_manifest
from sipas.loading.batches import LOADERS

UNKNOWN_AGENCY = "unknown"
GROUPS = """
    select source_code, coalesce(agency_code, 'unknown') as agency_code, delivery_kind, field,
        reason_code, min(data_nature) as data_nature,
        count(*) filter (where state = 'open') as open_count,
        count(*) filter (where state = 'mended') as mended_count,
        min(received_at) filter (where state = 'open') as oldest_open_at,
        (array_agg(array[batch_id, position] order by received_at, batch_id, position)
            filter (where state = 'open'))[1:1] as example,
        array_agg(format('lô %%s, %%s: %%s', batch_id, place, reason_vi) order by batch_id)
            filter (where state = 'open' and reason_code = 'delivery_refused') as refusals
    from quarantine.record_states
    where (%(source)s::text is null or source_code = %(source)s)
    and (%(agency)s::text is null or coalesce(agency_code, 'unknown') = %(agency)s)
    and (%(field)s::text is null or field = %(field)s)
    and (%(reason)s::text is null or reason_code = %(reason)s)
    and (%(batch)s::bigint is null or batch_id = %(batch)s)
    group by source_code, coalesce(agency_code, 'unknown'), delivery_kind, field, reason_code
    having %(with_mended)s or bool_or(state = 'open')
    order by source_code, agency_code, delivery_kind, field, reason_code
"""
FAULTS = """
    select * from quarantine.record_states
    where batch_id = %s and position = %s order by field, reason_code
"""
OPEN_FAULTS = """
    select source_code, coalesce(agency_code, 'unknown') as agency_code, place, record_code, field,
        reason_code, reason_vi, received_at, batch_id, position, data_nature
    from quarantine.record_states
    where state = 'open'
    and (%(source)s::text is null or source_code = %(source)s)
    and (%(agency)s::text is null or coalesce(agency_code, 'unknown') = %(agency)s)
    and (%(since)s::timestamptz is null or received_at >= %(since)s)
    order by source_code, received_at, batch_id, position, field
"""
ADVICE = """
    select reason_code, label_vi, to_do_vi from reference.quarantine_reasons
    where batch_id in (select batch_id from audit.current_batches)
"""
WITHOUT_ADVICE = "Sửa ở hệ thống nguồn theo lý do đã nêu rồi gửi lại"


@dataclass(frozen=True)
class Advice:
    """What a reason code means and what to do, from the reference rows."""

    label_vi: str
    to_do_vi: str


def advice(connection: psycopg.Connection) -> dict[str, Advice]:
    """Words for each reason code that the reference rows know."""
    rows = connection.execute(ADVICE).fetchall()
    return {code: Advice(label, to_do) for code, label, to_do in rows}


def groups(connection: psycopg.Connection, **filters: Any) -> list[dict]:
    """Open and mended faults by source, agency, field and reason, with the age of the oldest.

    `filters` are the parameters of GROUPS; `example` is batch and position of the oldest open one.
    """
    words = advice(connection)
    rows = connection.cursor(row_factory=dict_row).execute(GROUPS, filters).fetchall()
    for row in rows:
        known = words.get(row["reason_code"])
        row["reason_vi"] = known.label_vi if known else row["reason_code"]
        row["example"] = row["example"][0] if row["example"] else None
    return rows


def open_faults(
    connection: psycopg.Connection, source: str | None, agency: str | None, since: datetime | None
) -> list[dict]:
    """Every open fault, oldest first, with what to do about it."""
    words = advice(connection)
    filters = {"source": source, "agency": agency, "since": since}
    rows = connection.cursor(row_factory=dict_row).execute(OPEN_FAULTS, filters).fetchall()
    for row in rows:
        known = words.get(row["reason_code"])
        row["to_do_vi"] = known.to_do_vi if known else WITHOUT_ADVICE
    return rows


def explain(connection: psycopg.Connection, landing: Path, batch_id: int, position: int) -> dict:
    """All that may be told of one rejected record: faults, places, names of its fields.

    Position 0 is the delivery itself. Raises UserError when nothing was rejected there.
    """
    faults = connection.cursor(row_factory=dict_row).execute(FAULTS, [batch_id, position])
    rows = faults.fetchall()
    if not rows:
        raise UserError(
            f"Batch {batch_id} has nothing in quarantine at position {position}; "
            "`sipas quarantine list` names an example of each kind."
        )
    words = advice(connection)
    manifest = landed_manifest(connection, landing, rows[0]["delivery_id"])
    ours = our_names(connection, landing, manifest)
    for row in rows:
        known = words.get(row["reason_code"])
        row["field_ours"] = ours.get(row["field"])
        row["to_do_vi"] = known.to_do_vi if known else WITHOUT_ADVICE
    return {
        "batch_id": batch_id,
        "position": position,
        "source_code": rows[0]["source_code"],
        "delivery_id": rows[0]["delivery_id"],
        "received_at": rows[0]["received_at"],
        "data_nature": rows[0]["data_nature"],
        "place": rows[0]["place"],
        "record_code": rows[0]["record_code"],
        "agency_code": rows[0]["agency_code"],
        "mapping_version": rows[0]["mapping_version"],
        "faults": [
            {
                name: row[name]
                for name in (
                    *("field", "field_ours", "reason_code", "reason_vi", "to_do_vi"),
                    *("state", "mended_by_batch_id"),
                )
            }
            for row in rows
        ],
        "field_names": field_names(connection, landing, manifest, position) if position else [],
    }


def our_names(connection: psycopg.Connection, landing: Path, manifest: Manifest) -> dict[str, str]:
    """The sender's field names → ours, by today's mapping; empty where there is no mapping."""
    loader = LOADERS[manifest.delivery_kind](connection, landing, manifest)
    try:
        loader.prepare()
    except (UserError, DeliveryRefused):
        return {}
    mapping = getattr(loader, "mapping", None)
    if mapping is None:
        return {}
    names = {theirs: ours for ours, theirs in mapping.fields.items()}
    for list_name, entry in getattr(mapping, "lists", {}).items():
        names[entry["from"]] = list_name
        names |= {
            f"{entry['from']}.{theirs}": f"{list_name}.{ours}"
            for ours, theirs in entry.items()
            if ours != "from"
        }
    return names


def field_names(
    connection: psycopg.Connection, landing: Path, manifest: Manifest, position: int
) -> list[str]:
    """The names of the fields that the record has, never a value; none where it is no object or
    no record of a one-stop system."""
    loader = LOADERS[manifest.delivery_kind](connection, landing, manifest)
    try:
        loader.prepare()
        record = next(islice(loader.all_records(), position - 1, None), None)
    except (UserError, DeliveryRefused):
        return []
    return sorted(record) if isinstance(record, dict) else []
