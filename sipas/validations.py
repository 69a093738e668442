"""Keeps the result of every expectation in audit.validations; both gates use it."""

import json
from collections.abc import Iterable

import psycopg

from expectations.checkpoint import Finding

NOBODY_VI = "Chưa giao đơn vị phụ trách"
OWNER_IS_THE_SOURCE = "source"
# Rows named in one line of a refusal; the others stand in audit.validations.
NAMED_ROWS = 2


def keep(
    connection: psycopg.Connection,
    gate: str,
    findings: Iterable[Finding],
    *,
    batch_id: int | None = None,
    build_id: int | None = None,
) -> None:
    """Writes one row an expectation, about a batch (raw gate) or a build (mart gate).

    All rows of a run have the same validated_at: a run is told by it. It is the clock's, since a
    transaction that began before another run would make this one look older.
    """
    (validated_at,) = connection.execute("select clock_timestamp()").fetchone()
    subject, source_code = subject_of(connection, batch_id)
    owners = owners_of_sources(connection)
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into audit.validations (
                gate, batch_id, build_id, subject, suite_name, expectation_id, expectation_type,
                column_name, severity, is_successful, observed, unexpected_count, judged_count,
                sample_keys, limits, description_vi, description_en, owner_vi, note_vi,
                exception_message, validated_at
            ) values (
                %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
            )
            """,
            [
                (
                    gate,
                    batch_id,
                    build_id,
                    subject,
                    f.suite_name,
                    f.expectation_id,
                    f.expectation_type,
                    f.column_name,
                    f.severity,
                    f.is_successful,
                    as_json(f.observed),
                    f.unexpected_count,
                    f.judged_count,
                    as_json(f.sample_keys),
                    as_json(f.limits),
                    f.description_vi,
                    f.description_en,
                    owner_of(f, source_code, owners),
                    f.note_vi,
                    f.exception_message,
                    validated_at,
                )
                for f in findings
            ],
        )


def as_json(value: object) -> str:
    """A value as JSON; numbers of the database and dates as they print."""
    return json.dumps(value, default=str, ensure_ascii=False)


def subject_of(connection: psycopg.Connection, batch_id: int | None) -> tuple[str, str | None]:
    """What a run is about, the same from run to run, and the source it came from: one-stop
    deliveries of a source follow each other, a file follows the file that it replaces."""
    if batch_id is None:
        return "marts", None
    return connection.execute(
        """
        select case when delivery_kind in ('dossiers', 'feedback')
            then source_code || '/' || delivery_kind else lot_key end, source_code
        from audit.batches inner join audit.deliveries using (delivery_id) where batch_id = %s
        """,
        [batch_id],
    ).fetchone()


def owners_of_sources(connection: psycopg.Connection) -> dict[str, str]:
    """Who mends what a source sends, by source; rows of single agencies are for work lists."""
    return dict(
        connection.execute(
            """
            select source_code, owner_vi from reference.source_owners
            where agency_code = '*' and batch_id in (select batch_id from audit.current_batches)
            """
        ).fetchall()
    )


def owner_of(finding: Finding, source_code: str | None, owners: dict[str, str]) -> str:
    """Who mends it: named by the suite, or the owner of the source that it is about."""
    if finding.owner_vi != OWNER_IS_THE_SOURCE:
        return finding.owner_vi
    named = [row["source_code"] for row in finding.sample_keys if row.get("source_code")]
    return owners.get(source_code or (named[0] if named else ""), NOBODY_VI)


def critical_reason(findings: Iterable[Finding]) -> str | None:
    """One line that says which critical expectations failed, on which rows, and what was seen;
    None if none."""
    failed = [f for f in findings if f.severity == "critical" and not f.is_successful]
    return "; ".join(map(told, failed)) or None


def told(finding: Finding) -> str:
    """A failed expectation in words."""
    what = f"{finding.expectation_id}: {finding.description_vi}"
    if finding.exception_message:
        return f"{what} ({finding.exception_message})".replace("\n", " ")
    seen = f"thấy {finding.observed}"
    if finding.sample_keys:
        rows = (
            ", ".join(f"{name} {value}" for name, value in row.items() if value is not None)
            for row in finding.sample_keys[:NAMED_ROWS]
        )
        seen = f"ví dụ: {' | '.join(rows)}"
    return f"{what} ({finding.unexpected_count or 0} dòng sai, {seen})"
