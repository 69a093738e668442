"""The servers of an instance: what each runs, with which environment, and when it is healthy."""

import json
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from urllib.request import ProxyHandler, build_opener

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


def answer_of(url: str) -> bytes | None:
    """What `url` answers, asked without a proxy; None when it does not, or with an error."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=3) as answer:
            return answer.read()
    except (OSError, HTTPException):
        return None


def airflow_part_is_healthy(part: str) -> Callable[[Instance], bool]:
    """Whether Airflow's own health page calls `part` healthy."""

    def check(instance: Instance) -> bool:
        url = f"{instance.address('airflow')}/api/v2/monitor/health"
        try:
            health = json.loads(answer_of(url) or "{}")
        except ValueError:
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


def worker_answers(instance: Instance) -> bool:
    """Whether the worker of this machine answers through the queue."""
    from celery import Celery
    from kombu.exceptions import OperationalError

    variables = environment.airflow(instance)
    app = Celery(broker=variables["AIRFLOW__CELERY__BROKER_URL"])
    try:
        return bool(app.control.ping(destination=[f"celery@{socket.gethostname()}"], timeout=5))
    except OperationalError:
        return False


def superset_command(instance: Instance) -> list[str]:
    """Superset behind gunicorn."""
    return [
        str(environment.SUPERSET_BIN / "gunicorn"),
        "superset.app:create_app()",
        "--bind",
        f"{instance.listen_on}:{instance.ports['superset']}",
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
        "--host",
        instance.listen_on,
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
            "airflow-worker",
            None,
            lambda _: [str(environment.BIN / "airflow"), "celery", "worker"],
            airflow_environment,
            worker_answers,
        ),
        Service(
            "superset",
            "superset",
            superset_command,
            environment.superset,
            lambda i: answer_of(f"{i.address('superset')}/health") is not None,
        ),
        Service(
            "simulator",
            "simulator",
            simulator_command,
            environment.simulator,
            lambda i: answer_of(f"{i.address('simulator')}/health") is not None,
        ),
    )
}


def services_of(instance: Instance) -> list[Service]:
    """The services that this instance runs itself."""
    not_ours = {"airflow-worker"} if not instance.has_queue else set()
    if instance.external_database_url:
        not_ours.add("postgres")
    return [service for service in SERVICES.values() if service.name not in not_ours]


def find_service(name: str) -> Service:
    """The service of this name; raises UserError with the names there are."""
    if name not in SERVICES:
        raise UserError(f"There is no server '{name}'; there are {', '.join(SERVICES)}.")
    return SERVICES[name]


def run_service(instance: Instance, name: str) -> None:
    """Becomes the server `name` (a supervisor or a container calls this); does not return."""
    service = find_service(name)
    command = service.command(instance)
    variables = environment.common(instance) | service.environment(instance)
    os.chdir(PROJECT)
    os.execvpe(command[0], command, variables)
