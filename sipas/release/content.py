"""What a release consists of: its scopes, its rows from the marts, and their hash."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

# Nothing that tells a suppressed value may stay beside it.
HIDDEN_WHEN_SUPPRESSED = (
    "index_value",
    "index_rounded",
    "valid_count",
    "missing_count",
    "ci_low",
    "ci_high",
    "rank",
    "change",
    "rank_change",
)


@dataclass(frozen=True)
class Scope:
    """What is approved and published together: one round, or the scorecards."""

    code: str
    mart: str
    round_code: str | None = None

    @property
    def release_prefix(self) -> str:
        """The first part of the release's id."""
        return self.code.split(":")[-1]


@dataclass(frozen=True)
class Content:
    """The rows of a scope in canonical order, with everything that fixes their meaning."""

    columns: list[str]
    rows: list[tuple]
    method_rows: dict[str, list]
    data_nature: str

    @property
    def sha256(self) -> str:
        """Hash over column list, method rows, nature and every row in canonical form."""
        digest = hashlib.sha256()
        head = [self.columns, self.data_nature, self.method_rows]
        for part in (head, *([canonical(value) for value in row] for row in self.rows)):
            line = json.dumps(part, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            digest.update(line.encode() + b"\n")
        return digest.hexdigest()


def canonical(value: Any) -> Any:
    """A value as JSON in its one canonical form: equal values give equal text."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value


def scopes(connection: psycopg.Connection) -> list[Scope]:
    """The scopes that the marts hold now: each round, and the scorecards when there are any."""
    rounds = connection.execute(
        "select round_code from marts.criterion_results group by round_code order by round_code"
    )
    found = [Scope(f"round:{code}", "criterion_results", code) for (code,) in rounds]
    if connection.execute("select exists (select from marts.agency_scorecards)").fetchone()[0]:
        found.append(Scope("scorecards", "agency_scorecards"))
    return found


def columns_of(connection: psycopg.Connection, mart: str) -> list[str]:
    """The columns of release.<mart> without release_id, in their order."""
    rows = connection.execute(
        """
        select column_name from information_schema.columns
        where table_schema = 'release' and table_name = %s and column_name <> 'release_id'
        order by ordinal_position
        """,
        [mart],
    )
    return [name for (name,) in rows]


def read_mart(connection: psycopg.Connection, scope: Scope) -> Content:
    """The rows of a scope as they would be released: suppressed values are gone."""
    columns = columns_of(connection, scope.mart)
    may_hide = "is_suppressed" in columns
    selected = [
        sql.SQL("case when is_suppressed then null else {0} end as {0}").format(
            sql.Identifier(name)
        )
        if may_hide and name in HIDDEN_WHEN_SUPPRESSED
        else sql.Identifier(name)
        for name in columns
    ]
    condition = (
        sql.SQL("round_code = {}").format(sql.Literal(scope.round_code))
        if scope.round_code
        else sql.SQL("true")
    )
    query = sql.SQL("select {} from {} where {}").format(
        sql.SQL(", ").join(selected), sql.Identifier("marts", scope.mart), condition
    )
    rows = connection.execute(query).fetchall()
    versions: set[str] = set()
    if "method_version" in columns:
        place = columns.index("method_version")
        versions = {row[place] for row in rows}
    return make_content(columns, rows, method_rows(connection, sorted(versions)))


def read_release(connection: psycopg.Connection, mart: str, release_id: str) -> Content:
    """The frozen rows of a release, with the method rows frozen beside them."""
    columns = columns_of(connection, mart)
    query = sql.SQL("select {} from {} where release_id = {}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier("release", mart),
        sql.Literal(release_id),
    )
    (methods,) = connection.execute(
        "select method_rows from release.releases where release_id = %s", [release_id]
    ).fetchone()
    return make_content(columns, connection.execute(query).fetchall(), methods)


def make_content(columns: list[str], rows: list[tuple], methods: dict[str, list]) -> Content:
    """Rows in canonical order with their methods; one simulated row makes all simulated."""
    rows = sorted(rows, key=lambda row: json.dumps([canonical(v) for v in row]))
    nature = columns.index("data_nature")
    simulated = any(row[nature] == "simulated" for row in rows)
    return Content(columns, rows, methods, "simulated" if simulated else "real")


def method_rows(connection: psycopg.Connection, versions: Iterable[str]) -> dict[str, list]:
    """The rows of the methods that the figures were made by, without their place of origin."""
    versions = list(versions)
    if not versions:
        return {"on_time_rule": ["portal"]}
    found: dict[str, list] = {}
    for table, order in (
        ("methods", "method_version"),
        ("method_indicators", "method_version, indicator_code"),
        ("method_rollups", "method_version, indicator_code, component_code"),
    ):
        rows = connection.execute(
            sql.SQL(
                """
                select to_jsonb(rows) - 'batch_id' - 'position' from {} as rows
                where method_version = any(%s)
                and batch_id in (select batch_id from audit.current_batches)
                order by {}
                """
            ).format(sql.Identifier("reference", table), sql.SQL(order)),
            [versions],
        )
        found[table] = [row for (row,) in rows]
    return found
