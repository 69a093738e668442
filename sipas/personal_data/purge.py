"""The end of personal data: landed originals give way to copies without persons.

A copy is written to the side, synced and renamed; then the purge is noted in audit.purges, and
from that moment the copy is what is read; only then the originals go. Killed at any step, either
the originals or the copy are whole, and the next run goes on. Copies, like deliveries, are never
deleted: every release can be traced to the deliveries that it was made of.
"""

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from sipas.errors import UserError
from sipas.landing import (
    INCOMING,
    Manifest,
    landed_manifest,
    landing_path,
    read_manifest,
    sync_folder,
)
from sipas.personal_data.copies import write_copy
from sipas.settings import whole_number

KINDS = ("dossiers", "feedback")
LOCK = "sipas personal data purge"
# What a load or the gate still has to decide is left alone: its original may be needed.
DUE = """
    select deliveries.delivery_id
    from audit.deliveries as deliveries
    where deliveries.delivery_kind = any(%s) and deliveries.received_at < %s
    and not exists (
        select from audit.purges as purges where purges.delivery_id = deliveries.delivery_id
    )
    and exists (
        select from audit.batches as batches where batches.delivery_id = deliveries.delivery_id
    )
    and not exists (
        select from audit.batches as batches
        where batches.delivery_id = deliveries.delivery_id and batches.status = 'loaded'
    )
    order by deliveries.received_at
"""


@dataclass(frozen=True)
class Limits:
    """Before when originals and applicants are purged."""

    originals_before: datetime
    applicants_before: datetime
    reason: str

    @classmethod
    def of_settings(cls, now: datetime | None = None) -> "Limits":
        """SIPAS_PURGE_ORIGINALS_AFTER_DAYS and SIPAS_PURGE_APPLICANTS_AFTER_DAYS, 365 each."""
        now = now or datetime.now(UTC)
        names = ("SIPAS_PURGE_ORIGINALS_AFTER_DAYS", "SIPAS_PURGE_APPLICANTS_AFTER_DAYS")
        days = [whole_number(name, 365, least=30) for name in names]
        reason = ", ".join(f"{name}={count}" for name, count in zip(names, days, strict=True))
        return cls(*(now - timedelta(days=count) for count in days), reason)


@dataclass
class Purged:
    """What a run did."""

    deliveries: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    applicant_count: int = 0


def due_deliveries(connection: psycopg.Connection, limits: Limits) -> list[str]:
    """Deliveries with persons whose original is due, oldest first."""
    rows = connection.execute(DUE, [list(KINDS), limits.originals_before]).fetchall()
    return [delivery_id for (delivery_id,) in rows]


def count_applicants(connection: psycopg.Connection, limits: Limits) -> int:
    """How many applicants a purge would delete."""
    query = "select pii.count_applicants(%s)"
    return connection.execute(query, [limits.applicants_before]).fetchone()[0]


def purge(
    connection: psycopg.Connection, landing: Path, limits: Limits, *, who: str, why: str
) -> Purged:
    """Purges what is due, on an autocommitting connection of the ingest role; a delivery that
    cannot be purged does not stop the others and is named. Raises UserError when another runs."""
    query = "select pg_try_advisory_lock(hashtext(%s))"
    if not connection.execute(query, [LOCK]).fetchone()[0]:
        raise UserError("Another purge of personal data is running.")
    done = Purged()
    try:
        remove_left_originals(connection, landing)
        remove_stale_incoming(landing, limits.originals_before)
        for delivery_id in due_deliveries(connection, limits):
            try:
                purge_delivery(connection, landing, delivery_id, who=who, why=why)
                done.deliveries.append(delivery_id)
            except UserError as error:
                done.failures.append(f"{delivery_id}: {error}")
        done.applicant_count = connection.execute(
            "select pii.delete_applicants(%s, %s, %s)", [limits.applicants_before, who, why]
        ).fetchone()[0]
    finally:
        connection.execute("select pg_advisory_unlock(hashtext(%s))", [LOCK])
    return done


def purge_delivery(
    connection: psycopg.Connection, landing: Path, delivery_id: str, *, who: str, why: str
) -> None:
    """Puts the copy of one delivery in the place of its original."""
    manifest = landed_manifest(connection, landing, delivery_id)
    copy_sha256, byte_count = write_copy(landing, manifest)
    note(connection, [delivery_id, copy_sha256, byte_count, who, why])
    remove_originals(landing, manifest)


def note(connection: psycopg.Connection, row: list) -> None:
    """The row of audit.purges: from now on the copy is what is read."""
    connection.execute(
        "insert into audit.purges (delivery_id, copy_sha256, byte_count, requested_by, reason) "
        "values (%s, %s, %s, %s, %s)",
        row,
    )


def remove_originals(landing: Path, manifest: Manifest) -> None:
    """Deletes the bodies as received; their manifest stays, and so do their hashes."""
    folder = landing / landing_path(manifest)
    left = [folder / item.name for item in manifest.objects if (folder / item.name).exists()]
    for path in left:
        path.unlink()
    if left:
        sync_folder(folder)


def remove_left_originals(connection: psycopg.Connection, landing: Path) -> None:
    """Deletes what a run that was killed after noting a purge has left."""
    rows = connection.execute(
        "select landing_path, manifest_sha256 from audit.purges "
        "inner join audit.deliveries using (delivery_id)"
    ).fetchall()
    for path, manifest_sha256 in rows:
        remove_originals(landing, read_manifest(landing / path, manifest_sha256))


def remove_stale_incoming(landing: Path, before: datetime) -> None:
    """Deletes what was being received and never became a delivery: its source is long gone."""
    for folder in (landing / INCOMING).glob("*"):
        newest = max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))
        if newest < before.timestamp():
            shutil.rmtree(folder)
