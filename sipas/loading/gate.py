"""The raw gate: a loaded batch becomes accepted or refused."""

import psycopg

from expectations.checkpoint import run_suites
from sipas.settings import sqlalchemy_url
from sipas.validations import critical_reason, keep


def decide(connection: psycopg.Connection, delivery_kind: str) -> list[tuple[int, str | None]]:
    """Validates every loaded batch of a kind, oldest first, and commits each decision.

    Returns (batch id, reason of refusal or None) of each batch decided.
    """
    loaded = connection.execute(
        """
        select batches.batch_id
        from audit.batches as batches
        inner join audit.deliveries as deliveries using (delivery_id)
        where batches.status = 'loaded' and deliveries.delivery_kind = %s
        order by batches.batch_id
        """,
        [delivery_kind],
    ).fetchall()
    decided = []
    for (batch_id,) in loaded:
        findings = run_suites(
            sqlalchemy_url("SIPAS_INGEST_DATABASE_URL"),
            "raw",
            delivery_kind,
            {"batch_id": batch_id},
        )
        reason = critical_reason(findings)
        with connection.transaction():
            keep(connection, "raw", findings, batch_id=batch_id)
            connection.execute(
                "update audit.batches set status = %s, refusal_reason = %s, decided_at = now() "
                "where batch_id = %s",
                ["refused" if reason else "accepted", reason, batch_id],
            )
        decided.append((batch_id, reason))
    return decided
