"""Servers for the tests: an instance of their own in a temporary folder, gone afterwards.

`instance` is only PostgreSQL; `warehouse` is a new database on it with all migrations and the
settings of the pipeline; `demo` is everything, with the main job run once by the real scheduler.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from sipas.local import environment, lifecycle, postgres, supervisor
from sipas.local.demo import Demo
from sipas.local.instance import Instance, load_or_create_instance
from sipas.local.processes import processes_with_mark
from sipas.local.services import SERVICES

# A busy machine is no fault of the code, and a failing example must come again.
settings.register_profile("tests", deadline=None, derandomize=True, database=None)
settings.load_profile("tests")

ROLES = ("ingest", "transform", "release", "audit", "bi", "owner")


@pytest.fixture(scope="session")
def instance() -> Iterator[Instance]:
    """An instance with PostgreSQL running; nothing of it is left at the end."""
    home = Path(tempfile.mkdtemp(prefix="sipas-test-"))
    before = {
        name: os.environ.pop(name, None) for name in ("SIPAS_HOME", "SIPAS_EXTERNAL_DATABASE_URL")
    }
    os.environ["SIPAS_HOME"] = str(home)
    made = load_or_create_instance()
    try:
        postgres.create_cluster(made)
        supervisor.start_supervisor(made)
        supervisor.start_service(made, SERVICES["postgres"])
        supervisor.wait_for_health(made, SERVICES["postgres"])
        postgres.create_roles_and_databases(made)
        yield made
    finally:
        lifecycle.down(made)
        left = processes_with_mark(made.mark)
        shutil.rmtree(home)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    assert not left, f"processes of the tests are still alive: {left}"


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
            "DBT_TARGET_PATH": str(self.folder / "dbt"),
            "DBT_LOG_PATH": str(self.folder / "dbt" / "logs"),
            "SIPAS_DATABASE_URL": self.url("owner"),
        }
        dbt = environment.dbt_connection(self.url("transform"))
        return environment.pipeline(self.instance) | urls | folders | dbt


def make_warehouse(instance: Instance, folder: Path) -> Warehouse:
    """A new database with all migrations, on the tests' server."""
    made = Warehouse(instance, f"test_{secrets.token_hex(4)}", folder)
    with psycopg.connect(postgres.admin_url(instance), autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} owner sipas_owner template template0").format(
                sql.Identifier(made.name)
            )
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIPAS_DATABASE_URL", made.url("owner"))
        lifecycle.upgrade_to_head()
    return made


@pytest.fixture(scope="module")
def warehouse(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """An empty warehouse for the tests of one file, its settings in the environment."""
    made = make_warehouse(instance, tmp_path_factory.mktemp("warehouse"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in made.variables().items():
            patch.setenv(name, value)
        yield made


@pytest.fixture(scope="session")
def demo(instance: Instance) -> Demo:
    """All servers, and the main job run once from nothing by the real scheduler."""
    lifecycle.up(instance, print)
    run = Demo(instance, print)
    run.run()
    return run
