"""One instance of the servers: its folder, ports, secrets and mark, made once and remembered.

Everything lies under one folder (`.local/` of the project, or SIPAS_HOME), so two clones, or a
demo and a test run, live side by side. Where somebody else starts the servers (containers do), the
same is told by settings instead: hosts, ports and a folder of secrets, see `told_instance`.
"""

import json
import os
import random
import secrets
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sipas.errors import UserError
from sipas.settings import required

PROJECT = Path(__file__).resolve().parents[2]
SERVICES_WITH_PORT = (
    "postgres",
    "airflow",
    "airflow_worker_logs",
    "airflow_triggerer_logs",
    "superset",
    "simulator",
    "supervisor",
)
DATABASE_ROLES = (
    "sipas_owner",
    "sipas_ingest",
    "sipas_transform",
    "sipas_release",
    "sipas_bi",
    "sipas_audit",
    "sipas_lineage",
    "sipas_supervisor",
    "airflow",
    "superset",
)
PEOPLE = (
    "airflow_engineer",
    "airflow_approver",
    "airflow_auditor",
    "superset_admin",
    "superset_official",
    "superset_agency",
    "superset_head",
    "superset_supervisor",
    "superset_engineer",
    "superset_auditor",
)
# Below the range from which the kernel takes ports for outgoing connections, so that a
# remembered port is not lost to a browser between two starts.
PORT_RANGE = range(20000, 32000)
LOOPBACK = "127.0.0.1"
TOLD_PORTS = ("airflow", "airflow_worker_logs", "airflow_triggerer_logs", "superset", "simulator")


def is_port_free(port: int) -> bool:
    """Whether 127.0.0.1:`port` can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_ports() -> dict[str, int]:
    """A free port for every service; SIPAS_PORT_<SERVICE> fixes one."""
    chosen: dict[str, int] = {}
    for service in SERVICES_WITH_PORT:
        fixed = os.environ.get(f"SIPAS_PORT_{service.upper()}")
        if fixed:
            chosen[service] = int(fixed)
            continue
        candidates = random.sample(PORT_RANGE, 200)
        chosen[service] = next(
            port for port in candidates if port not in chosen.values() and is_port_free(port)
        )
    return chosen


def make_secrets() -> dict[str, str]:
    """Passwords and keys, generated once; nothing has a default."""
    made = {
        f"password_{name}": secrets.token_urlsafe(18)
        for name in (*DATABASE_ROLES, *PEOPLE, "postgres", "redis", "simulator", "supervisor")
    }
    made |= {
        f"key_{name}": secrets.token_urlsafe(48)
        for name in ("airflow_api", "airflow_jwt", "superset", "hash")
    }
    # A Fernet key is 32 bytes, url-safe base64 with padding.
    made["key_airflow_fernet"] = secrets.token_urlsafe(32) + "="
    return made


class SecretFiles(Mapping[str, str]):
    """Secrets as files of a folder, one a file; raises UserError naming one that is missing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, name: str) -> str:
        path = self.folder / name
        try:
            secret = path.read_text().strip()
        except (FileNotFoundError, IsADirectoryError):
            secret = ""
        except PermissionError as error:
            raise UserError(f"The secret {path} cannot be read by this account.") from error
        if not secret:
            raise UserError(
                f"The secret {name} is missing: {path} is not there or empty. "
                "`python3 -m sipas.local.secret_files FOLDER` makes those that are missing."
            )
        return secret

    def __iter__(self) -> Iterator[str]:
        return (path.name for path in sorted(self.folder.iterdir()))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True)
class Instance:
    """An instance as remembered in `home/instance.json` (mode 0600), or as settings tell it."""

    home: Path
    mark: str
    ports: Mapping[str, int]
    secrets: Mapping[str, str] = field(repr=False)
    # Where a service answers, when not on this machine.
    hosts: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def run_dir(self) -> Path:
        """Where the supervisor keeps its configuration and the servers their logs."""
        return self.folder("run")

    def folder(self, name: str) -> Path:
        """The subfolder `name` of the instance, made when it is not there."""
        path = self.home / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def external_database_url(self) -> str | None:
        """The owner's URL of a PostgreSQL server of the user's own, when one is named."""
        return os.environ.get("SIPAS_EXTERNAL_DATABASE_URL") or None

    @property
    def is_told(self) -> bool:
        """Whether somebody else starts the servers, and settings tell of them."""
        return isinstance(self.secrets, SecretFiles)

    @property
    def listen_on(self) -> str:
        """The address on which the web services listen."""
        return os.environ.get("SIPAS_LISTEN_ON") or LOOPBACK

    @property
    def has_queue(self) -> bool:
        """Whether tasks go through a queue to workers; else the scheduler runs them itself."""
        return "redis" in self.hosts

    def host(self, service: str) -> str:
        """Where `service` answers: this machine, unless told otherwise."""
        return self.hosts.get(service, LOOPBACK)

    def address(self, service: str) -> str:
        """http://<host>:<port> of a web service, as the other services reach it."""
        return f"http://{self.host(service)}:{self.ports[service]}"

    def public_address(self, service: str) -> str:
        """The address of a web service as people's browsers reach it."""
        return os.environ.get(f"SIPAS_PUBLIC_{service.upper()}_URL") or self.address(service)


def home_folder() -> Path:
    """The folder of the instance this process is about."""
    return Path(os.environ.get("SIPAS_HOME") or PROJECT / ".local").resolve()


def told_instance(secrets_folder: Path) -> Instance:
    """The instance of servers that somebody else starts: secrets are files of a folder, and the
    settings SIPAS_HOST_<SERVICE> and SIPAS_PORT_<SERVICE> tell where each service answers.

    Raises UserError naming a setting that is missing.
    """
    required("SIPAS_EXTERNAL_DATABASE_URL")
    return Instance(
        home=home_folder(),
        mark="told",
        ports={name: int(required(f"SIPAS_PORT_{name.upper()}")) for name in TOLD_PORTS},
        secrets=SecretFiles(secrets_folder),
        hosts={
            name: required(f"SIPAS_HOST_{name.upper()}")
            for name in ("airflow", "superset", "simulator", "redis")
        },
    )


def load_instance() -> Instance | None:
    """The instance that settings tell, or that of `home_folder()`; None when it was never made."""
    if folder := os.environ.get("SIPAS_SECRETS_DIR"):
        return told_instance(Path(folder))
    home = home_folder()
    try:
        stored = json.loads((home / "instance.json").read_text())
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise UserError(
            f"{error.filename} cannot be read by this account: the instance was made by another "
            "one. Run the command as that account."
        ) from error
    if missing := make_secrets().keys() - stored["secrets"].keys():
        # Made by an older version of this project, which knew fewer roles.
        stored["secrets"] |= {name: make_secrets()[name] for name in sorted(missing)}
        remember(home, stored)
    return Instance(home=home, **stored)


def remember(home: Path, content: dict) -> None:
    """Writes `home/instance.json`, readable by this account only, whole or not at all."""
    temporary = home / "instance.json.new"
    with open(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=2)
    temporary.replace(home / "instance.json")


def load_or_create_instance() -> Instance:
    """The instance of `home_folder()`; made, with ports and secrets, the first time."""
    home = home_folder()
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = home / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UserError(
            f"The folder {home} cannot be written to ({error.strerror}). Choose another with "
            "SIPAS_HOME=/some/folder, or mend its permissions."
        ) from error
    if instance := load_instance():
        return instance
    home.chmod(0o700)
    content = {"mark": secrets.token_hex(12), "ports": choose_ports(), "secrets": make_secrets()}
    remember(home, content)
    return Instance(home=home, **content)
