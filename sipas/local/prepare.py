"""What is done once before the servers start, or again after an upgrade: databases, migrations,
accounts, dashboards. Every step may be repeated.

`make up` runs them all; where somebody else starts the servers, `sipas prepare` runs them. What a
step needs is imported inside it: Superset's environment lacks most of it.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable

from sipas.errors import UserError
from sipas.lineage import docs
from sipas.local import environment, postgres
from sipas.local.instance import PEOPLE, PROJECT, Instance
from sipas.local.services import airflow_environment


def run_step(
    instance: Instance,
    name: str,
    command: list[str],
    variables: dict[str, str],
    standard_input: str = "",
) -> None:
    """Runs a one-time step with its output in run/<name>.log; raises UserError on failure."""
    log = instance.run_dir / f"{name}.log"
    with log.open("w") as output:
        code = subprocess.run(
            command,
            env=environment.common(instance) | variables,
            cwd=PROJECT,
            input=standard_input,
            text=True,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    if code:
        tail = log.read_text(errors="replace")[-1500:]
        raise UserError(f"The step '{name}' failed. Its log ({log}) ends:\n{tail}")


def once(instance: Instance, name: str, basis: str, step: Callable[[], None]) -> None:
    """Runs `step` unless it already succeeded for this `basis` (a hash of what it depends on)."""
    stamp = instance.folder("stamps") / name
    if stamp.is_file() and stamp.read_text() == basis:
        return
    step()
    stamp.write_text(basis)


def lock_hash(name: str) -> str:
    """What an environment's installed versions depend on."""
    return hashlib.sha256((PROJECT / "requirements" / f"{name}.lock").read_bytes()).hexdigest()


def migrate_warehouse(instance: Instance) -> None:
    """Brings the warehouse's schemas to the newest migration, as the owner."""
    run_step(
        instance,
        "migrate-warehouse",
        [sys.executable, "-m", "sipas.cli", "migrate"],
        environment.owner(instance),
    )


def upgrade_to_head() -> None:
    """Runs the migrations on SIPAS_DATABASE_URL."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(PROJECT / "sipas" / "migrations"))
    command.upgrade(config, "head")


def prepare_airflow(instance: Instance) -> None:
    """Airflow's metadata and accounts."""
    program = str(environment.BIN / "airflow")
    variables = airflow_environment(instance)
    secrets = {
        name: instance.secrets[name]
        for name in (f"password_{person}" for person in PEOPLE)
        if name.startswith("password_airflow_")
    }

    def migrate() -> None:
        run_step(instance, "migrate-airflow", [program, "db", "migrate"], variables)
        run_step(instance, "migrate-airflow-fab", [program, "fab-db", "migrate"], variables)
        run_step(
            instance,
            "airflow-accounts",
            [sys.executable, "-m", "sipas.local.airflow_accounts"],
            variables,
            standard_input=json.dumps(secrets),
        )

    once(instance, "airflow", lock_hash("pipeline"), migrate)


def prepare_dbt(instance: Instance) -> None:
    """The manifest from which the DAG processor draws one task a model, and, when the project has
    changed, the page of all models and columns beside it."""
    from sipas.builds import archive_project

    project, target = PROJECT / "dbt_project", instance.folder("dbt")
    settings = environment.pipeline(instance)
    run_step(instance, "dbt-parse", docs.parse_command(project, target), settings)
    once(
        instance,
        "dbt-docs",
        archive_project(project)[0],
        lambda: run_step(instance, "dbt-docs", docs.page_command(project, target), settings),
    )


def prepare_superset(instance: Instance) -> None:
    """Superset's metadata, and our dashboards and accounts in it."""
    variables = environment.superset(instance)
    program = str(environment.SUPERSET_BIN / "superset")

    def migrate() -> None:
        run_step(instance, "migrate-superset", [program, "db", "upgrade"], variables)
        run_step(instance, "init-superset", [program, "init"], variables)

    once(instance, "superset", lock_hash("superset"), migrate)


def sync_access(instance: Instance) -> None:
    """Makes Superset hold the roles and accounts of the files, and leaves its dashboards alone."""
    script = PROJECT / "superset" / "access.py"
    run_step(
        instance,
        "sync-access",
        [str(environment.SUPERSET_BIN / "python"), str(script)],
        environment.superset(instance),
    )


def sync_superset(instance: Instance) -> None:
    """Imports dashboards from YAML, prunes what is gone, and tries every chart."""
    script = PROJECT / "superset" / "sync_assets.py"
    run_step(
        instance,
        "sync-superset",
        [str(environment.SUPERSET_BIN / "python"), str(script)],
        environment.superset(instance),
    )


PARTS = {
    "warehouse": (postgres.create_roles_and_databases, migrate_warehouse),
    "airflow": (prepare_dbt, prepare_airflow),
    "superset": (prepare_superset, sync_superset),
}
