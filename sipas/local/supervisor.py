"""The process supervisor (supervisord): starts, restarts and stops the servers' process groups."""

import configparser
import os
import subprocess
import sys
import time
import xmlrpc.client
from http.client import HTTPException

from sipas.errors import UserError
from sipas.local import environment
from sipas.local.instance import Instance
from sipas.local.processes import wait_until
from sipas.local.services import Service, services_of


def rpc(instance: Instance) -> xmlrpc.client.ServerProxy:
    """The supervisor's own interface on 127.0.0.1."""
    password = instance.secrets["password_supervisor"]
    return xmlrpc.client.ServerProxy(
        f"http://sipas:{password}@127.0.0.1:{instance.ports['supervisor']}/RPC2"
    )


def is_running(instance: Instance) -> bool:
    """Whether this instance's supervisor answers."""
    try:
        return rpc(instance).supervisor.getState()["statename"] == "RUNNING"
    except (OSError, HTTPException, xmlrpc.client.Error):
        return False


def write_configuration(instance: Instance) -> str:
    """Writes supervisord.conf (mode 0600) and returns its path; secrets of servers stay out."""
    config = configparser.RawConfigParser()
    run = instance.run_dir
    config["supervisord"] = {
        "pidfile": run / "supervisord.pid",
        "logfile": run / "supervisord.log",
        "childlogdir": run,
        "logfile_maxbytes": "5MB",
        "logfile_backups": "1",
        "nocleanup": "true",
        "directory": run,
    }
    config["inet_http_server"] = {
        "port": f"127.0.0.1:{instance.ports['supervisor']}",
        "username": "sipas",
        "password": instance.secrets["password_supervisor"],
    }
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface",
    }
    for service in services_of(instance):
        config[f"program:{service.name}"] = {
            "command": f'"{sys.executable}" -m sipas.cli run-service {service.name}',
            "autostart": "false",
            "autorestart": "true",
            "startsecs": "1",
            "startretries": "3",
            "stopsignal": service.stop_signal,
            "stopwaitsecs": service.stop_seconds,
            # PostgreSQL's children lead groups of their own and are stopped by their parent.
            "stopasgroup": "false" if service.name == "postgres" else "true",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": run / f"{service.name}.log",
            "stdout_logfile_maxbytes": "20MB",
            "stdout_logfile_backups": "1",
        }
    path = run / "supervisord.conf"
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        config.write(file)
    return str(path)


def start_supervisor(instance: Instance) -> None:
    """Starts supervisord in the background when it does not run yet."""
    if is_running(instance):
        return
    path = write_configuration(instance)
    result = subprocess.run(
        [str(environment.BIN / "supervisord"), "-c", path],
        env=environment.common(instance),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode or not wait_until(lambda: is_running(instance), 10):
        raise UserError(
            f"The supervisor did not start: {(result.stderr or result.stdout).strip()} "
            f"(log: {instance.run_dir / 'supervisord.log'})"
        )


def start_service(instance: Instance, service: Service) -> None:
    """Starts one program when it does not run; returns at once."""
    info = rpc(instance).supervisor.getProcessInfo(service.name)
    if info["statename"] not in ("RUNNING", "STARTING"):
        rpc(instance).supervisor.startProcess(service.name, False)


def wait_for_health(instance: Instance, service: Service, seconds: float = 120) -> None:
    """Waits until the service is healthy; raises UserError with the end of its log otherwise."""
    deadline = time.monotonic() + seconds
    while not service.is_healthy(instance):
        info = rpc(instance).supervisor.getProcessInfo(service.name)
        if info["statename"] in ("FATAL", "EXITED", "STOPPED") or time.monotonic() > deadline:
            log = instance.run_dir / f"{service.name}.log"
            tail = log.read_text(errors="replace")[-1500:] if log.is_file() else ""
            raise UserError(f"{service.name} did not become healthy. Its log ({log}) ends:\n{tail}")
        time.sleep(0.25)


def stop_supervisor(instance: Instance) -> None:
    """Stops all programs and the supervisor; what does not obey is left to the caller."""
    if not is_running(instance):
        return
    try:
        server = rpc(instance).supervisor
        others = [service for service in services_of(instance) if service.name != "postgres"]
        for service in others:
            if server.getProcessInfo(service.name)["statename"] in ("RUNNING", "STARTING"):
                server.stopProcess(service.name, False)
        running = ("RUNNING", "STARTING", "STOPPING")
        wait_until(
            lambda: all(server.getProcessInfo(s.name)["statename"] not in running for s in others),
            15,
        )
        supervisor_id = server.getPID()
        server.shutdown()  # PostgreSQL is the last to go, and takes its time
    except (OSError, HTTPException, xmlrpc.client.Error):
        return
    wait_until(lambda: not os.path.exists(f"/proc/{supervisor_id}"), 40)
