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
    names, written = written_out(connection, select)
    parsed = parse([written], dialect="postgres")
    if parsed is None or parsed.errors:
        raise ValueError(f"the library cannot read it: {parsed and parsed.errors}")
    tables = {table.name: f"{table.schema}.{table.name}" for table in parsed.in_tables}
    found = {item.descendant.name: item.lineage for item in parsed.column_lineage}
    return {name: sorted(origins(found.get(name, ()), tables)) for name in names}


def origins(lineage: Iterable[Any], tables: dict[str, str]) -> set[tuple[str, str]]:
    """The columns of real tables among those that the library names."""
    return {
        (tables[column.origin.name], column.name)
        for column in lineage
        if column.origin and column.origin.name in tables
    }


def written_out(connection: psycopg.Connection, select: str) -> tuple[list[str], str]:
    """The names of a select's columns, and the select with every `*` written out."""
    with connection.transaction(force_rollback=True):
        connection.execute(f"create temporary view written_out as {select}")
        (text,) = connection.execute(
            "select pg_get_viewdef('pg_temp.written_out'::regclass)"
        ).fetchone()
        names = connection.execute(
            "select attname from pg_attribute where attrelid = 'pg_temp.written_out'::regclass "
            "and attnum > 0 order by attnum"
        ).fetchall()
    return [name for (name,) in names], text
