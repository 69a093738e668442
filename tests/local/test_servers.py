"""Starting and stopping real servers: data stays, processes do not, permissions are left alone."""

import os
import stat
from pathlib import Path

import psycopg
import pytest

from sipas.local import lifecycle, postgres, supervisor
from sipas.local.demo import Demo
from sipas.local.instance import Instance, load_or_create_instance
from sipas.local.processes import processes_with_mark
from sipas.local.services import SERVICES, services_of


def start_postgres(instance: Instance) -> None:
    """Supervisor and PostgreSQL only."""
    lifecycle.check_ports(instance)
    postgres.create_cluster(instance)
    supervisor.start_supervisor(instance)
    supervisor.start_service(instance, SERVICES["postgres"])
    supervisor.wait_for_health(instance, SERVICES["postgres"], 60)


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """A new instance below a folder of mode 0700."""
    parent = tmp_path / "closed"
    parent.mkdir(mode=0o700)
    monkeypatch.setenv("SIPAS_HOME", str(parent / "home"))
    made = load_or_create_instance()
    yield made
    lifecycle.down(made)


def modes_above(path: Path) -> dict[Path, tuple[int, int]]:
    """Mode and owner of every folder above."""
    return {p: (stat.S_IMODE(p.stat().st_mode), p.stat().st_uid) for p in path.parents}


def test_a_closed_parent_folder_works_and_nothing_outside_changes(closed: Instance) -> None:
    before = modes_above(closed.home)
    start_postgres(closed)
    assert modes_above(closed.home) == before
    if os.geteuid() == 0:
        assert (closed.home / "postgres").stat().st_uid != 0
    lifecycle.down(closed)
    assert modes_above(closed.home) == before


def test_down_leaves_no_process_and_data_stays(closed: Instance) -> None:
    start_postgres(closed)
    with psycopg.connect(postgres.admin_url(closed), autocommit=True) as connection:
        connection.execute("create table kept as select 82.28 as index_value")
    assert processes_with_mark(closed.mark)
    lifecycle.down(closed)
    assert processes_with_mark(closed.mark) == []
    start_postgres(closed)
    with psycopg.connect(postgres.admin_url(closed)) as connection:
        assert str(connection.execute("select * from kept").fetchone()[0]) == "82.28"


def test_a_killed_supervisor_leaves_nothing_that_the_next_start_cannot_end(
    closed: Instance,
) -> None:
    start_postgres(closed)
    os.kill(supervisor.rpc(closed).supervisor.getPID(), 9)
    assert processes_with_mark(closed.mark), "PostgreSQL is an orphan now"
    lifecycle.down(closed)
    assert processes_with_mark(closed.mark) == []
    start_postgres(closed)


def test_a_half_made_cluster_is_made_anew(closed: Instance) -> None:
    (closed.home / "postgres").mkdir()
    (closed.home / "postgres" / "PG_VERSION").write_text("18")
    start_postgres(closed)
    assert postgres.is_ready(closed)


def test_the_server_listens_on_the_loopback_only_and_asks_for_a_password(
    closed: Instance,
) -> None:
    start_postgres(closed)
    with psycopg.connect(postgres.admin_url(closed)) as connection:
        shown = connection.execute(
            "select current_setting('listen_addresses'), current_setting('unix_socket_directories')"
        ).fetchone()
    assert shown == ("127.0.0.1", "")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            f"postgresql://postgres:wrong@127.0.0.1:{closed.ports['postgres']}/postgres"
        )


def test_a_server_that_dies_is_reported_with_the_end_of_its_log(closed: Instance) -> None:
    postgres.create_cluster(closed)
    (closed.home / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")
    supervisor.start_supervisor(closed)
    supervisor.start_service(closed, SERVICES["postgres"])
    with pytest.raises(Exception, match="no_such_setting") as error:
        supervisor.wait_for_health(closed, SERVICES["postgres"], 30)
    assert "postgres.log" in str(error.value)


def test_a_second_up_starts_nothing_anew(demo: Demo) -> None:
    def started() -> dict[str, int]:
        infos = supervisor.rpc(demo.instance).supervisor.getAllProcessInfo()
        return {info["name"]: info["pid"] for info in infos}

    before = started()
    said: list[str] = []
    lifecycle.up(demo.instance, said.append)
    assert started() == before
    assert set(before) == {service.name for service in services_of(demo.instance)}
    assert not any("(once)" in line for line in said)


def test_passwords_stand_in_no_log(demo: Demo) -> None:
    secrets = [v for k, v in demo.instance.secrets.items() if k.startswith("password")]
    for path in (demo.instance.home / "run").glob("*.log"):
        text = path.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in text], path.name
