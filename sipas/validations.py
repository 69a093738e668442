"""Keeps the result of every expectation in audit.validations; both gates use it."""

import json
from collections.abc import Iterable

import psycopg

from expectations.checkpoint import Finding


def keep(
    connection: psycopg.Connection,
    gate: str,
    findings: Iterable[Finding],
    *,
    batch_id: int | None = None,
    build_id: int | None = None,
) -> None:
    """Writes one row an expectation, about a batch (raw gate) or a build (mart gate)."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into audit.validations (
                gate, batch_id, build_id, suite_name, expectation_type, column_name, severity,
                is_successful, observed, unexpected_count, description_vi, exception_message
            ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                (
                    gate,
                    batch_id,
                    build_id,
                    f.suite_name,
                    f.expectation_type,
                    f.column_name,
                    f.severity,
                    f.is_successful,
                    json.dumps(f.observed, default=str),
                    f.unexpected_count,
                    f.description_vi,
                    f.exception_message,
                )
                for f in findings
            ],
        )


def critical_reason(findings: Iterable[Finding]) -> str | None:
    """One line that says which critical expectations failed and what was seen; None if none."""
    failed = [f for f in findings if f.severity == "critical" and not f.is_successful]
    if not failed:
        return None
    return "; ".join(
        f"{f.suite_name}: {f.description_vi} "
        f"({f.exception_message or f'{f.unexpected_count or 0} dòng sai, thấy {f.observed}'})"
        for f in failed
    )
