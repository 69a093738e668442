"""The raw gate: a loaded batch becomes accepted or refused."""

from math import ceil

import psycopg

from expectations.checkpoint import Finding, run_suites
from sipas.loading.method_gate import find_refusals
from sipas.loading.profiles import write_profile
from sipas.settings import sqlalchemy_url
from sipas.sources.configuration import (
    DEFAULT_REJECT_THRESHOLD,
    DEFAULT_STALE_HOURS,
    source_by_code,
)
from sipas.validations import OWNER_IS_THE_SOURCE, critical_reason, keep

ONE_STOP_KINDS = ("dossiers", "feedback")
# What may be quarantined of a delivery that is not of a one-stop system.
FILES_REJECT_THRESHOLD = 0.2
LIMIT_COLUMN = "quarantined_share_above_limit"
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
    # The suites read the profiles over a connection of their own.
    with connection.transaction():
        for batch_id in batch_ids:
            write_profile(connection, delivery_kind, batch_id)
    findings = {
        batch_id: run_suites(url, "raw", delivery_kind, parameters_of(connection, batch_id))
        for batch_id in batch_ids
    }
    reasons = {
        batch_id: explained(connection, batch_id, found) for batch_id, found in findings.items()
    }
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
                "update audit.batches set status = %s, refusal_reason = %s, "
                "decided_at = clock_timestamp() where batch_id = %s",
                ["refused" if reason else "accepted", reason, batch_id],
            )
    return list(reasons.items())


def parameters_of(connection: psycopg.Connection, batch_id: int) -> dict[str, float]:
    """What the suites ask of a batch: its id, which share of it may be quarantined, and for how
    many working days its source may have nothing new."""
    kind, source_code = connection.execute(
        "select delivery_kind, source_code from audit.deliveries "
        "inner join audit.batches using (delivery_id) where batch_id = %s",
        [batch_id],
    ).fetchone()
    threshold, stale_hours = FILES_REJECT_THRESHOLD, DEFAULT_STALE_HOURS
    if kind in ONE_STOP_KINDS:
        source = source_by_code(source_code)
        threshold = source.reject_threshold if source else DEFAULT_REJECT_THRESHOLD
        stale_hours = source.stale_hours if source else DEFAULT_STALE_HOURS
    return {
        "batch_id": batch_id,
        "reject_threshold": threshold,
        "stale_days": ceil(stale_hours / 24),
    }


def explained(connection: psycopg.Connection, batch_id: int, findings: list[Finding]) -> str | None:
    """Why the batch is refused; when too much of it is quarantined, with the field that broke the
    contract most often. None when it is not refused."""
    reason = critical_reason(findings)
    if reason is None or all(f.is_successful for f in findings if f.column_name == LIMIT_COLUMN):
        return reason
    field, field_reason, count, received = connection.execute(
        """
        select records.field, min(records.reason_vi), count(distinct records.position),
            min(batches.received_count)
        from quarantine.records as records
        inner join audit.batches as batches using (batch_id)
        where batch_id = %s
        group by records.field order by 3 desc, 1 limit 1
        """,
        [batch_id],
    ).fetchone()
    return (
        f"{reason}; nhiều nhất ở trường «{field}»: {count} trên {received} bản ghi, ví dụ: "
        f"{field_reason} Đề nghị hệ thống nguồn kiểm tra, hoặc sửa bảng ánh xạ rồi nạp lại."
    )


def method_finding(refusal: str | None) -> Finding:
    """What the checks of methods say of one batch, to be kept beside the expectations."""
    return Finding(
        expectation_id="method_checks.rows_make_consistent_methods",
        suite_name="method_checks",
        expectation_type="rows_make_consistent_methods",
        severity="critical",
        is_successful=refusal is None,
        observed=refusal,
        unexpected_count=None,
        description_vi=METHOD_CHECK_VI,
        description_en="The rows make a consistent method and change no published one",
        owner_vi=OWNER_IS_THE_SOURCE,
    )
