"""Row by row: what the warehouse holds of each batch against what its landed bytes give again."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from sipas.release.verify.batches import batches_by_table
from sipas.release.verify.compare import cells, differences, primary_keys
from sipas.release.verify.noted import Noted
from sipas.release.verify.report import Check, Difference

HASH = "sha256(convert_to((to_jsonb(whole) - %(without)s::text[])::text, 'UTF8'))"
DIGEST = """
    with rows as (
        select {distinct} {hash} as hash from {table} as whole where batch_id = any(%(batches)s)
    )
    select count(*), encode(sha256(string_agg(hash, ''::bytea order by hash)), 'hex') from rows
"""
HASHES = "select {hash} from {table} as whole where batch_id = any(%(batches)s)"
ROWS = """
    select to_jsonb(whole) - %(without)s::text[] from {table} as whole
    where batch_id = any(%(batches)s) and {hash} = any(%(hashes)s)
"""
# Rows of one place that differ; of more than these only the number is told.
MOST_ROWS = 1_000
# The hash of a version covers the person, who is not in a copy: what is a repeat of which, and
# which batch holds it, can be another then, the version itself cannot.
NOT_OF_COPIES = ["record_sha256", "batch_id", "position"]


@dataclass(frozen=True)
class Place:
    """Rows of a table that are compared together: of one batch, or of all batches of a kind of
    which a delivery is a copy."""

    schema: str
    table: str
    batch_ids: list[int]
    is_of_copies: bool

    @property
    def label(self) -> str:
        """What the report calls it."""
        whose = "các lô có bản sao" if self.is_of_copies else f"lô {self.batch_ids[0]}"
        return f"{self.schema}.{self.table}, {whose}"

    @property
    def without(self) -> list[str]:
        """The columns that are not compared."""
        return NOT_OF_COPIES if self.is_of_copies else []

    def query(self, text: str, connection: psycopg.Connection, **more) -> list[tuple]:
        """The rows of one of the queries above."""
        composed = sql.SQL(text).format(
            hash=sql.SQL(HASH),
            table=sql.Identifier(self.schema, self.table),
            distinct=sql.SQL("distinct" if self.is_of_copies else ""),
        )
        parameters = {"without": self.without, "batches": self.batch_ids} | more
        return connection.execute(composed, parameters).fetchall()


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
    for place in places(noted, here):
        (before,), (after,) = place.query(DIGEST, warehouse), place.query(DIGEST, scratch)
        check.compared += max(before[0], after[0]) * count_columns(scratch, place)
        if before != after:
            is_otherwise = bool(otherwise.intersection(place.batch_ids))
            report(warehouse, scratch, place, is_otherwise, check)


def places(noted: Noted, here: set[int]) -> Iterator[Place]:
    """Every table with rows of these batches: records, answers, and what was rejected."""
    found = batches_by_table(noted)
    found["raw", "survey_answers"] = found.get(("raw", "survey_forms"), [])
    found["quarantine", "records"] = [batch["batch_id"] for batch in noted.batches]
    copied = {row["batch_id"] for row in noted.batches if row["delivery_id"] in noted.copies}
    for (schema, table), batch_ids in sorted(found.items()):
        wanted = [batch_id for batch_id in batch_ids if batch_id in here]
        if table in ("dossiers", "feedback") and copied.intersection(wanted):
            yield Place(schema, table, wanted, True)
        else:
            yield from (Place(schema, table, [batch_id], False) for batch_id in wanted)


def count_columns(connection: psycopg.Connection, place: Place) -> int:
    """How many cells of a row are compared."""
    (count,) = connection.execute(
        "select count(*) from information_schema.columns "
        "where table_schema = %s and table_name = %s",
        [place.schema, place.table],
    ).fetchone()
    return count - len(place.without)


def report(
    warehouse: psycopg.Connection,
    scratch: psycopg.Connection,
    place: Place,
    is_otherwise: bool,
    check: Check,
) -> None:
    """Adds what differs in one place."""
    before, after = ({row for (row,) in place.query(HASHES, c)} for c in (warehouse, scratch))
    count = max(len(before - after), len(after - before))
    if is_otherwise:
        check.limits.append(
            f"{place.label}: {count} dòng khác khi nạp lại theo quy tắc nạp hiện nay; không đối "
            "chiếu được từng ô với quy tắc khi ấy."
        )
    elif 0 < count <= MOST_ROWS:
        check.differences += cell_differences(warehouse, scratch, place, before, after)
    elif count:
        check.faults.append(f"{place.label}: {count} dòng khác với tệp gốc.")
    else:
        check.faults.append(f"{place.label}: có dòng đứng hai lần.")


def cell_differences(
    warehouse: psycopg.Connection,
    scratch: psycopg.Connection,
    place: Place,
    before: set[bytes],
    after: set[bytes],
) -> list[Difference]:
    """The cells of one place that differ between the two."""
    key = [
        name
        for name in primary_keys(scratch, place.schema)[place.table]
        if name not in place.without
    ]
    key += ["source_updated_at"] if place.is_of_copies else []
    sides = []
    for connection, hashes in ((warehouse, before - after), (scratch, after - before)):
        rows = [row for (row,) in place.query(ROWS, connection, hashes=list(hashes))]
        columns = sorted(rows[0]) if rows else []
        values = ([row[name] for name in columns] for row in rows)
        sides.append(cells(f"{place.schema}.{place.table}", columns, values, key))
    return differences(*sides)
