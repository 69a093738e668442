"""The servers of an instance: what each runs, with which environment, and when it is healthy."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from sipas.errors import UserError
from sipas.local import environment, postgres
from sipas.local.instance import PROJECT, Instance


@dataclass(frozen=True)
class Service:
    """One program under the supervisor."""

    name: str
    port: str | None  # key in Instance.ports
    command: Callable[[Instance], list[str]]
    environment: Callable[[Instance], dict[str, str]]
    is_healthy: Callable[[Instance], bool]
    stop_signal: str = "TERM"
    stop_seconds: int = 10


def answers(url: str) -> bool:
    """Whether `url` answers 200."""
    try:
        return httpx.get(url, timeout=3, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def airflow_part_is_healthy(part: str) -> Callable[[Instance], bool]:
    """Whether Airflow's own health page calls `part` healthy."""

    def check(instance: Instance) -> bool:
        url = f"{instance.address('airflow')}/api/v2/monitor/health"
        try:
            health = httpx.get(url, timeout=3, trust_env=False).json()
        except (httpx.HTTPError, ValueError):
            return False
        return health.get(part, {}).get("status") == "healthy"

    return check


def airflow_environment(instance: Instance) -> dict[str, str]:
    """Airflow runs the pipeline, so its processes have both settings and the connections."""
    return (
        environment.airflow(instance)
        | environment.pipeline(instance)
        | environment.airflow_connections(instance)
    )


def airflow_service(name: str, part: str, port: str | None = None) -> Service:
    """One of Airflow's four programs."""
    return Service(
        name=f"airflow-{name}",
        port=port,
        command=lambda _: [str(environment.BIN / "airflow"), name],
        environment=airflow_environment,
        is_healthy=airflow_part_is_healthy(part),
    )


def superset_command(instance: Instance) -> list[str]:
    """Superset behind gunicorn."""
    return [
        str(environment.SUPERSET_BIN / "gunicorn"),
        "superset.app:create_app()",
        "--bind",
        f"127.0.0.1:{instance.ports['superset']}",
        "--worker-class",
        "gthread",
        "--workers",
        "1",
        "--threads",
        "8",
        "--timeout",
        "120",
        # Superset puts whole chart queries into addresses.
        "--limit-request-line",
        "0",
        "--limit-request-field_size",
        "0",
        "--keep-alive",
        "5",
        "--log-level",
        "warning",
    ]


def simulator_command(instance: Instance) -> list[str]:
    """The one-stop systems that stand in for real ones."""
    return [
        sys.executable,
        "-m",
        "simulator",
        "one-stop",
        "--port",
        str(instance.ports["simulator"]),
    ]


SERVICES = {
    service.name: service
    for service in (
        Service(
            "postgres",
            "postgres",
            postgres.server_command,
            lambda _: {},
            postgres.is_ready,
            stop_signal="INT",
            stop_seconds=20,
        ),
        airflow_service("api-server", "metadatabase", "airflow"),
        airflow_service("scheduler", "scheduler", "airflow_worker_logs"),
        airflow_service("dag-processor", "dag_processor"),
        airflow_service("triggerer", "triggerer", "airflow_triggerer_logs"),
        Service(
            "superset",
            "superset",
            superset_command,
            environment.superset,
            lambda i: answers(f"{i.address('superset')}/health"),
        ),
        Service(
            "simulator",
            "simulator",
            simulator_command,
            environment.simulator,
            lambda i: answers(f"{i.address('simulator')}/health"),
        ),
    )
}


def services_of(instance: Instance) -> list[Service]:
    """The services that this instance runs itself."""
    return [
        service
        for service in SERVICES.values()
        if not (service.name == "postgres" and instance.external_database_url)
    ]


def run_service(instance: Instance, name: str) -> None:
    """Becomes the server `name` (the supervisor calls this); does not return."""
    service = SERVICES.get(name)
    if service is None:
        raise UserError(f"There is no server '{name}'; there are {', '.join(SERVICES)}.")
    command = service.command(instance)
    variables = environment.common(instance) | service.environment(instance)
    os.chdir(PROJECT)
    os.execvpe(command[0], command, variables)
