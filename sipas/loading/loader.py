"""What every loader has: the delivery, its counts, and the way rows enter the database."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from sipas.contracts.rejection import Rejection
from sipas.landing import Manifest, read_object


class Loader(ABC):
    """Loads one kind of delivery; `sipas.loading.batches` calls prepare, then load."""

    contract_version: str
    mapping_version: str = "none"

    def __init__(self, connection: psycopg.Connection, landing: Path, manifest: Manifest) -> None:
        self.connection = connection
        self.landing = landing
        self.manifest = manifest
        self.received_count = 0
        self.loaded_count = 0
        self.unchanged_count = 0
        self.rejections: list[Rejection] = []

    @abstractmethod
    def prepare(self) -> None:
        """Reads what the load needs; raises NotReady or DeliveryRefused."""

    @abstractmethod
    def load(self, batch_id: int) -> None:
        """Copies good records and collects rejections; raises DeliveryRefused."""

    def bodies(self) -> Iterable[tuple[str, bytes]]:
        """Name and bytes of each landed object, hashes checked."""
        for item in self.manifest.objects:
            yield item.name, read_object(self.landing, self.manifest, item)


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
    lines: Iterable[str],
) -> None:
    """COPYs rows that are written already in COPY's text format (`copy_text`, tabs, newlines)."""
    statement = copy_statement(schema, table, columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for line in lines:
            copy.write(line)
