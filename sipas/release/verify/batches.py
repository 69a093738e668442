"""Batches: every accepted one went through the raw gate, and its rows are as many as it says."""

from collections import defaultdict

import psycopg
from psycopg import sql

from sipas.release.verify.noted import Noted, Row
from sipas.release.verify.report import Check

# Where the loaded records of a kind of delivery stand; those of a reference delivery stand in
# the table that it names.
RECORDS = {
    "dossiers": (("raw", "dossiers"), ("raw", "dossier_removals")),
    "feedback": (("raw", "feedback"),),
    "survey_forms": (("raw", "survey_forms"),),
}


def check_gate(noted: Noted, check: Check) -> None:
    """Every batch that the build consumed was validated before it was accepted, and passed."""
    validations = defaultdict(list)
    for row in noted.validations:
        if row["gate"] == "raw":
            validations[row["batch_id"]].append(row)
    for batch in noted.batches:
        if batch["batch_id"] in noted.consumed:
            check.compared += 1
            check.faults += gate_faults(batch, validations[batch["batch_id"]])


def gate_faults(batch: Row, validations: list[Row]) -> list[str]:
    """What is wrong with the way one batch came through the gate."""
    name = f"Lô {batch['batch_id']} ({batch['delivery_id']})"
    before = [row for row in validations if row["validated_at"] <= (batch["decided_at"] or "")]
    critical = [row for row in before if row["severity"] == "critical"]
    failed = [row for row in critical if not row["is_successful"]]
    faults = []
    if batch["status"] != "accepted":
        faults.append(f"{name}: lượt tính đã dùng, nhưng trạng thái là {batch['status']}.")
    if not critical:
        faults.append(
            f"{name}: được chấp nhận mà trước đó không có kết quả kiểm tra nào của cổng nạp (chấp "
            "nhận bằng tay)."
        )
    if failed:
        faults.append(f"{name}: được chấp nhận dù «{failed[0]['description_vi']}» không đạt.")
    return faults


def check_counts(connection: psycopg.Connection, noted: Noted, check: Check) -> None:
    """received = loaded + unchanged + quarantined, and so many rows stand in raw, reference and
    quarantine."""
    loaded, quarantined = loaded_counts(connection, noted), quarantined_counts(connection, noted)
    for batch in noted.batches:
        check.compared += 1
        batch_id = batch["batch_id"]
        name = f"Lô {batch_id} ({batch['delivery_id']})"
        parts = [batch[f"{part}_count"] for part in ("loaded", "unchanged", "quarantined")]
        if batch["received_count"] != sum(parts):
            check.faults.append(
                f"{name}: nhận {batch['received_count']}, nhưng nạp + không đổi + bị loại là "
                f"{sum(parts)}."
            )
        for what, found, wanted in (
            ("dòng đã nạp", loaded.get(batch_id, 0), parts[0]),
            ("bản ghi bị loại", quarantined.get(batch_id, 0), parts[2]),
        ):
            if found != wanted:
                check.faults.append(f"{name}: ghi {wanted} {what}, trong kho có {found}.")


def tables_of(delivery: Row) -> tuple[tuple[str, str], ...]:
    """Schema and name of the tables that hold the loaded records of a delivery."""
    if delivery["delivery_kind"] == "reference":
        return (("reference", delivery["subject_code"]),)
    return RECORDS[delivery["delivery_kind"]]


def batches_by_table(noted: Noted) -> dict[tuple[str, str], list[int]]:
    """Which batches have their records in which table; a refused delivery has none anywhere."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for batch in noted.batches:
        if batch["status"] != "refused" or batch["received_count"] > 0:
            for table in tables_of(noted.delivery_of(batch)):
                found[table].append(batch["batch_id"])
    return found


def loaded_counts(connection: psycopg.Connection, noted: Noted) -> dict[int, int]:
    """How many records of each batch stand in the tables of its kind."""
    counts: dict[int, int] = defaultdict(int)
    for (schema, table), batch_ids in batches_by_table(noted).items():
        query = sql.SQL(
            "select batch_id, count(*) from {} where batch_id = any(%s) group by batch_id"
        ).format(sql.Identifier(schema, table))
        for batch_id, count in connection.execute(query, [batch_ids]):
            counts[batch_id] += count
    return counts


def quarantined_counts(connection: psycopg.Connection, noted: Noted) -> dict[int, int]:
    """How many records of each batch stand in quarantine, however many reasons each has."""
    rows = connection.execute(
        "select batch_id, count(distinct position) from quarantine.records "
        "where batch_id = any(%s) group by batch_id",
        [[batch["batch_id"] for batch in noted.batches]],
    )
    return dict(rows.fetchall())
