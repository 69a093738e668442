"""Accounts of sources, from Airflow's connections."""

from sipas.errors import UserError
from sipas.sources.session import Access


def access_of_task(name: str) -> Access:
    """The account of connection `name`, inside a task; raises UserError when there is none."""
    from airflow.sdk import Connection

    return as_access(name, Connection.get)


def access_of_command(name: str) -> Access:
    """The same outside of tasks, where Airflow's own tables are read."""
    from airflow.models.connection import Connection

    return as_access(name, Connection.get_connection_from_secrets)


def as_access(name: str, get) -> Access:
    """Where the system answers, and as whom."""
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        account = get(name)
    except AirflowNotFoundException:
        raise UserError(
            f"There is no Airflow connection '{name}': add it (Admin → Connections) with host, "
            "port, schema, login and password."
        ) from None
    port = f":{account.port}" if account.port else ""
    return Access(
        f"{account.schema or 'https'}://{account.host}{port}", account.login, account.password
    )
