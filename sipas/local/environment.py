"""The environment variables of each server: the only place where configuration is put together."""

import json
import os
import sys
from pathlib import Path
from urllib.parse import quote

from sipas.errors import UserError
from sipas.lineage.docs import PAGE
from sipas.local.instance import PROJECT, Instance
from sipas.local.postgres import database_url
from sipas.local.processes import MARK_VARIABLE
from sipas.local.superset_accounts import accounts_file

BIN = Path(sys.executable).parent
DOCS = "sipas"  # the name of the page in Airflow's addresses
SUPERSET_BIN = PROJECT / ".venv" / "superset" / "bin"
KEPT = (
    "HOME",
    "LANG",
    "PATH",
    "TMPDIR",
    "USER",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "SIPAS_COMMIT",
    "SIPAS_EXTERNAL_DATABASE_URL",
    "SIPAS_OPENLINEAGE_TRANSPORTS",
    "SIPAS_PURGE_ORIGINALS_AFTER_DAYS",
    "SIPAS_PURGE_APPLICANTS_AFTER_DAYS",
    "SIPAS_PUBLIC_DASHBOARDS",
)
# No code in events; and a task that only watches a model knows nothing that dbt's own events do
# not tell.
EMISSION_POLICY = [
    {"scope": {}, "controls": {"include_source_code": False}},
    {
        "scope": {"operator": "sipas.orchestration.watch.WatchedModels"},
        "controls": {"emit": False},
    },
]
PIPELINE_ROLES = ("ingest", "transform", "release", "audit", "lineage")


def common(instance: Instance) -> dict[str, str]:
    """What every process of the instance gets: a cleaned environment and the instance's mark."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {
        MARK_VARIABLE: instance.mark,
        "SIPAS_HOME": str(instance.home),
        "PATH": f"{BIN}:{os.environ.get('PATH', os.defpath)}",
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        "PYTHONUNBUFFERED": "1",
        # A title set by the process must not overwrite the environment that carries the mark.
        "SPT_NOENV": "1",
        "DO_NOT_TRACK": "1",
        "SCARF_ANALYTICS": "false",
        "SCARF_NO_ANALYTICS": "true",
        "GX_ANALYTICS_ENABLED": "false",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def pipeline(instance: Instance) -> dict[str, str]:
    """Settings of the package sipas and of dbt: roles that are not the owner's, and folders."""
    urls = {
        f"SIPAS_{role.upper()}_DATABASE_URL": database_url(instance, f"sipas_{role}")
        for role in PIPELINE_ROLES
    }
    transform = dbt_connection(urls["SIPAS_TRANSFORM_DATABASE_URL"])
    return (
        urls
        | transform
        | {
            "SIPAS_LANDING_DIR": str(instance.folder("landing")),
            "SIPAS_INBOX_DIR": str(instance.folder("inbox")),
            "SIPAS_DATA_DOCS_DIR": str(instance.folder("data_docs")),
            "SIPAS_LINEAGE_DIR": str(instance.folder("lineage")),
            "SIPAS_OPEN_DATA_DIR": str(instance.folder("open-data")),
            "SIPAS_OPEN_DATA_FILE": str(PROJECT / "config" / "open_data.yml"),
            "SIPAS_SOURCES_FILE": str(PROJECT / "config" / "sources.yml"),
            "SIPAS_ALERTS_FILE": str(PROJECT / "config" / "alerts.yml"),
            "SIPAS_REFERENCE_DIR": str(PROJECT / "reference"),
            "SIPAS_DBT_PROJECT_DIR": str(PROJECT / "dbt_project"),
            "SIPAS_SUPERSET_URL": instance.public_address("superset"),
            "SIPAS_HASH_KEY": instance.secrets["key_hash"],
            # Told to every dbt alike: dbt parses the whole project anew when it is called otherwise
            # than the last time, and Cosmos names both.
            "DBT_PROFILE": "sipas",
            "DBT_TARGET": "warehouse",
            "DBT_PROFILES_DIR": str(PROJECT / "dbt_project"),
            "DBT_TARGET_PATH": str(instance.folder("dbt")),
            "DBT_LOG_PATH": str(instance.folder("dbt") / "logs"),
        }
    )


def dbt_connection(url: str) -> dict[str, str]:
    """dbt's profile wants the parts of the URL one by one."""
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(url)
    return {
        "SIPAS_DBT_HOST": str(parts["host"]),
        "SIPAS_DBT_PORT": str(parts["port"]),
        "SIPAS_DBT_USER": str(parts["user"]),
        "SIPAS_DBT_PASSWORD": str(parts["password"]),
        "SIPAS_DBT_DATABASE": str(parts["dbname"]),
        "SIPAS_DBT_SSLMODE": str(parts.get("sslmode", "prefer")),
    }


def airflow(instance: Instance) -> dict[str, str]:
    """Airflow's configuration: nothing is written to airflow.cfg."""
    metadata = database_url(instance, "airflow", "airflow")
    metadata = metadata.replace("postgresql://", "postgresql+psycopg2://")
    home = instance.folder("airflow")
    core = {
        "CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "16",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
        "CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "CORE__FERNET_KEY": instance.secrets["key_airflow_fernet"],
        "DATABASE__SQL_ALCHEMY_CONN": metadata,
        "API__HOST": instance.listen_on,
        "API__PORT": str(instance.ports["airflow"]),
        "API__BASE_URL": instance.public_address("airflow"),
        "CORE__EXECUTION_API_SERVER_URL": f"{instance.address('airflow')}/execution/",
        # An API server that restarts under a running task is back within a minute or two, and on a
        # busy machine takes its time over the first answer.
        "WORKERS__EXECUTION_API_RETRIES": "10",
        "WORKERS__EXECUTION_API_TIMEOUT": "30",
        "API__SECRET_KEY": instance.secrets["key_airflow_api"],
        "API__WORKERS": "2",
        "API_AUTH__JWT_SECRET": instance.secrets["key_airflow_jwt"],
        "LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "LOGGING__WORKER_LOG_SERVER_PORT": str(instance.ports["airflow_worker_logs"]),
        "LOGGING__TRIGGER_LOG_SERVER_PORT": str(instance.ports["airflow_triggerer_logs"]),
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "120",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
        "COSMOS__ENABLE_TELEMETRY": "False",
        "COSMOS__DBT_DOCS_PROJECTS": json.dumps(
            {DOCS: {"dir": str(instance.folder("dbt")), "index": PAGE, "name": "dbt docs"}}
        ),
        "OPENLINEAGE__NAMESPACE": "sipas",
        "OPENLINEAGE__TRANSPORT": json.dumps(lineage_transport()),
        # Seconds; on a busy machine the default of 10 cuts events off.
        "OPENLINEAGE__EXECUTION_TIMEOUT": "60",
        "OPENLINEAGE__EMISSION_POLICY": json.dumps(EMISSION_POLICY),
        # For retries of the producer, which has none: all it told would be saved anew a node.
        "COSMOS__ENABLE_WATCHER_RELIABLE_RETRY": "False",
    }
    if instance.has_queue:
        core |= queue(instance, metadata)
    return {"AIRFLOW_HOME": str(home)} | {f"AIRFLOW__{k}": v for k, v in core.items()}


def queue(instance: Instance, metadata: str) -> dict[str, str]:
    """What of Airflow's configuration differs when tasks go through Redis to workers."""
    secret = quote(instance.secrets["password_redis"], safe="")
    return {
        "CORE__EXECUTOR": "CeleryExecutor",
        # The limit is each worker's: as many at once as the scheduler runs without a queue.
        "CORE__PARALLELISM": "256",
        "CELERY__WORKER_CONCURRENCY": "16",
        "CELERY__BROKER_URL": f"redis://:{secret}@{instance.host('redis')}:6379/0",
        "CELERY__RESULT_BACKEND": f"db+{metadata}",
    }


def lineage_transport() -> dict[str, object]:
    """OpenLineage's transport: the warehouse, and the backends that the setting
    SIPAS_OPENLINEAGE_TRANSPORTS names, as JSON: {"name": {"type": "http", "url": …}, …}."""
    onward = os.environ.get("SIPAS_OPENLINEAGE_TRANSPORTS") or "{}"
    try:
        backends = json.loads(onward)
    except ValueError as error:
        raise UserError(f"SIPAS_OPENLINEAGE_TRANSPORTS is no JSON: {error}.") from error
    return {"type": "sipas.lineage.transport.WarehouseTransport", "onward": backends}


def airflow_connections(instance: Instance) -> dict[str, str]:
    """Secrets of the sources as Airflow connections; here: the simulated one-stop systems."""
    connection = {
        "conn_type": "http",
        "host": instance.host("simulator"),
        "port": instance.ports["simulator"],
        "schema": "http",
        "login": "sipas",
        "password": instance.secrets["password_simulator"],
    }
    return {
        f"AIRFLOW_CONN_{system.upper()}": json.dumps(connection | {"extra": {"system": system}})
        for system in ("mot_cua_tinh", "mot_cua_xa")
    }


def superset(instance: Instance) -> dict[str, str]:
    """Superset's settings: it knows the read-only role of the warehouse and nothing else of it."""
    metadata = database_url(instance, "superset", "superset")
    return {
        "SUPERSET_HOME": str(instance.folder("superset")),
        "SUPERSET_CONFIG_PATH": str(PROJECT / "superset" / "superset_config.py"),
        "SUPERSET_SECRET_KEY": instance.secrets["key_superset"],
        "SIPAS_SUPERSET_METADATA_URL": metadata.replace("postgresql://", "postgresql+psycopg2://"),
        "SIPAS_BI_DATABASE_URL": database_url(instance, "sipas_bi"),
        "SUPERSET_USER": "admin",
        "SUPERSET_PASSWORD": instance.secrets["password_superset_admin"],
        "SIPAS_ACCOUNTS_FILE": str(accounts_file(instance)),
        "PATH": f"{SUPERSET_BIN}:{os.environ.get('PATH', os.defpath)}",
    }


def simulator(instance: Instance) -> dict[str, str]:
    """The simulator's account."""
    return {
        "SIPAS_SIMULATOR_USER": "sipas",
        "SIPAS_SIMULATOR_PASSWORD": instance.secrets["password_simulator"],
    }


def supervisor(instance: Instance) -> dict[str, str]:
    """What who supervises fieldwork connects with; no server of ours does."""
    return {"SIPAS_SUPERVISOR_DATABASE_URL": database_url(instance, "sipas_supervisor")}


def owner(instance: Instance) -> dict[str, str]:
    """What migrations need: the owner of the warehouse."""
    return {"SIPAS_DATABASE_URL": database_url(instance, "sipas_owner")}
