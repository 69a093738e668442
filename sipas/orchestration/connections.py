"""Accounts of sources, from Airflow's connections."""

from airflow.sdk import Connection

from sipas.sources.session import Access


def access_by(name: str) -> Access:
    """The account of the Airflow connection `name`: where the system answers, and as whom."""
    account = Connection.get(name)
    port = f":{account.port}" if account.port else ""
    return Access(
        f"{account.schema or 'https'}://{account.host}{port}", account.login, account.password
    )
