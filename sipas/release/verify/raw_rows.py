"""Row by row: what the warehouse holds of each batch against what its landed bytes give again."""

from collections.abc import Iterator

import psycopg
from psycopg import sql

from sipas.release.verify.batches import batches_by_table
from sipas.release.verify.compare import cells, differences, primary_keys
from sipas.release.verify.noted import Noted
from sipas.release.verify.report import Check, Difference

# One hash a batch, whatever the order of its rows.
DIGESTS = """
    with rows as (
        select batch_id, sha256(convert_to(whole::text, 'UTF8')) as hash
        from {} as whole where batch_id = any(%s)
    )
    select batch_id, count(*), encode(sha256(string_agg(hash, ''::bytea order by hash)), 'hex')
    from rows group by batch_id
"""
ROWS = "select * from {} as whole where batch_id = %s and {} = any(%s)"
HASH = "sha256(convert_to(whole::text, 'UTF8'))"
# Rows of one batch that differ; more of them say no more.
MOST_ROWS = 200


def check_rows(
    warehouse: psycopg.Connection,
    scratch: psycopg.Connection,
    noted: Noted,
    otherwise: set[int],
    check: Check,
) -> None:
    """Every row of the batches that stand in the scratch warehouse, in all tables of their kind;
    of batches loaded `otherwise` than then, a difference is a limit and no fault."""
    for connection in (warehouse, scratch):
        connection.execute("set timezone to 'UTC'")
    here = {batch_id for (batch_id,) in scratch.execute("select batch_id from audit.batches")}
    for schema, table, batch_ids in tables(noted, here):
        width = count_columns(scratch, schema, table)
        before = digests(warehouse, schema, table, batch_ids)
        after = digests(scratch, schema, table, batch_ids)
        for batch_id in sorted({*before, *after}):
            count = max(before.get(batch_id, (0, ""))[0], after.get(batch_id, (0, ""))[0])
            check.compared += count * width
            if before.get(batch_id) != after.get(batch_id):
                found = batch_differences(warehouse, scratch, (schema, table, batch_id))
                report(f"{schema}.{table}, lô {batch_id}", found, batch_id in otherwise, check)


def tables(noted: Noted, here: set[int]) -> Iterator[tuple[str, str, list[int]]]:
    """Every table with rows of these batches: records, answers, and what was rejected."""
    found = batches_by_table(noted)
    found["raw", "survey_answers"] = found.get(("raw", "survey_forms"), [])
    found["quarantine", "records"] = [batch["batch_id"] for batch in noted.batches]
    for (schema, table), batch_ids in sorted(found.items()):
        if wanted := [batch_id for batch_id in batch_ids if batch_id in here]:
            yield schema, table, wanted


def digests(
    connection: psycopg.Connection, schema: str, table: str, batch_ids: list[int]
) -> dict[int, tuple[int, str]]:
    """Rows and hash of each batch."""
    query = sql.SQL(DIGESTS).format(sql.Identifier(schema, table))
    return {row[0]: row[1:] for row in connection.execute(query, [batch_ids])}


def count_columns(connection: psycopg.Connection, schema: str, table: str) -> int:
    """How many cells a row has."""
    return connection.execute(
        "select count(*) from information_schema.columns "
        "where table_schema = %s and table_name = %s",
        [schema, table],
    ).fetchone()[0]


def report(place: str, found: list[Difference], is_otherwise: bool, check: Check) -> None:
    """Adds the cells of one batch that differ."""
    if is_otherwise:
        check.limits.append(
            f"{place}: {len(found)} ô khác khi nạp lại theo quy tắc nạp hiện nay; không đối chiếu "
            "được từng ô với quy tắc khi ấy."
        )
    elif found:
        check.differences += found
    else:
        check.faults.append(f"{place}: có dòng đứng hai lần.")


def batch_differences(
    warehouse: psycopg.Connection, scratch: psycopg.Connection, place: tuple[str, str, int]
) -> list[Difference]:
    """The cells of one batch in one table that differ between the two."""
    schema, table, batch_id = place
    hashes = [hashes_of(connection, place) for connection in (warehouse, scratch)]
    key = primary_keys(scratch, schema)[table]
    sides = []
    for connection, own, other in ((warehouse, *hashes), (scratch, *hashes[::-1])):
        query = sql.SQL(ROWS).format(sql.Identifier(schema, table), sql.SQL(HASH))
        cursor = connection.execute(query, [batch_id, sorted(own - other)[:MOST_ROWS]])
        columns = [column.name for column in cursor.description]
        sides.append(cells(f"{schema}.{table}", columns, cursor.fetchall(), key))
    return differences(*sides)


def hashes_of(connection: psycopg.Connection, place: tuple[str, str, int]) -> set[bytes]:
    """The hash of each row of one batch in one table."""
    schema, table, batch_id = place
    query = sql.SQL("select {} from {} as whole where batch_id = %s").format(
        sql.SQL(HASH), sql.Identifier(schema, table)
    )
    return {row for (row,) in connection.execute(query, [batch_id])}
