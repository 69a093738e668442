"""Which loaded reference batches would make an inconsistent method, or change a used one.

A method is several files. The check looks at the state that would be current: the accepted
batches, replaced by the loaded ones of the same lot.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

import psycopg
from psycopg import sql

from sipas.survey.frozen_methods import Frozen, find_changes
from sipas.survey.method_checks import find_problems
from sipas.survey.reference_rows import KEYS, Problem, Row

# More lines than this do not help whoever mends the file.
SHOWN = 5


@dataclass(frozen=True)
class Batch:
    """One batch of a table of KEYS."""

    batch_id: int
    lot_key: str
    table: str
    file_name: str
    is_loaded: bool


def find_refusals(connection: psycopg.Connection, batch_ids: Collection[int]) -> dict[int, str]:
    """The reason, in Vietnamese, of each of the loaded batches that must be refused.

    The batch with the wrong row is refused; then the rest is looked at again, so that what cannot
    stand without it is refused too, naming it: half a method never becomes current. A wrong row
    that was accepted before is the fault of the loaded batches about the same method or round.
    """
    batches = read_batches(connection, batch_ids)
    if not any(batch.is_loaded for batch in batches):
        return {}
    rows = read_rows(connection, batches)
    frozen = read_frozen(connection)
    subjects = subjects_of(batches, rows)
    lots = {batch.batch_id: batch.lot_key for batch in batches}
    former = tables_of(newest_of_lot(batches, batch_ids), rows)
    refused: dict[int, str] = {}
    first: list[Batch] = []
    while True:
        standing = newest_of_lot(batches, refused)
        tables = tables_of(standing, rows)
        problems = [*find_problems(tables), *find_changes(frozen, tables, former)]
        blamed = blame(problems, standing, lots, subjects)
        if not blamed:
            return refused
        for batch_id, found in blamed.items():
            before = [b.file_name for b in first if subjects[b.batch_id] & subjects[batch_id]]
            refused[batch_id] = reason(found, before)
        first = first or [batch for batch in standing if batch.batch_id in blamed]


def read_batches(connection: psycopg.Connection, batch_ids: Collection[int]) -> list[Batch]:
    """The current and the given batches of the tables of KEYS, oldest first."""
    found = connection.execute(
        """
        select batches.batch_id, deliveries.lot_key, deliveries.subject_code,
            deliveries.file_name, batches.batch_id = any(%(loaded)s)
        from audit.batches as batches
        inner join audit.deliveries as deliveries using (delivery_id)
        where deliveries.delivery_kind = 'reference' and deliveries.subject_code = any(%(tables)s)
        and (
            batches.batch_id = any(%(loaded)s)
            or batches.batch_id in (select batch_id from audit.current_batches)
        )
        order by batches.batch_id
        """,
        {"loaded": list(batch_ids), "tables": list(KEYS)},
    )
    return [Batch(*row) for row in found]


def read_rows(connection: psycopg.Connection, batches: list[Batch]) -> dict[int, list[Row]]:
    """The rows of each batch; a row's position is its line below the header."""
    names = {batch.batch_id: batch.file_name for batch in batches}
    rows: dict[int, list[Row]] = defaultdict(list)
    for table in KEYS:
        query = sql.SQL(
            "select batch_id, position, to_jsonb(rows) - 'batch_id' - 'position' "
            "from {} as rows where batch_id = any(%s) order by batch_id, position"
        ).format(sql.Identifier("reference", table))
        for batch_id, position, values in connection.execute(query, [list(names)]):
            rows[batch_id].append(Row(table, names[batch_id], position + 1, values, batch_id))
    return rows


def read_frozen(connection: psycopg.Connection) -> list[tuple[str, Frozen]]:
    """Release id and method rows of every release that was approved."""
    return connection.execute(
        "select release_id, method_rows from audit.frozen_methods order by release_id"
    ).fetchall()


def newest_of_lot(batches: list[Batch], without: Collection[int]) -> list[Batch]:
    """The batches that would be current, if those of `without` did not exist."""
    newest = {batch.lot_key: batch for batch in batches if batch.batch_id not in without}
    return list(newest.values())


def tables_of(standing: list[Batch], rows: dict[int, list[Row]]) -> dict[str, list[Row]]:
    """The rows of a state by table."""
    tables: dict[str, list[Row]] = defaultdict(list)
    for batch in standing:
        tables[batch.table] += rows.get(batch.batch_id, [])
    return tables


def subjects_of(batches: list[Batch], rows: dict[int, list[Row]]) -> dict[int, set[str]]:
    """The methods and rounds that each batch speaks of, or the batch that it would replace."""
    by_lot: dict[str, set[str]] = defaultdict(set)
    for batch in batches:
        for row in rows.get(batch.batch_id, []):
            by_lot[batch.lot_key] |= row.subjects
    return {batch.batch_id: by_lot[batch.lot_key] for batch in batches}


def blame(
    problems: list[Problem],
    standing: list[Batch],
    lots: dict[int, str],
    subjects: dict[int, set[str]],
) -> dict[int, list[Problem]]:
    """The problems by the loaded batch at fault: the one that holds the wrong row or replaces the
    one that held it; when there is none, those that speak of the same method or round (first of
    the same table)."""
    loaded = {batch.lot_key: batch for batch in standing if batch.is_loaded}
    blamed: dict[int, list[Problem]] = defaultdict(list)
    for problem in problems:
        batch = loaded.get(lots[problem.row.batch_id])
        if batch is not None:
            blamed[batch.batch_id].append(problem)
    if blamed:
        return blamed
    for problem in problems:
        near = [b for b in loaded.values() if subjects[b.batch_id] & problem.row.subjects]
        same_table = [b for b in near if b.table == problem.row.table]
        for batch in same_table or near:
            blamed[batch.batch_id].append(problem)
    return blamed


def reason(problems: list[Problem], before: list[str]) -> str:
    """One line: the wrong rows, and after whose refusal they became wrong."""
    shown = [str(problem) for problem in problems[:SHOWN]]
    if len(problems) > SHOWN:
        shown.append(f"và {len(problems) - SHOWN} dòng khác")
    after = f" (sau khi {', '.join(before)} bị từ chối; sửa tệp đó trước)" if before else ""
    return " ".join(shown) + after
