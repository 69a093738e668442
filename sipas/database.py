"""Connections to the warehouse, one role a room."""

from collections.abc import Iterable, Sequence

import psycopg
from psycopg import sql

from sipas.settings import required


def connect(role: str, *, autocommit: bool = False) -> psycopg.Connection:
    """A connection as `role` ('ingest', 'transform', 'release', 'audit', 'lineage').

    As a context manager it commits at the end, or rolls back when the block raises.
    """
    url = required(f"SIPAS_{role.upper()}_DATABASE_URL")
    return psycopg.connect(
        url, autocommit=autocommit, application_name=f"sipas {role}", connect_timeout=10
    )


def copy_rows(
    connection: psycopg.Connection,
    schema: str,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence],
) -> int:
    """COPYs rows into a table; returns how many."""
    statement = copy_statement(schema, table, columns)
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def copy_statement(schema: str, table: str, columns: Sequence[str]) -> sql.Composed:
    """`copy … from stdin` for columns of a table."""
    return sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(schema, table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )


def copy_text(value: object) -> str:
    """A value as COPY's text format writes it."""
    if value is None:
        return "\\N"
    escapes = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
    return str(value).translate(str.maketrans(escapes))


def copy_lines(
    connection: psycopg.Connection,
    schema: str,
    table: str,
    columns: Sequence[str],
    lines: Iterable[str | bytes],
) -> None:
    """COPYs rows that are written already in COPY's text format (`copy_text`, tabs, newlines)."""
    statement = copy_statement(schema, table, columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for line in lines:
            copy.write(line)
