"""From which columns a column comes, step by step, out of audit.column_lineage."""

from dataclasses import dataclass
from datetime import datetime

import psycopg

from sipas.errors import UserError


@dataclass(frozen=True)
class Step:
    """`column` is made of `from_column`, `depth` steps back from the column asked for."""

    depth: int
    column: str
    from_column: str


@dataclass(frozen=True)
class ColumnTree:
    """The way of one column back, in the order of a tree; told by the newest run that made it."""

    column: str
    steps: list[Step]
    event_id: str
    job_name: str
    told_at: datetime


def column_tree(
    connection: psycopg.Connection, column: str, depth: int | None = None
) -> ColumnTree:
    """The way of `column` (schema.table.column) back, at most `depth` steps.

    A column that was met before is named and not followed again. Raises UserError when no event
    tells of the column, naming the columns of its table that events know.
    """
    table, _, name = column.rpartition(".")
    told = connection.execute(
        """
        select events.event_id, events.job_name, events.event_time
        from audit.lineage_tables as tables
        inner join audit.lineage_events as events using (event_id)
        where tables.table_name = %s and tables.fields ? %s
        """,
        [table, name],
    ).fetchone()
    if told is None:
        raise UserError(unknown(connection, table, name))
    sources: dict[str, list[str]] = {}
    for of, made_of in connection.execute(
        """
        select table_name || '.' || column_name, from_table_name || '.' || from_column_name
        from audit.column_lineage order by 1, 2
        """
    ):
        sources.setdefault(of, []).append(made_of)
    steps: list[Step] = []
    follow(column, sources, depth, 1, steps, {column})
    return ColumnTree(column, steps, *told)


def follow(
    column: str,
    sources: dict[str, list[str]],
    depth: int | None,
    level: int,
    steps: list[Step],
    met: set[str],
) -> None:
    """Adds the steps behind a column, each followed by its own."""
    for made_of in sources.get(column, ()):
        steps.append(Step(level, column, made_of))
        if made_of not in met and (depth is None or level < depth):
            met.add(made_of)
            follow(made_of, sources, depth, level + 1, steps, met)


def unknown(connection: psycopg.Connection, table: str, name: str) -> str:
    """Why nothing is known of a column, and what there is instead."""
    known = connection.execute(
        """
        select string_agg(field, ', ' order by field)
        from audit.lineage_tables cross join lateral jsonb_object_keys(fields) as field
        where table_name = %s
        """,
        [table],
    ).fetchone()[0]
    if known:
        return f"No event tells of a column {name} of {table}; it has {known}."
    return (
        f"No event tells how {table or 'that'} was made. Name it as schema.table.column; events "
        "come with every build (build_warehouse)."
    )
