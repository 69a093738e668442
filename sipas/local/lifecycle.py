"""`sipas up` and `sipas down`: from nothing to healthy servers and back, data kept."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from alembic import command as alembic
from alembic.config import Config

from sipas.builds import archive_project
from sipas.errors import UserError
from sipas.lineage import docs
from sipas.local import environment, postgres, supervisor
from sipas.local.instance import PROJECT, Instance, is_port_free
from sipas.local.processes import end_processes, processes_with_mark
from sipas.local.services import SERVICES, airflow_environment, services_of

Progress = Callable[[str], None]


def check_ports(instance: Instance) -> None:
    """Raises UserError naming the first port of ours that another program holds."""
    for service in ("supervisor", *(s.port for s in services_of(instance) if s.port)):
        port = instance.ports[service]
        if not is_port_free(port):
            raise UserError(
                f"Port {port}, which this instance uses for {service}, is taken by another "
                f'program. End that program, or choose another port: change "{service}" in '
                f"{instance.home / 'instance.json'}."
            )


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
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "sipas" / "migrations"))
    alembic.upgrade(config, "head")


def prepare_airflow(instance: Instance) -> None:
    """Airflow's metadata and accounts."""
    program = str(environment.BIN / "airflow")
    variables = airflow_environment(instance)

    def migrate() -> None:
        run_step(instance, "migrate-airflow", [program, "db", "migrate"], variables)
        run_step(instance, "migrate-airflow-fab", [program, "fab-db", "migrate"], variables)
        run_step(
            instance,
            "airflow-accounts",
            [sys.executable, "-m", "sipas.local.airflow_accounts"],
            variables,
            standard_input=json.dumps(instance.secrets),
        )

    once(instance, "airflow", lock_hash("pipeline"), migrate)


def prepare_dbt(instance: Instance) -> None:
    """The manifest from which the DAG processor draws one task a model, and, when the project has
    changed, the page of all models and columns beside it."""
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


def sync_superset(instance: Instance) -> None:
    """Imports dashboards from YAML, prunes what is gone, and tries every chart."""
    script = PROJECT / "superset" / "sync_assets.py"
    run_step(
        instance,
        "sync-superset",
        [str(environment.SUPERSET_BIN / "python"), str(script)],
        environment.superset(instance),
    )


def sync_access(instance: Instance) -> None:
    """Makes Superset hold the roles and accounts of the files, and leaves its dashboards alone."""
    script = PROJECT / "superset" / "access.py"
    run_step(
        instance,
        "sync-access",
        [str(environment.SUPERSET_BIN / "python"), str(script)],
        environment.superset(instance),
    )


def up(instance: Instance, progress: Progress) -> None:
    """Starts every server that does not run, in order, and waits until each is healthy."""
    if not supervisor.is_running(instance):
        end_processes(instance.mark)  # what an earlier, killed supervisor left
        check_ports(instance)
    first_time = not (instance.home / "stamps" / "superset").is_file()
    if not instance.external_database_url:
        progress("PostgreSQL")
        postgres.create_cluster(instance)
    supervisor.start_supervisor(instance)
    if not instance.external_database_url:
        supervisor.start_service(instance, SERVICES["postgres"])
        supervisor.wait_for_health(instance, SERVICES["postgres"], 60)
    postgres.create_roles_and_databases(instance)
    progress("schemas, metadata and accounts" + (" (once)" if first_time else ""))
    with ThreadPoolExecutor() as pool:
        airflow_ready = pool.submit(prepare_airflow, instance)
        superset_ready = pool.submit(prepare_superset, instance)
        migrate_warehouse(instance)
        prepare_dbt(instance)
        airflow_ready.result()
        superset_ready.result()
    progress("Airflow, Superset, simulator")
    others = [service for service in services_of(instance) if service.name != "postgres"]
    for service in others:
        supervisor.start_service(instance, service)
    sync_superset(instance)
    for service in others:
        supervisor.wait_for_health(instance, service)


def down(instance: Instance) -> list[int]:
    """Stops the servers and ends what still lives under the mark; returns the ids ended so."""
    supervisor.stop_supervisor(instance)
    ended = end_processes(instance.mark)
    if left := processes_with_mark(instance.mark):
        raise UserError(f"These processes could not be ended: {left}. End them by hand.")
    return ended
