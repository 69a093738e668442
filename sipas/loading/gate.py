"""The raw gate: a loaded batch becomes accepted or refused."""

import psycopg

from expectations.checkpoint import Finding, run_suites
from sipas.loading.method_gate import find_refusals
from sipas.settings import sqlalchemy_url
from sipas.validations import critical_reason, keep

METHOD_CHECK_VI = "Các dòng tạo thành phương pháp nhất quán và không đổi phương pháp đã công bố"


def decide(connection: psycopg.Connection, delivery_kind: str) -> list[tuple[int, str | None]]:
    """Validates every loaded batch of a kind, oldest first, and commits each decision.

    Reference batches are decided together: a method is several files. Returns (batch id, reason
    of refusal or None) of each batch decided.
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
    batch_ids = [batch_id for (batch_id,) in loaded]
    groups = [batch_ids] if delivery_kind == "reference" else [[b] for b in batch_ids]
    return [d for group in groups for d in decide_together(connection, delivery_kind, group)]


def decide_together(
    connection: psycopg.Connection, delivery_kind: str, batch_ids: list[int]
) -> list[tuple[int, str | None]]:
    """Decides the batches in one transaction, so that nobody sees some of them without the rest."""
    url = sqlalchemy_url("SIPAS_INGEST_DATABASE_URL")
    findings = {
        batch_id: run_suites(url, "raw", delivery_kind, {"batch_id": batch_id})
        for batch_id in batch_ids
    }
    reasons = {batch_id: critical_reason(found) for batch_id, found in findings.items()}
    with connection.transaction():
        if delivery_kind == "reference":
            sound = [batch_id for batch_id in batch_ids if reasons[batch_id] is None]
            refusals = find_refusals(connection, sound)
            for batch_id in sound:
                findings[batch_id].append(method_finding(refusals.get(batch_id)))
            reasons |= refusals
        for batch_id, reason in reasons.items():
            keep(connection, "raw", findings[batch_id], batch_id=batch_id)
            connection.execute(
                "update audit.batches set status = %s, refusal_reason = %s, decided_at = now() "
                "where batch_id = %s",
                ["refused" if reason else "accepted", reason, batch_id],
            )
    return list(reasons.items())


def method_finding(refusal: str | None) -> Finding:
    """What the checks of methods say of one batch, to be kept beside the expectations."""
    return Finding(
        suite_name="method_checks",
        expectation_type="rows_make_consistent_methods",
        column_name=None,
        severity="critical",
        is_successful=refusal is None,
        observed=refusal,
        unexpected_count=None,
        description_vi=METHOD_CHECK_VI,
        exception_message=None,
    )
