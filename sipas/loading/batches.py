"""The batch: received = loaded + unchanged + quarantined, and data, counts and state together."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from sipas.contracts.rejection import DeliveryRefused, NotReady
from sipas.landing import Manifest, read_manifest
from sipas.loading import dossiers, feedback, reference, survey_forms
from sipas.loading.loader import Loader

log = logging.getLogger(__name__)

LOADERS = {
    "dossiers": dossiers.DossierLoader,
    "feedback": feedback.FeedbackLoader,
    "survey_forms": survey_forms.SurveyLoader,
    "reference": reference.ReferenceLoader,
}


@dataclass(frozen=True)
class BatchResult:
    """What became of one delivery."""

    batch_id: int
    delivery_id: str
    status: str
    received_count: int
    loaded_count: int
    unchanged_count: int
    quarantined_count: int
    refusal_reason: str | None = None
    warnings: tuple[str, ...] = ()  # Vietnamese, for the sender: what was taken, but is new


def pending_deliveries(
    connection: psycopg.Connection, landing: Path, delivery_kind: str
) -> Iterator[Manifest]:
    """Landed deliveries to be loaded, oldest first.

    Those without a batch, and those that count (the newest of a lot) whose batches were all made
    by another contract or mapping than today's: a mended mapping loads them once more.
    """
    rows = connection.execute(
        """
        select deliveries.landing_path, deliveries.manifest_sha256, purges.copy_sha256,
            array_agg(batches.contract_version || ' ' || batches.mapping_version)
                filter (where batches.batch_id is not null),
            row_number() over (
                partition by deliveries.lot_key order by deliveries.received_at desc
            ) = 1
        from audit.deliveries as deliveries
        left join audit.batches as batches using (delivery_id)
        left join audit.purges as purges using (delivery_id)
        where deliveries.delivery_kind = %s
        group by deliveries.delivery_id, purges.copy_sha256
        order by deliveries.received_at
        """,
        [delivery_kind],
    ).fetchall()
    for path, manifest_sha256, copy_sha256, versions, is_newest in rows:
        manifest = read_manifest(landing / path, manifest_sha256, copy_sha256)
        if versions is None or (
            is_newest and todays_version(connection, landing, manifest) not in (None, *versions)
        ):
            yield manifest


def todays_version(connection: psycopg.Connection, landing: Path, manifest: Manifest) -> str | None:
    """Contract and mapping that a load would use now; None when it cannot be loaded now."""
    loader = LOADERS[manifest.delivery_kind](connection, landing, manifest)
    try:
        loader.prepare()
    except (NotReady, DeliveryRefused):
        return None
    return f"{loader.contract_version} {loader.mapping_version}"


def load(connection: psycopg.Connection, landing: Path, manifest: Manifest) -> BatchResult:
    """Loads one delivery into one new batch and commits, or refuses it as a whole.

    A delivery that cannot be read becomes a batch with status `refused` and its reason; a
    missing prerequisite raises NotReady and leaves nothing behind.
    """
    loader = LOADERS[manifest.delivery_kind](connection, landing, manifest)
    try:
        with connection.transaction():
            loader.prepare()
            batch_id = open_batch(connection, manifest, loader)
            loader.load(batch_id)
            loader.quarantine(batch_id)
            return close_batch(connection, batch_id, loader)
    except DeliveryRefused as refusal:
        with connection.transaction():
            batch_id = open_batch(connection, manifest, loader, str(refusal))
        return BatchResult(batch_id, manifest.delivery_id, "refused", 0, 0, 0, 0, str(refusal))


def open_batch(
    connection: psycopg.Connection, manifest: Manifest, loader: Loader, refusal: str | None = None
) -> int:
    """A new row of audit.batches with empty counts; returns its id."""
    row = connection.execute(
        """
        insert into audit.batches (
            delivery_id, contract_version, mapping_version, status, refusal_reason,
            received_count, loaded_count, unchanged_count, quarantined_count, decided_at
        ) values (%s, %s, %s, %s, %s, 0, 0, 0, 0, case when %s::text is not null then now() end)
        returning batch_id
        """,
        [
            manifest.delivery_id,
            loader.contract_version,
            loader.mapping_version,
            "refused" if refusal else "loaded",
            refusal,
            refusal,
        ],
    ).fetchone()
    return row[0]


def close_batch(connection: psycopg.Connection, batch_id: int, loader: Loader) -> BatchResult:
    """Writes the counts; the database refuses them when a record is unaccounted for."""
    counts = (
        loader.received_count,
        loader.loaded_count,
        loader.unchanged_count,
        loader.quarantined_count,
    )
    connection.execute(
        """
        update audit.batches set received_count = %s, loaded_count = %s,
            unchanged_count = %s, quarantined_count = %s
        where batch_id = %s
        """,
        [*counts, batch_id],
    )
    for warning in loader.warnings:
        log.warning(warning)
    warnings = tuple(loader.warnings)
    return BatchResult(batch_id, loader.manifest.delivery_id, "loaded", *counts, warnings=warnings)
