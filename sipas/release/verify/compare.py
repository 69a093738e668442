"""Cell by cell: frozen rows against recomputed ones."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from sipas.release.content import Content, canonical
from sipas.release.verify.report import Difference

ONLY_NOTED = ("có", "không có")
ONLY_FOUND = ("không có", "có")


@dataclass(frozen=True)
class Cells:
    """The rows of one table in canonical values, by their key."""

    table: str
    columns: list[str]
    rows: dict[tuple, dict[str, Any]]

    @property
    def count(self) -> int:
        """How many cells there are."""
        return len(self.rows) * len(self.columns)


def cells(
    table: str, columns: Sequence[str], rows: Iterable[Sequence], key: Sequence[str]
) -> Cells:
    """Rows by key; a second row of one key stands beside the first, so that it shows."""
    kept: dict[tuple, dict[str, Any]] = {}
    for values in rows:
        row = dict(zip(columns, map(comparable, values), strict=True))
        place = tuple(row[name] for name in key)
        while place in kept:
            place = (*place, "lặp lại")
        kept[place] = row
    return Cells(table, list(columns), kept)


def comparable(value: Any) -> Any:
    """A value in canonical form; lists and objects as their one text."""
    plain = canonical(value)
    if isinstance(plain, dict | list):
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, default=str)
    return plain


def differences(noted: Cells, found: Cells) -> list[Difference]:
    """Every cell that differs; a row that stands on one side only is one difference."""
    made = []
    for key in sorted({*noted.rows, *found.rows}, key=str):
        label = ", ".join("" if part is None else str(part) for part in key)
        before, after = noted.rows.get(key), found.rows.get(key)
        if before is None or after is None:
            sides = ONLY_NOTED if after is None else ONLY_FOUND
            made.append(Difference(noted.table, label, None, *sides))
            continue
        for column in noted.columns:
            if before[column] != after.get(column):
                made.append(
                    Difference(noted.table, label, column, before[column], after.get(column))
                )
    return made


def compare_contents(
    noted: Content, found: Content, keys: Mapping[str, Sequence[str]]
) -> tuple[int, list[Difference]]:
    """How many cells were compared, and those that differ: every mart, every row of a method."""
    count, made = 0, []
    for mart, table in sorted(noted.tables.items()):
        other = found.tables[mart]
        before = cells(mart, table.columns, table.rows, keys[mart])
        after = cells(mart, other.columns, other.rows, keys[mart])
        count += max(before.count, after.count)
        made += differences(before, after)
    for table in sorted({*noted.method_rows, *found.method_rows}):
        before = method_cells(table, noted.method_rows.get(table, []))
        after = method_cells(table, found.method_rows.get(table, []))
        count += max(before.count, after.count)
        made += differences(before, after)
    return count, made


def method_cells(table: str, rows: list[dict]) -> Cells:
    """Frozen rules as cells; a row is known by all its codes, versions and numbers of order."""
    columns = sorted({name for row in rows for name in row})
    key = [
        name
        for name in columns
        if name.endswith(("_code", "_version")) or name in ("figure", "score", "applies_to")
    ]
    return cells(table, columns, ([row.get(name) for name in columns] for row in rows), key)


def primary_keys(connection: psycopg.Connection, schema: str) -> dict[str, list[str]]:
    """The columns of the primary key of every table of a schema."""
    rows = connection.execute(
        """
        select classes.relname, array_agg(attributes.attname::text order by keys.place)
        from pg_constraint as constraints
        inner join pg_class as classes on classes.oid = constraints.conrelid
        cross join lateral unnest(constraints.conkey) with ordinality as keys (number, place)
        inner join pg_attribute as attributes
            on attributes.attrelid = classes.oid and attributes.attnum = keys.number
        where constraints.contype = 'p' and classes.relnamespace = %s::regnamespace
        group by classes.relname
        """,
        [schema],
    )
    return dict(rows.fetchall())


def keys_of_marts(connection: psycopg.Connection) -> dict[str, list[str]]:
    """What a row of each released mart is known by, within one release."""
    return {
        mart: [name for name in key if name != "release_id"]
        for mart, key in primary_keys(connection, "release").items()
    }
