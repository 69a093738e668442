"""Backfills: days that somebody asked for once more, with the reason, as a recorded act."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg

from sipas.errors import UserError
from sipas.landing import Manifest
from sipas.sources.configuration import HttpSource, OneStopSource
from sipas.sources.one_stop_http import fetch_days
from sipas.sources.session import Access


@dataclass(frozen=True)
class Act:
    """Who wants which days of which source once more, and why."""

    source_code: str
    days_from: date
    days_to: date
    requested_by: str
    reason: str


def backfill(
    connection: psycopg.Connection,
    landing: Path,
    source: OneStopSource,
    access: Access,
    act: Act,
) -> Manifest:
    """Records the act, lands all dossiers filed on its days, and closes the act with its end.

    Raises UserError for a source that cannot be asked for days, and what the fetch raises; the
    act then says that it failed and why.
    """
    if not isinstance(source, HttpSource):
        raise UserError(
            f"{source.code} cannot be asked for days: hand its files in again under another name."
        )
    backfill_id = open_act(connection, act)
    try:
        manifest = fetch_days(connection, landing, source, access, act.days_from, act.days_to)
    except BaseException as error:
        connection.rollback()
        close_act(connection, backfill_id, "failed", str(error) or type(error).__name__, None)
        raise
    size = sum(item.byte_count for item in manifest.objects)
    outcome = f"landed {len(manifest.objects)} pages, {size} bytes"
    close_act(connection, backfill_id, "succeeded", outcome, manifest.delivery_id)
    return manifest


def open_act(connection: psycopg.Connection, act: Act) -> int:
    """Notes that the act was asked for, and commits; returns its number."""
    (backfill_id,) = connection.execute(
        """
        insert into audit.backfills (source_code, days_from, days_to, requested_by, reason)
        values (%s, %s, %s, %s, %s) returning backfill_id
        """,
        [act.source_code, act.days_from, act.days_to, act.requested_by, act.reason],
    ).fetchone()
    connection.commit()
    return backfill_id


def close_act(
    connection: psycopg.Connection,
    backfill_id: int,
    status: str,
    outcome: str,
    delivery_id: str | None,
) -> None:
    """Notes the end of an act, and commits."""
    connection.execute(
        "update audit.backfills set ended_at = now(), status = %s, outcome = %s, delivery_id = %s "
        "where backfill_id = %s",
        [status, outcome, delivery_id, backfill_id],
    )
    connection.commit()
