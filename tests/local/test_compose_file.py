"""docker-compose.yml against the code it starts: nothing that the code needs is missing there, and
nothing is written there a second time in another way. No container engine is needed."""

import ast
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from sipas.errors import UserError
from sipas.local import bootstrap, environment, lifecycle, postgres, prepare, services
from sipas.local.airflow_client import AirflowClient
from sipas.local.demo import Demo
from sipas.local.instance import PROJECT, Instance, load_instance
from sipas.local.secret_files import ADMINISTRATOR, make_secret_files
from sipas.orchestration.defaults import DEFAULTS

COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf8"))
OURS = {
    name: service
    for name, service in COMPOSE["services"].items()
    if service["image"].startswith("sipas-")
}


class Watched(Mapping[str, str]):
    """Secrets that note which of them were asked for."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self.secrets, self.asked = secrets, set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.secrets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.secrets)

    def __len__(self) -> int:
        return len(self.secrets)


@pytest.fixture
def secrets_folder(tmp_path: Path) -> Path:
    """A folder with all secrets of an installation."""
    make_secret_files(tmp_path / "secrets")
    return tmp_path / "secrets"


@pytest.fixture
def told(secrets_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """The instance as a container sees it, but for the place of the secrets."""
    for name, value in OURS["airflow-worker"]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:-(.*)\}", r"\1", value))
    monkeypatch.setenv("SIPAS_SECRETS_DIR", str(secrets_folder))
    monkeypatch.setenv("SIPAS_HOME", str(secrets_folder.parent / "home"))
    return load_instance()


def asked_by(name: str, told: Instance, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The secrets that the service `name` of the compose file asks for when it starts."""
    watched = Watched(told.secrets)
    instance = Instance(told.home, told.mark, told.ports, watched, told.hosts)
    service = OURS[name]
    if name == "demo":
        monkeypatch.setattr(AirflowClient, "ask", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            AirflowClient(instance)
        monkeypatch.setattr("sipas.local.demo.psycopg.connect", lambda url: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            Demo.ask.__wrapped__(Demo(instance, print), "select 1")
    elif service.get("command", [""])[0] == "prepare":
        monkeypatch.setattr("psycopg.connect", FakeConnection)
        monkeypatch.setattr(subprocess, "run", FakeRun)
        for step in prepare.PARTS[service["command"][1]]:
            step(instance)
    else:
        services.find_service(service["environment"]["SIPAS_SERVICE"]).environment(instance)
    return watched.asked


class FakeRun:
    """A subprocess that went well."""

    returncode, stdout = 0, ""

    def __init__(self, *_: object, **__: object) -> None: ...


class FakeConnection:
    """A database that takes every statement, and has what is looked for."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def __enter__(self) -> "FakeConnection":
        return self

    def __exit__(self, *_: object) -> None: ...

    def execute(self, *_: object) -> "FakeConnection":
        return self

    def fetchone(self) -> tuple[int]:
        return (1,)


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_container_is_given_the_secrets_that_it_asks_for_and_no_other(
    name: str, told: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_by(name, told, monkeypatch)
    assert asked == set(OURS[name]["secrets"])


def test_the_compose_file_knows_every_secret_that_is_made(secrets_folder: Path) -> None:
    made = {path.name for path in secrets_folder.iterdir()} - {ADMINISTRATOR}
    assert set(COMPOSE["secrets"]) == made
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"${{SIPAS_SECRETS:-./secrets}}/{name}"}


def test_secrets_are_made_once_and_the_folder_keeps_others_out(secrets_folder: Path) -> None:
    before = {path.name: path.read_text() for path in secrets_folder.iterdir()}
    assert stat.S_IMODE(secrets_folder.stat().st_mode) == 0o700
    assert len(set(before.values())) == len(before)
    (secrets_folder / "password_redis").unlink()
    assert make_secret_files(secrets_folder) == ["password_redis"]
    after = {path.name: path.read_text() for path in secrets_folder.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"password_redis"}


@pytest.mark.parametrize("damage", ["gone", "empty", "folder"])
def test_a_missing_secret_is_a_refusal_to_start_that_names_it(
    damage: str, told: Instance, secrets_folder: Path
) -> None:
    path = secrets_folder / "key_superset"
    path.unlink()
    if damage == "empty":
        path.touch()
    elif damage == "folder":  # what an engine makes of a file that it should mount
        path.mkdir()
    result = subprocess.run(
        [sys.executable, "-m", "sipas.cli", "run-service", "superset"],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "The secret key_superset is missing" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_setting_is_named(told: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIPAS_HOST_REDIS")
    with pytest.raises(UserError, match="SIPAS_HOST_REDIS"):
        load_instance()


def test_no_password_has_a_default_and_none_stands_in_the_compose_file() -> None:
    text = (PROJECT / "docker-compose.yml").read_text(encoding="utf8")
    assert not re.findall(r"(?i)\$\{\w*(?:password|secret_key|_key)\w*:?-", text)
    for name, service in COMPOSE["services"].items():
        for variable, value in service.get("environment", {}).items():
            assert not re.search(r"(?i)password|_key$", variable), (name, variable, value)


def test_tasks_go_through_the_queue_and_the_result_backend_is_airflows_database(
    told: Instance,
) -> None:
    settings = environment.airflow(told)
    assert settings["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert settings["AIRFLOW__CELERY__BROKER_URL"].endswith("@redis:6379/0")
    assert settings["AIRFLOW__CELERY__RESULT_BACKEND"].startswith(
        "db+postgresql+psycopg2://airflow:"
    )
    assert settings["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].startswith(
        "http://airflow-api-server:"
    )
    one_stop = json.loads(environment.airflow_connections(told)["AIRFLOW_CONN_MOT_CUA_TINH"])
    assert one_stop["host"] == "simulator"


def test_the_executor_of_the_containers_and_the_locked_celery_go_together(told: Instance) -> None:
    result = subprocess.run(
        [sys.executable, "-c", "from airflow.providers.celery.executors import celery_executor"],
        env=environment.common(told) | environment.airflow(told),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_what_make_up_starts_each_container_starts(told: Instance) -> None:
    started = {
        service["environment"]["SIPAS_SERVICE"]
        for service in OURS.values()
        if "SIPAS_SERVICE" in service["environment"]
    }
    assert started == {service.name for service in services.services_of(told)}


def test_servers_that_others_start_are_not_ours_to_start_or_stop(told: Instance) -> None:
    for act in (lambda: lifecycle.up(told, print), lambda: lifecycle.down(told)):
        with pytest.raises(UserError, match="SIPAS_SECRETS_DIR"):
            act()


def test_what_one_task_writes_for_another_lies_on_a_volume(told: Instance) -> None:
    mounted = [volume.split(":")[-1] for volume in OURS["airflow-worker"]["volumes"]]
    folders = {
        name: value.replace(str(told.home), "/var/lib/sipas")
        for name, value in services.airflow_environment(told).items()
        if value.startswith(f"{told.home}/") and name != "AIRFLOW_HOME"
    }
    assert len(folders) >= 6
    assert {
        name
        for name, folder in folders.items()
        if not any(f"{folder}/".startswith(f"{volume}/") for volume in mounted)
    } == set()


def test_a_new_volume_belongs_to_the_account_that_writes_to_it() -> None:
    dockerfile = (PROJECT / "docker" / "pipeline.Dockerfile").read_text(encoding="utf8")
    made = set(re.search(r"mkdir -p ([^&]*?) *\\", dockerfile).group(1).split())
    volumes = [volume.split(":")[-1] for volume in OURS["airflow-worker"]["volumes"]]
    home = "/var/lib/sipas/"
    assert made == {path.removeprefix(home) for path in volumes if path.startswith(home)}


def test_a_worker_is_stopped_before_what_its_tasks_need() -> None:
    """Compose stops in the reverse order of `depends_on`; a worker takes time to end its tasks."""
    assert {"postgres", "redis", "airflow-api-server"} <= set(OURS["airflow-worker"]["depends_on"])
    assert OURS["airflow-worker"]["stop_grace_period"] == "30m"
    assert DEFAULTS["execution_timeout"] <= timedelta(minutes=30)


def test_postgresql_has_the_settings_of_make_up() -> None:
    command = COMPOSE["services"]["postgres"]["command"]
    given = dict(part.split("=") for part in command if "=" in part)
    assert given == {name: str(value) for name, value in postgres.SETTINGS.items()}


def requirements_of(package: str) -> list[str]:
    """What an installed package says that it needs; nothing of one for other systems."""
    try:
        return metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        return []


def imported_by(folder: str) -> set[str]:
    """The top names of what the Python files of a folder import, wherever they do."""
    found = set()
    for path in (PROJECT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.Import):
                found |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found


def test_the_code_imports_nothing_that_the_image_lacks() -> None:
    lock = bootstrap.without_tools("pipeline")
    kept = {bootstrap.plain(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    ours = {"sipas", "simulator", "expectations", *sys.stdlib_module_names}
    providers = metadata.packages_distributions()
    lacking = {
        name
        for folder in ("sipas", "simulator", "expectations", "dags")
        for name in imported_by(folder) - ours
        if not kept & {bootstrap.plain(package) for package in providers.get(name, [])}
    }
    assert lacking == set()


def test_the_lock_of_an_image_has_what_the_servers_need_and_no_tool() -> None:
    def names(lock: str) -> set[str]:
        return set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))

    full = names((bootstrap.LOCKS / "pipeline.lock").read_text())
    kept = names(bootstrap.without_tools("pipeline"))
    assert kept < full
    assert {"apache-airflow-core", "celery", "redis", "dbt-postgres", "supervisor"} <= kept
    assert not {"pytest", "playwright", "duckdb", "svy", "ruff"} & kept
    for package in kept:
        missing = {
            bootstrap.plain(wanted.name)
            for wanted in map(Requirement, requirements_of(package))
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        } - {bootstrap.plain(name) for name in kept}
        assert not missing, package
    whole = (bootstrap.LOCKS / "superset.lock").read_text()
    assert names(bootstrap.without_tools("superset")) == names(whole)
