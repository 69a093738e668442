"""`sipas up` and `sipas down`: from nothing to healthy servers and back, data kept."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sipas.errors import UserError
from sipas.local import postgres, supervisor
from sipas.local.instance import Instance, is_port_free
from sipas.local.prepare import (
    migrate_warehouse,
    prepare_airflow,
    prepare_dbt,
    prepare_superset,
    sync_superset,
)
from sipas.local.processes import end_processes, processes_with_mark
from sipas.local.services import SERVICES, services_of

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


def refuse_servers_of_others(instance: Instance) -> None:
    """Raises UserError when settings tell of servers that are not started by us."""
    if instance.is_told:
        raise UserError("These servers are started and stopped by whoever set SIPAS_SECRETS_DIR.")


def up(instance: Instance, progress: Progress) -> None:
    """Starts every server that does not run, in order, and waits until each is healthy."""
    refuse_servers_of_others(instance)
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
    refuse_servers_of_others(instance)
    supervisor.stop_supervisor(instance)
    ended = end_processes(instance.mark)
    if left := processes_with_mark(instance.mark):
        raise UserError(f"These processes could not be ended: {left}. End them by hand.")
    return ended
