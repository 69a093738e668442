"""What dbt's last run says of lineage: one OpenLineage event a model, with its columns.

The library reads dbt's artifacts and PostgreSQL's SQL, but cannot see through `select *`, by which
every model here begins and ends. The database can: it writes a view of the same statement with
every column named, and that is what the library is given.
"""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from openlineage.client.event_v2 import RunEvent
from openlineage.client.facet_v2 import column_lineage_dataset as facet
from openlineage.common.provider.dbt.local import DbtLocalArtifactProcessor
from openlineage.common.provider.dbt.processor import DbtEvents
from openlineage_sql import parse

log = logging.getLogger(__name__)

# Columns of tables that a select reads: (table, column) → schema.table.
Columns = dict[tuple[str, str], str]

PRODUCER = "https://github.com/OpenLineage/OpenLineage/tree/main/integration/dbt"


def events_of_last_run(
    connection: psycopg.Connection, project: Path, target: Path, namespace: str
) -> list[RunEvent]:
    """One event a model that dbt's last run made or failed to make.

    `connection` is the transform role's: it may read what the models read. Raises whatever the
    artifacts in `target` make the library raise (they may be missing, or of another dbt).
    """
    reader = ModelEvents(
        connection,
        producer=PRODUCER,
        job_namespace=namespace,
        project_dir=str(project),
        target_path=str(target.resolve()),
    )
    found = reader.parse()
    return [*found.completes, *found.fails]


class ModelEvents(DbtLocalArtifactProcessor):
    """The library's reader of artifacts, with columns as the database names them."""

    should_raise_on_unsupported_command = False

    def __init__(self, connection: psycopg.Connection, **settings: Any) -> None:
        super().__init__(**settings)
        self.connection = connection

    def parse_test(self, *_: Any) -> DbtEvents:
        """Results of tests are kept elsewhere."""
        return DbtEvents()

    def get_column_lineage(
        self, namespace: str, compiled_sql: str
    ) -> facet.ColumnLineageDatasetFacet | None:
        """The columns of one model; None, and a warning, when the statement cannot be read."""
        try:
            database = self.connection.info.dbname
            columns = columns_of(self.connection, compiled_sql)
        except (psycopg.Error, ValueError) as error:
            log.warning("No column lineage: %s; %.200s", error, compiled_sql)
            return None
        return facet.ColumnLineageDatasetFacet(
            fields={
                name: facet.Fields(
                    inputFields=[
                        facet.InputField(namespace, f"{database}.{table}", column)
                        for table, column in sources
                    ]
                )
                for name, sources in columns.items()
            }
        )


def columns_of(connection: psycopg.Connection, select: str) -> dict[str, list[tuple[str, str]]]:
    """For each column that a select returns, the columns of tables that it is made of.

    Values are (schema.table, column), sorted; none for a constant or a bare count. Raises
    psycopg.Error when the database refuses the select, ValueError when the library does.
    """
    names, written, read = written_out(connection, select)
    parsed = parse([written], dialect="postgres")
    if parsed is None or parsed.errors:
        raise ValueError(f"the library cannot read it: {parsed and parsed.errors}")
    found = {item.descendant.name: item.lineage for item in parsed.column_lineage}
    return {name: sorted(origins(found.get(name, ()), read)) for name in names}


def origins(lineage: Iterable[Any], read: Columns) -> set[tuple[str, str]]:
    """The columns of real tables among those that the library names by the table's bare name."""
    named = ((column.origin.name, column.name) for column in lineage if column.origin)
    return {(read[name], name[1]) for name in named if name in read}


def written_out(connection: psycopg.Connection, select: str) -> tuple[list[str], str, Columns]:
    """The names of a select's columns, the select with every `*` written out, and the columns of
    tables that it reads."""
    with connection.transaction(force_rollback=True):
        connection.execute(f"create temporary view written_out as {select}")
        (text,) = connection.execute(
            "select pg_get_viewdef('pg_temp.written_out'::regclass)"
        ).fetchone()
        names = connection.execute(
            "select attname from pg_attribute where attrelid = 'pg_temp.written_out'::regclass "
            "and attnum > 0 order by attnum"
        ).fetchall()
        read = connection.execute(
            """
            select tables.relname, columns.attname, tables.relnamespace::regnamespace::text
            from pg_rewrite as rules
            inner join pg_depend as needs
                on needs.classid = 'pg_rewrite'::regclass and needs.objid = rules.oid
            inner join pg_class as tables
                on needs.refclassid = 'pg_class'::regclass and needs.refobjid = tables.oid
            inner join pg_attribute as columns
                on columns.attrelid = tables.oid and columns.attnum = needs.refobjsubid
            where rules.ev_class = 'pg_temp.written_out'::regclass
            and needs.refobjid <> rules.ev_class and columns.attnum > 0
            """
        ).fetchall()
    tables = {(table, column): f"{schema}.{table}" for table, column, schema in read}
    return [name for (name,) in names], text, tables
