"""A PostgreSQL of its own in a temporary folder, for tests and benchmarks; gone afterwards."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from sipas.local import environment, lifecycle, postgres, prepare, supervisor
from sipas.local.instance import Instance, load_or_create_instance
from sipas.local.processes import processes_with_mark
from sipas.local.services import SERVICES

# What a test leaves need not survive the machine: nothing waits for the disk.
FORGETFUL = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"
MIGRATED = "template_sipas"
ROLES = ("ingest", "transform", "release", "audit", "lineage", "bi", "supervisor", "owner")
OWN_VARIABLES = ("SIPAS_HOME", "SIPAS_EXTERNAL_DATABASE_URL", "SIPAS_SECRETS_DIR")


@contextmanager
def variables(values: Mapping[str, str | None]) -> Iterator[None]:
    """Sets (or, for None, removes) environment variables, and puts back what was there."""
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def scratch_instance(prefix: str, *, is_forgetful: bool = False) -> Iterator[Instance]:
    """An instance with PostgreSQL running, never the user's own server; a forgetful one is for
    tests, never for measuring.

    Raises RuntimeError when a process of it is still alive at the end.
    """
    home = Path(tempfile.mkdtemp(prefix=prefix))
    with variables(dict.fromkeys(OWN_VARIABLES) | {"SIPAS_HOME": str(home)}):
        made = load_or_create_instance()
        try:
            postgres.create_cluster(made)
            if is_forgetful:
                with (postgres.data_folder(made) / "postgresql.conf").open("a") as settings:
                    settings.write(FORGETFUL)
            supervisor.start_supervisor(made)
            supervisor.start_service(made, SERVICES["postgres"])
            supervisor.wait_for_health(made, SERVICES["postgres"])
            postgres.create_roles_and_databases(made)
            yield made
        finally:
            lifecycle.down(made)
            left = processes_with_mark(made.mark)
            shutil.rmtree(home)
    if left:
        raise RuntimeError(f"processes of {prefix} are still alive: {left}")


class Warehouse:
    """A database of its own with all migrations, and folders for landing and inbox."""

    def __init__(self, instance: Instance, name: str, folder: Path) -> None:
        self.instance, self.name, self.folder = instance, name, folder
        self.landing, self.inbox = folder / "landing", folder / "inbox"

    def url(self, role: str) -> str:
        """postgresql://… as one of ROLES."""
        return postgres.database_url(self.instance, f"sipas_{role}", self.name)

    def connect(self, role: str = "owner") -> psycopg.Connection:
        """An autocommitting connection."""
        return psycopg.connect(self.url(role), autocommit=True)

    def rows(self, query: str, *parameters: object) -> list[tuple]:
        """The rows of a query, read as the owner."""
        with self.connect() as connection:
            return connection.execute(query, parameters).fetchall()

    def value(self, query: str, *parameters: object) -> object:
        """The first value of a query."""
        return self.rows(query, *parameters)[0][0]

    def variables(self) -> dict[str, str]:
        """The settings of the pipeline for this database."""
        urls = {f"SIPAS_{role.upper()}_DATABASE_URL": self.url(role) for role in ROLES}
        folders = {
            "SIPAS_LANDING_DIR": str(self.landing),
            "SIPAS_INBOX_DIR": str(self.inbox),
            "SIPAS_DATA_DOCS_DIR": str(self.folder / "data_docs"),
            "SIPAS_LINEAGE_DIR": str(self.folder / "lineage"),
            "SIPAS_OPEN_DATA_DIR": str(self.folder / "open-data"),
            "DBT_TARGET_PATH": str(self.folder / "dbt"),
            "DBT_LOG_PATH": str(self.folder / "dbt" / "logs"),
            "SIPAS_DATABASE_URL": self.url("owner"),
        }
        dbt = environment.dbt_connection(self.url("transform"))
        return environment.pipeline(self.instance) | urls | folders | dbt


def copy_warehouse(original: Warehouse, folder: Path, prefix: str) -> Warehouse:
    """A copy of a warehouse's database that may be changed, with the same landing folder; whoever
    is connected to the original is disconnected."""
    made = Warehouse(original.instance, f"{prefix}_{secrets.token_hex(4)}", folder)
    made.landing, made.inbox = original.landing, original.inbox
    with psycopg.connect(postgres.admin_url(original.instance), autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
            [original.name],
        )
        create_database(connection, made, original.name)
    return made


def make_warehouse(instance: Instance, folder: Path, prefix: str) -> Warehouse:
    """A new database with all migrations on the instance's server; `prefix` begins its name.

    The migrations run once a server, on a database that the others are copies of.
    """
    made = Warehouse(instance, f"{prefix}_{secrets.token_hex(4)}", folder)
    template = Warehouse(instance, MIGRATED, folder)
    with psycopg.connect(postgres.admin_url(instance), autocommit=True) as connection:
        known = connection.execute("select 1 from pg_database where datname = %s", [MIGRATED])
        if not known.fetchone():
            create_database(connection, template, "template0")
            with variables({"SIPAS_DATABASE_URL": template.url("owner")}):
                prepare.upgrade_to_head()
        create_database(connection, made, MIGRATED)
    return made


def create_database(connection: psycopg.Connection, made: Warehouse, template: str) -> None:
    """An empty database of the owner, or a copy of another one."""
    connection.execute(
        sql.SQL("create database {} owner sipas_owner template {}").format(
            sql.Identifier(made.name), sql.Identifier(template)
        )
    )
