"""Loads a delivery once more from its landed bytes after a mapping or contract was mended."""

from dataclasses import dataclass
from pathlib import Path

import psycopg

from sipas.contracts.rejection import DeliveryRefused
from sipas.errors import UserError
from sipas.landing import landed_manifest
from sipas.loading.batches import LOADERS, BatchResult, load
from sipas.loading.gate import decide

BATCH = """
    select batches.delivery_id, deliveries.delivery_kind, batches.status, batches.received_count,
        batches.loaded_count, batches.unchanged_count, batches.quarantined_count,
        batches.refusal_reason, batches.contract_version || ' ' || batches.mapping_version,
        not exists (
            select from audit.deliveries as newer
            where newer.lot_key = deliveries.lot_key
            and newer.received_at > deliveries.received_at
        ),
        array(
            select known.contract_version || ' ' || known.mapping_version
            from audit.batches as known where known.delivery_id = batches.delivery_id
        )
    from audit.batches as batches
    inner join audit.deliveries as deliveries using (delivery_id)
    where batches.batch_id = %s
"""


@dataclass(frozen=True)
class Replay:
    """A batch as it was, and the batch that the same bytes have become."""

    before: BatchResult
    after: BatchResult
    version_before: str
    version_after: str
    refusal_reason: str | None  # of the new batch, by the load or by the raw gate


def replay(connection: psycopg.Connection, landing: Path, batch_id: int) -> Replay:
    """Loads the delivery of a batch by today's contract and mapping, and opens the raw gate for it.

    Asks no source. Raises UserError when there is no such batch, when a newer delivery has
    replaced it, or when today's mapping is one that has loaded these bytes already.
    """
    row = connection.execute(BATCH, [batch_id]).fetchone()
    if row is None:
        raise UserError(f"There is no batch {batch_id}; `sipas quarantine list` names them.")
    delivery_id, kind, *counts, version_before, is_newest, versions = row
    if not is_newest:
        raise UserError(
            f"The delivery of batch {batch_id} was replaced by a newer one of the same lot: "
            "replaying it would bring back what was corrected."
        )
    manifest = landed_manifest(connection, landing, delivery_id)
    loader = LOADERS[kind](connection, landing, manifest)
    try:
        loader.prepare()
    except DeliveryRefused as refusal:
        raise UserError(str(refusal)) from refusal
    version_after = f"{loader.contract_version} {loader.mapping_version}"
    if version_after in versions:
        raise UserError(
            f"These bytes were loaded already by {version_after}. Mend the mapping file and raise "
            "its version, then replay."
        )
    after = load(connection, landing, manifest)
    reasons = dict(decide(connection, kind))
    return Replay(
        before=BatchResult(batch_id, delivery_id, *counts),
        after=after,
        version_before=version_before,
        version_after=version_after,
        refusal_reason=after.refusal_reason or reasons.get(after.batch_id),
    )
