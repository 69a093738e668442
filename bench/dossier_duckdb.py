"""The counts of scorecards reckoned in DuckDB from the rows of raw, under the rule `portal`.

Assumes what the benchmark's records keep: one source, an appointment wherever a dossier was
received, at most one request for supplements.
"""

import time
from pathlib import Path
from typing import Any

import duckdb

from sipas.local.scratch import Warehouse

COUNTS_SQL = Path(__file__).with_name("dossier_counts.sql")
KEY = ["agency_code", "period_type", "period_start", "breakdown", "breakdown_value"]
COUNTS = [
    *("carried_in_count", "received_count", "finished_early_count", "finished_on_time_count"),
    *("finished_late_count", "in_progress_on_time_count", "in_progress_overdue_count"),
    *("refused_count", "withdrawn_count", "late_notice_count", "apology_count"),
    *("online_count", "postal_count", "online_payment_count", "median_working_days"),
]
ROWS = """
select agency_code, dossier_code, batch_id, position, field_code, channel, status,
    source_updated_at, submitted_at, received_at, due_at, processed_at, returned_at, refused_at,
    late_notice_at, online_payment, is_postal_return, is_interlinked,
    (supplements -> 0 ->> 'requested_at')::timestamptz as asked_at,
    (supplements -> 0 ->> 'arrived_at')::timestamptz as arrived_at,
    (supplements -> 0 ->> 'due_after_at')::timestamptz as due_after_at,
    (apologies -> 0 ->> 'issued_on')::date as apologised_on
from raw.dossiers
"""
STANDING = f"select {', '.join(KEY + COUNTS)} from intermediate.int_agency_period_counts"  # noqa: S608


def differences(warehouse: Warehouse, folder: Path) -> tuple[float, list[tuple]]:
    """Seconds that DuckDB takes, reading its files included, and the rows that differ."""
    as_of = warehouse.value("select as_of_at from intermediate.int_dossier_build")
    rows, days, standing = (folder / f"{name}.csv" for name in ("rows", "days", "standing"))
    write_csv(warehouse, rows, ROWS)
    write_csv(warehouse, days, "select day_on, working_day_number from reference.calendar_days")
    write_csv(warehouse, standing, STANDING)
    with duckdb.connect(config={"memory_limit": "8GB", "temp_directory": str(folder)}) as database:
        started = time.perf_counter()
        reckon(database, rows, days, as_of)
        seconds = time.perf_counter() - started
        return seconds, compare(database, standing)


def write_csv(warehouse: Warehouse, path: Path, query: str) -> None:
    """What a query gives, as a file with a header."""
    with warehouse.connect() as owner, path.open("wb") as file:
        owner.execute("set timezone = 'UTC'")
        with owner.cursor().copy(f"copy ({query}) to stdout csv header") as copy:
            file.writelines(copy)


def reckon(database: duckdb.DuckDBPyConnection, rows: Path, days: Path, as_of: Any) -> None:
    """The table `reckoned`: a row an agency, period and breakdown value."""
    query = COUNTS_SQL.read_text(encoding="utf-8")
    files = {"rows": str(rows), "days": str(days)}
    database.execute(f"create table reckoned as {query}", files | {"as_of": as_of})


def compare(database: duckdb.DuckDBPyConnection, standing: Path) -> list[tuple]:
    """The rows that only one side has; numbers are compared as numbers."""
    columns = ", ".join(
        [*(f"cast({name} as varchar) as {name}" for name in KEY)]
        + [f"cast({name} as double) as {name}" for name in COUNTS]
    )
    built = database.read_csv(str(standing), header=True, all_varchar=True).project(columns)
    reckoned = database.table("reckoned").project(columns)
    return [*reckoned.except_(built).fetchall(), *built.except_(reckoned).fetchall()]
