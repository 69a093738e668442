"""What a release consists of: its scopes, its rows from the marts, and their hash."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from sipas.release.suppression.marts import without_hidden
from sipas.release.suppression.survey import Suppression

# What is approved and published together: all that a round tells, or a whole mart.
ROUND_MARTS = (
    "criterion_results",
    "criterion_variants",
    "perception_results",
    "expectation_results",
    "commune_scores",
    "reform_index_points",
)
STANDING_MARTS = {
    "scorecards": ("agency_scorecards", "agency_scorecard_series"),
    "feedback": ("feedback_results",),
    "units": ("units_of_today",),
    "statements": ("stated_vs_computed",),
    "improvement": ("target_progress", "improvement_tasks", "criterion_notes", "report_compliance"),
}

# The reference tables whose rows are the rules behind a mart that has no method.
RULE_TABLES = {
    "agency_scorecards": ("on_time_rules", "on_time_rule_uses"),
    "feedback_results": ("feedback_rules",),
}


@dataclass(frozen=True)
class Scope:
    """What is approved and published together: one round, or marts that belong to no round."""

    code: str
    marts: tuple[str, ...]
    round_code: str | None = None

    @property
    def release_prefix(self) -> str:
        """The first part of the release's id."""
        return self.code.split(":")[-1]


@dataclass(frozen=True)
class Table:
    """The rows of one mart in canonical order."""

    columns: list[str]
    rows: list[tuple]


@dataclass(frozen=True)
class Content:
    """The rows of a scope, with everything that fixes their meaning."""

    tables: dict[str, Table]
    method_rows: dict[str, list]

    @property
    def data_nature(self) -> str:
        """One simulated row makes all simulated."""
        for table in self.tables.values():
            nature = table.columns.index("data_nature")
            if any(row[nature] == "simulated" for row in table.rows):
                return "simulated"
        return "real"

    @property
    def row_count(self) -> int:
        """Rows of all marts."""
        return sum(len(table.rows) for table in self.tables.values())

    @property
    def sha256(self) -> str:
        """Hash over the canonical lines."""
        digest = hashlib.sha256()
        for line in self.lines():
            digest.update(line)
        return digest.hexdigest()

    def lines(self) -> Iterator[bytes]:
        """Nature and method rows, then each mart's columns and rows, a line of JSON each."""

        def line(part: Any) -> bytes:
            text = json.dumps(part, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            return text.encode() + b"\n"

        yield line([self.data_nature, self.method_rows])
        for mart, table in sorted(self.tables.items()):
            yield line([mart, table.columns])
            for row in table.rows:
                yield line([canonical(value) for value in row])


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
    """The scopes that the marts hold now: each round, and what belongs to no round."""
    rounds = sql.SQL(" union ").join(
        sql.SQL("select round_code from {}").format(sql.Identifier("marts", mart))
        for mart in ROUND_MARTS
    )
    found = [
        Scope(f"round:{code}", ROUND_MARTS, code)
        for (code,) in connection.execute(sql.SQL("{} order by 1").format(rounds))
    ]
    for code, marts in STANDING_MARTS.items():
        rows = sql.SQL(" union all ").join(
            sql.SQL("select from {}").format(sql.Identifier("marts", mart)) for mart in marts
        )
        if connection.execute(sql.SQL("select exists ({})").format(rows)).fetchone()[0]:
            found.append(Scope(code, marts))
    return found


def scope_of(code: str) -> Scope:
    """The scope that a release of this code has."""
    if code.startswith("round:"):
        return Scope(code, ROUND_MARTS, code.removeprefix("round:"))
    return Scope(code, STANDING_MARTS[code])


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


def read_marts(
    connection: psycopg.Connection, scope: Scope, suppression: Suppression | None = None
) -> Content:
    """The rows of a scope as they would be released: suppressed values are gone.

    Who reads several scopes of the same marts hands in one `suppression` for all of them.
    """
    suppression = suppression or Suppression(connection)
    tables = {
        mart: read_mart(connection, mart, scope.round_code, suppression) for mart in scope.marts
    }
    versions: set[str] = set()
    for table in tables.values():
        if "method_version" in table.columns:
            place = table.columns.index("method_version")
            versions |= {row[place] for row in table.rows if row[place]}
    methods = method_rows(connection, sorted(versions)) if versions else {}
    return Content(tables, methods | rule_rows(connection, scope.marts))


def read_mart(
    connection: psycopg.Connection, mart: str, round_code: str | None, suppression: Suppression
) -> Table:
    """The rows of one mart (of one round), suppressed values gone, in canonical order."""
    columns = columns_of(connection, mart)
    condition = (
        sql.SQL("round_code = {}").format(sql.Literal(round_code))
        if round_code
        else sql.SQL("true")
    )
    query = sql.SQL("select {} from {} where {}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier("marts", mart), condition
    )
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        rows = cursor.execute(query).fetchall()
    told = without_hidden(mart, rows, suppression)
    return make_table(columns, [tuple(row.values()) for row in told])


def read_release(connection: psycopg.Connection, release_id: str) -> Content:
    """The frozen rows of a release in the columns it was frozen with (a later revision may have
    added others), and the method rows frozen beside them."""
    scope, methods, mart_columns = connection.execute(
        "select scope, method_rows, mart_columns from release.releases where release_id = %s",
        [release_id],
    ).fetchone()
    tables = {}
    for mart in scope_of(scope).marts:
        columns = mart_columns[mart]
        query = sql.SQL("select {} from {} where release_id = {}").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.Identifier("release", mart),
            sql.Literal(release_id),
        )
        tables[mart] = make_table(columns, connection.execute(query).fetchall())
    return Content(tables, methods)


def make_table(columns: list[str], rows: list[tuple]) -> Table:
    """Rows in canonical order."""
    return Table(columns, sorted(rows, key=lambda row: json.dumps([canonical(v) for v in row])))


def method_rows(connection: psycopg.Connection, versions: Iterable[str]) -> dict[str, list]:
    """The rows of the methods that the figures were made by, without their place of origin."""
    versions = list(versions)
    found: dict[str, list] = {}
    for table, order in (
        ("methods", "method_version"),
        ("method_indicators", "method_version, indicator_code"),
        ("method_rollups", "method_version, indicator_code, component_code"),
        ("method_roundings", "method_version, figure"),
        ("method_scales", "method_version, scale_code, score"),
        ("method_skip_rules", "method_version, item_code, depends_on_code"),
    ):
        rows = connection.execute(
            sql.SQL(
                """
                select to_jsonb(rows) - 'batch_id' - 'position' from {} as rows
                where method_version = any(%s)
                and batch_id in (select batch_id from audit.batches_in_marts)
                order by {}
                """
            ).format(sql.Identifier("reference", table), sql.SQL(order)),
            [versions],
        )
        found[table] = [row for (row,) in rows]
    return found


def rule_rows(connection: psycopg.Connection, marts: Iterable[str]) -> dict[str, list]:
    """The rows of the rules that these marts were made by, without their place of origin."""
    found: dict[str, list] = {}
    for table in (table for mart in marts for table in RULE_TABLES.get(mart, ())):
        rows = connection.execute(
            sql.SQL(
                """
                select to_jsonb(rows) - 'batch_id' - 'position' from {} as rows
                where batch_id in (select batch_id from audit.batches_in_marts)
                order by 1
                """
            ).format(sql.Identifier("reference", table))
        )
        found[table] = [row for (row,) in rows]
    return found
