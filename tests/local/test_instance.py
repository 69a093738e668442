"""An instance: its folder, ports, secrets, and one clear line when something is in the way."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sipas.errors import UserError
from sipas.local import bootstrap, environment, lifecycle, postgres, services
from sipas.local.instance import Instance, load_instance, load_or_create_instance
from sipas.local.processes import (
    MARK_VARIABLE,
    end_processes,
    processes_with_mark,
    wait_until,
)


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """A new instance that runs nothing."""
    monkeypatch.setenv("SIPAS_HOME", str(tmp_path / "home"))
    return load_or_create_instance()


def test_ports_secrets_and_mark_are_made_once_and_remembered(fresh: Instance) -> None:
    again = load_or_create_instance()
    assert (again.ports, again.secrets, again.mark) == (fresh.ports, fresh.secrets, fresh.mark)
    assert len(set(fresh.ports.values())) == len(fresh.ports)


def test_an_instance_of_an_older_version_gets_the_secrets_that_it_lacks(fresh: Instance) -> None:
    path = fresh.home / "instance.json"
    stored = json.loads(path.read_text())
    del stored["secrets"]["password_sipas_supervisor"]
    path.write_text(json.dumps(stored))
    completed = load_instance()
    assert completed.secrets["password_sipas_supervisor"]
    assert load_instance().secrets == completed.secrets
    others = fresh.secrets.keys() - {"password_sipas_supervisor"}
    assert {name: completed.secrets[name] for name in others} == {
        name: fresh.secrets[name] for name in others
    }


def test_secrets_are_readable_by_their_owner_only(fresh: Instance) -> None:
    mode = stat.S_IMODE((fresh.home / "instance.json").stat().st_mode)
    assert mode == 0o600
    assert stat.S_IMODE(fresh.home.stat().st_mode) == 0o700
    assert "password" not in repr(fresh)


def test_two_instances_share_neither_port_nor_password(
    fresh: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIPAS_HOME", str(tmp_path / "other"))
    other = load_or_create_instance()
    assert not set(fresh.secrets.values()) & set(other.secrets.values())
    assert fresh.mark != other.mark
    assert fresh.home != other.home


def test_every_password_is_long_and_no_two_are_equal(fresh: Instance) -> None:
    assert min(map(len, fresh.secrets.values())) >= 20
    assert len(set(fresh.secrets.values())) == len(fresh.secrets)


def test_a_taken_port_is_named_with_what_to_do(fresh: Instance) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", fresh.ports["superset"]))
        other.listen()
        with pytest.raises(UserError) as error:
            lifecycle.check_ports(fresh)
    assert f"Port {fresh.ports['superset']}" in str(error.value)
    assert "superset" in str(error.value)
    assert "instance.json" in str(error.value)
    lifecycle.check_ports(fresh)


def test_a_fixed_port_is_taken_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIPAS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SIPAS_PORT_AIRFLOW", "23456")
    assert load_or_create_instance().ports["airflow"] == 23456


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    monkeypatch.setenv("SIPAS_HOME", str(in_the_way / "home"))
    with pytest.raises(UserError, match=r"cannot be written to .*SIPAS_HOME"):
        load_or_create_instance()


def test_without_an_instance_the_command_says_how_to_make_one(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "sipas.cli", "env"],
        env={"SIPAS_HOME": str(tmp_path / "none"), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "make up" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_wheel_program_says_make_setup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"purelib": "/nowhere"})
    with pytest.raises(UserError, match="make setup"):
        postgres.binary("postgres")


def test_as_root_without_setpriv_the_tool_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(UserError, match="setpriv"):
        postgres.as_server_account(["postgres"])


def test_a_wrong_python_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 0))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or 3\.12 is needed.*make PYTHON="):
        bootstrap.main()


def test_a_marked_process_that_ignores_the_signal_is_ended(fresh: Instance) -> None:
    stubborn = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
            "print('ready', flush=True); time.sleep(600)",
        ],
        env={MARK_VARIABLE: fresh.mark},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    stranger = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    try:
        stubborn.stdout.readline()
        assert processes_with_mark(fresh.mark) == [stubborn.pid]
        assert end_processes(fresh.mark, grace_seconds=0.5) == [stubborn.pid]
        assert stubborn.wait(5) == -signal.SIGKILL
        assert stranger.poll() is None, "nobody else's process is touched"
    finally:
        stranger.kill()
        stubborn.kill()


def test_telemetry_is_off_in_every_server(fresh: Instance) -> None:
    for service in services.SERVICES.values():
        variables = environment.common(fresh) | service.environment(fresh)
        assert variables["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"
        assert variables["SCARF_ANALYTICS"] == "false"
        assert variables["GX_ANALYTICS_ENABLED"] == "false"
        if service.name.startswith("airflow"):
            assert variables["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
            assert variables["AIRFLOW__COSMOS__ENABLE_TELEMETRY"] == "False"
    project = Path(environment.PROJECT / "dbt_project" / "dbt_project.yml").read_text()
    assert "send_anonymous_usage_stats: false" in project


def test_servers_get_a_cleaned_environment(
    fresh: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "SomethingElse")
    monkeypatch.setenv("PGPASSWORD", "secret-of-the-user")
    variables = environment.common(fresh)
    assert "AIRFLOW__CORE__EXECUTOR" not in variables
    assert "PGPASSWORD" not in variables


def test_an_instance_file_of_another_account_is_explained(
    fresh: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *args: object, **kwargs: object) -> str:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(UserError, match="made by another one"):
        load_instance()


def test_env_prints_the_variables_of_the_design(fresh: Instance) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "sipas.cli", "env", "--json"],
        env=os.environ | {"SIPAS_HOME": str(fresh.home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(json.loads(result.stdout)) == {
        "SIPAS_DATABASE_URL",
        "SIPAS_BI_DATABASE_URL",
        "AIRFLOW_URL",
        "AIRFLOW_USER",
        "AIRFLOW_PASSWORD",
        "SUPERSET_URL",
        "SUPERSET_USER",
        "SUPERSET_PASSWORD",
    }


def test_lineage_goes_to_the_warehouse_and_to_whom_the_settings_name(monkeypatch) -> None:
    monkeypatch.delenv("SIPAS_OPENLINEAGE_TRANSPORTS", raising=False)
    ours = "sipas.lineage.transport.WarehouseTransport"
    assert environment.lineage_transport() == {"type": ours, "onward": {}}
    theirs = {"marquez": {"type": "http", "url": "https://lineage.example"}}
    monkeypatch.setenv("SIPAS_OPENLINEAGE_TRANSPORTS", json.dumps(theirs))
    assert environment.lineage_transport() == {"type": ours, "onward": theirs}
    monkeypatch.setenv("SIPAS_OPENLINEAGE_TRANSPORTS", "{")
    with pytest.raises(UserError, match="SIPAS_OPENLINEAGE_TRANSPORTS"):
        environment.lineage_transport()


def test_wait_until_gives_up_in_time() -> None:
    assert wait_until(lambda: True, 1)
    assert not wait_until(lambda: False, 0.05, pause=0.01)
