"""Reads what the gates found from audit: what is open, and the newest runs with their results."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

NEWEST_RUNS = 200


@dataclass(frozen=True)
class Run:
    """One look of a gate at one subject; `run_id` is the id of its first result."""

    run_id: int
    gate: str
    subject: str
    batch_id: int | None
    build_id: int | None
    validated_at: datetime
    result_count: int
    warning_count: int
    critical_count: int
    is_simulated: bool


def open_findings(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """What fails now, critical first, oldest first, with owner, age and whether it is new."""
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute(
        """
        select expectation_id, subject, gate, severity, description_vi, description_en, owner_vi,
            unexpected_count, sample_keys, exception_message, batch_id, build_id, failing_since,
            age_days, failed_run_count, is_new_since_last_run, data_nature
        from audit.open_findings
        order by severity, failing_since, subject, expectation_id
        """
    ).fetchall()


def newest_runs(connection: psycopg.Connection) -> list[Run]:
    """The newest runs of both gates, newest first."""
    cursor = connection.cursor(row_factory=class_row(Run))
    return cursor.execute(
        """
        with runs as (
            select min(validation_id) as run_id, gate, subject, batch_id, build_id, validated_at,
                count(*) as result_count,
                count(*) filter (where not is_successful and severity = 'warning')
                    as warning_count,
                count(*) filter (where not is_successful and severity = 'critical')
                    as critical_count
            from audit.validations
            group by gate, subject, batch_id, build_id, validated_at
            order by validated_at desc, run_id desc limit %s
        )
        select runs.*, exists (
            select from audit.batches as batches
            inner join audit.deliveries as deliveries using (delivery_id)
            where deliveries.data_nature = 'simulated' and (
                batches.batch_id = runs.batch_id
                or runs.batch_id is null and batches.status = 'accepted'
            )
        ) as is_simulated
        from runs order by validated_at desc, run_id desc
        """,
        [NEWEST_RUNS],
    ).fetchall()


def results_of(connection: psycopg.Connection, run: Run) -> list[dict[str, Any]]:
    """Every result of a run, in the order in which it was written."""
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute(
        """
        select * from audit.validations
        where subject = %s and gate = %s and validated_at = %s order by validation_id
        """,
        [run.subject, run.gate, run.validated_at],
    ).fetchall()
