"""A release as tracing sees it: its frozen rows, and what its build saw of raw and reference."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from sipas.errors import UserError
from sipas.release.content import Scope, scope_of
from sipas.release.trace.result import Place


@dataclass
class Released:
    """One release; what several figures ask is read once and kept."""

    connection: psycopg.Connection
    release: dict[str, Any]
    landing: Path | None = None
    kept: dict[Any, Any] = field(default_factory=dict)

    @property
    def release_id(self) -> str:
        """The release's id."""
        return self.release["release_id"]

    @property
    def scope(self) -> Scope:
        """What was released together."""
        return scope_of(self.release["scope"])

    @property
    def as_of_at(self) -> datetime:
        """The moment that the build took for now."""
        return self.release["as_of_at"]

    def query(self, statement: str | sql.Composable, parameters: Any = None) -> list[dict]:
        """The rows of a query as dictionaries."""
        cursor = self.connection.cursor(row_factory=dict_row)
        return cursor.execute(statement, parameters).fetchall()

    def keep(self, key: Any, read: Any) -> Any:
        """What `read` returns, asked once for each key."""
        if key not in self.kept:
            self.kept[key] = read()
        return self.kept[key]

    @cached_property
    def batches(self) -> list[dict]:
        """The batches that the release's build saw, the newest of each lot."""
        return self.query(
            """
            select batches.batch_id, deliveries.delivery_id, deliveries.delivery_kind,
                deliveries.subject_code, deliveries.file_name
            from audit.batches_of_build(%s) as seen (batch_id)
            inner join audit.batches as batches using (batch_id)
            inner join audit.deliveries as deliveries using (delivery_id)
            order by batches.batch_id
            """,
            [self.release["build_id"]],
        )

    def batch_ids(self, kind: str, subject: str | None = None) -> list[int]:
        """The ids of those batches of one kind (and round, or reference table)."""
        return [
            batch["batch_id"]
            for batch in self.batches
            if batch["delivery_kind"] == kind and subject in (None, batch["subject_code"])
        ]

    def reference(self, table: str, **wanted: Any) -> list[dict]:
        """The rows of a reference table as the build saw them, whose columns have these values."""
        conditions = [sql.SQL("batch_id = any({})").format(self.batch_ids("reference", table))]
        conditions += [
            sql.SQL("{} is not distinct from {}").format(sql.Identifier(name), sql.Literal(value))
            for name, value in wanted.items()
        ]
        return self.query(
            sql.SQL("select * from {} where {} order by batch_id, position").format(
                sql.Identifier("reference", table), sql.SQL(" and ").join(conditions)
            )
        )

    def whole_reference(self, table: str) -> list[dict]:
        """All rows of a small reference table, read once."""
        return self.keep(("reference", table), lambda: self.reference(table))

    def by_key(self, table: str, column: str, value: Any) -> list[dict]:
        """The rows of a small reference table with a value in a column, found without asking."""

        def read() -> dict[Any, list[dict]]:
            found: dict[Any, list[dict]] = defaultdict(list)
            for row in self.whole_reference(table):
                found[row[column]].append(row)
            return found

        return self.keep(("by key", table, column), read).get(value, [])

    def frozen(self, mart: str, **wanted: Any) -> list[dict]:
        """Frozen rows of a mart of this release, whose columns have these values."""
        conditions = [sql.SQL("release_id = {}").format(self.release_id)]
        conditions += [
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value))
            for name, value in wanted.items()
        ]
        return self.query(
            sql.SQL("select * from {} where {}").format(
                sql.Identifier("release", mart), sql.SQL(" and ").join(conditions)
            )
        )

    def method_rows(self, table: str) -> list[dict]:
        """The rows of the methods and rules that are frozen in the release."""
        return self.release["method_rows"].get(table, [])

    def place(self, table: str, row: dict) -> Place:
        """Where a reference row stands: the line of the file that was handed in."""
        (batch,) = [b for b in self.batches if b["batch_id"] == row["batch_id"]]
        return Place(
            table=table,
            batch_id=row["batch_id"],
            position=row["position"],
            delivery_id=batch["delivery_id"],
            file_name=batch["file_name"],
            line=row["position"] + 1,
            document=row.get("document"),
            place=row.get("place"),
            text=row.get("printed_text") or row.get("text_vi") or row.get("task_vi"),
        )

    def sibling(self, scope: str) -> "Released | None":
        """The newest release of another scope that was made of this build or an earlier one."""

        def read() -> Released | None:
            rows = self.query(
                """
                select * from release.releases
                where scope = %s and build_id <= %s and status not in ('candidate', 'rejected')
                order by build_id desc, created_at desc limit 1
                """,
                [scope, self.release["build_id"]],
            )
            return Released(self.connection, rows[0], self.landing) if rows else None

        return self.keep(("sibling", scope), read)


def find_release(
    connection: psycopg.Connection, name: str, landing: Path | None = None
) -> Released:
    """A release by its id, or the one that stands by the name of its scope; raises UserError."""
    cursor = connection.cursor(row_factory=dict_row)
    row = cursor.execute(
        """
        select * from release.releases
        where release_id = %s or (status = 'published' and scope in (%s, 'round:' || %s))
        order by release_id = %s desc limit 1
        """,
        [name, name, name, name],
    ).fetchone()
    if row is None:
        raise UserError(f"Không có bản phát hành «{name}». {existing(connection)}")
    return Released(connection, row, landing)


def existing(connection: psycopg.Connection) -> str:
    """The releases that there are, in words."""
    rows = connection.execute(
        "select release_id, status from release.releases order by created_at desc, release_id"
    ).fetchall()
    if not rows:
        return "Kho chưa có bản phát hành nào."
    listed = ", ".join(f"{release_id} ({status})" for release_id, status in rows[:20])
    more = f" và {len(rows) - 20} bản khác" if len(rows) > 20 else ""
    return f"Đang có: {listed}{more}."
