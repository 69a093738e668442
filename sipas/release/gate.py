"""The mart gate: what would be published is looked at before anything is frozen."""

import psycopg

from expectations.checkpoint import run_suites
from sipas.database import connect
from sipas.errors import UserError
from sipas.personal_data.column_gate import check_columns
from sipas.settings import sqlalchemy_url
from sipas.validations import critical_reason, keep


class GateClosed(UserError):
    """A critical expectation failed; the last release stands."""


def check_marts(connection: psycopg.Connection, build_id: int) -> int:
    """Validates the marts of a build, keeps every result, returns the number of warnings.

    Raises GateClosed, in one line, when a critical expectation fails: which one, on which rows,
    and which batches came with the build. The database freezes and publishes nothing of it then.
    """
    findings = run_suites(
        sqlalchemy_url("SIPAS_RELEASE_DATABASE_URL"), "mart", "build", {"build_id": build_id}
    )
    with connect("audit") as auditor:  # who reads every schema that people read
        findings += check_columns(auditor)
    with connection.transaction():
        keep(connection, "mart", findings, build_id=build_id)
    if reason := critical_reason(findings):
        raise GateClosed(
            f"Build {build_id} ({batches_of(connection, build_id)}) is not published; the last "
            f"release stands. {reason}"
        )
    return sum(1 for f in findings if not f.is_successful)


def batches_of(connection: psycopg.Connection, build_id: int) -> str:
    """Which batches a build was the first to consume, in words."""
    count, first, last = connection.execute(
        "select count(*), min(batch_id), max(batch_id) from audit.build_batches "
        "where build_id = %s",
        [build_id],
    ).fetchone()
    if count == 0:
        return "no new batch"
    return f"batch {first}" if count == 1 else f"{count} batches from {first} to {last}"


def newest_build(connection: psycopg.Connection) -> int:
    """The build whose rows stand in the marts; raises UserError when it did not succeed."""
    row = connection.execute(
        "select build_id, status from audit.builds order by build_id desc limit 1"
    ).fetchone()
    if row is None or row[1] != "succeeded":
        raise UserError("The newest build did not succeed: there is nothing to publish.")
    return row[0]
