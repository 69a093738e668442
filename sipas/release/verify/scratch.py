"""A scratch warehouse to recompute in: a database of its own name, gone afterwards.

On the server of the instance when it runs, else on a server of its own, started from the
package's wheel. What a killed run left is known by its name and removed by the next.
"""

import fcntl
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from sipas.local import environment, postgres
from sipas.local.instance import Instance, load_instance
from sipas.local.lifecycle import down
from sipas.local.prepare import upgrade_to_head
from sipas.local.scratch import OWN_VARIABLES, ROLES, Warehouse, scratch_instance, variables

PREFIX = "sipas_verify"
SERVERS = "sipas_verify_server_"
LOCK = "sipas verify scratch databases"


@contextmanager
def scratch_warehouse(*, own_server: bool = False) -> Iterator[Warehouse]:
    """An empty warehouse with all migrations; its settings are in the environment, and nothing of
    it is left at the end. Raises UserError when no server can be reached or started."""
    with ExitStack() as stack:
        instance = None if own_server else load_instance()
        if instance is None or not postgres.is_ready(instance):
            parent = stack.enter_context(folder_in_use())
            instance = stack.enter_context(scratch_instance(str(parent / "server-")))
        name = f"{PREFIX}_{secrets.token_hex(6)}"
        made = Warehouse(instance, name, folder_of(name))
        stack.callback(shutil.rmtree, made.folder, ignore_errors=True)
        stack.callback(drop, instance, made.name)
        stack.enter_context(created(instance, made))
        stack.enter_context(variables(settings(made)))
        keep_no_persons(made)
        yield made


@contextmanager
def folder_in_use() -> Iterator[Path]:
    """A new folder for a server, locked while this process lives; ends the servers and removes the
    folders that killed runs left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SERVERS}*"):
        end_left_over(folder)
    folder = Path(tempfile.mkdtemp(prefix=SERVERS))
    with (folder / "in_use").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def end_left_over(folder: Path) -> None:
    """Ends the server of a folder that no process holds, and removes the folder."""
    try:
        lock = (folder / "in_use").open("a")
    except OSError:
        return  # of another account
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # of another run
        for home in folder.glob("server-*"):
            with variables(dict.fromkeys(OWN_VARIABLES) | {"SIPAS_HOME": str(home)}):
                if instance := load_instance():
                    down(instance)
        shutil.rmtree(folder, ignore_errors=True)


def folder_of(name: str) -> Path:
    """Where the files of a scratch database lie: found again by its name."""
    return Path(tempfile.gettempdir()) / name


@contextmanager
def created(instance: Instance, made: Warehouse) -> Iterator[None]:
    """Removes what killed runs left, makes the database, and holds a connection to it, by which
    another run sees that it is in use."""
    with psycopg.connect(postgres.admin_url(instance), autocommit=True) as admin:
        admin.execute("select pg_advisory_lock(hashtext(%s))", [LOCK])
        for name in left_over(admin):
            drop(instance, name)
            shutil.rmtree(folder_of(name), ignore_errors=True)
        made.folder.mkdir(mode=0o700)
        admin.execute(
            sql.SQL("create database {} owner sipas_owner template template0").format(
                sql.Identifier(made.name)
            )
        )
        holder = made.connect()
    # What it commits need not survive the machine.
    holder.execute(f"alter database {made.name} set synchronous_commit = off")
    try:
        with variables({"SIPAS_DATABASE_URL": made.url("owner")}):
            upgrade_to_head()
        yield
    finally:
        holder.close()


def left_over(admin: psycopg.Connection) -> list[str]:
    """Scratch databases that nobody is connected to."""
    rows = admin.execute(
        """
        select datname from pg_database
        where datname ~ %s
        and not exists (
            select from pg_stat_activity as activity where activity.datname = pg_database.datname
        )
        """,
        [f"^{PREFIX}_[0-9a-f]+$"],
    ).fetchall()
    return [name for (name,) in rows]


def drop(instance: Instance, name: str) -> None:
    """Drops a scratch database, whoever is still connected to it."""
    with psycopg.connect(postgres.admin_url(instance), autocommit=True) as admin:
        admin.execute(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        )


def settings(made: Warehouse) -> dict[str, str]:
    """The settings of the pipeline for the scratch database; all others stay as they are."""
    urls = {f"SIPAS_{role.upper()}_DATABASE_URL": made.url(role) for role in ROLES}
    dbt = environment.dbt_connection(made.url("transform"))
    return urls | dbt | {"SIPAS_DATABASE_URL": made.url("owner")}


def keep_no_persons(made: Warehouse) -> None:
    """Loaders split persons off as ever, and here they go nowhere."""
    with made.connect() as owner:
        owner.execute(
            """
            create function pii.keep_nobody() returns trigger language plpgsql
            as $$ begin return null; end $$;
            create trigger nobody_is_kept before insert on pii.applicants
                for each row execute function pii.keep_nobody();
            """
        )
