"""Alerts as Airflow sees them: the note of a failed run; mail and webhook by its connections."""

import logging
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseNotifier

MAIL = "sipas_alerts_smtp"  # the Airflow connection by which mail is sent
WEBHOOK_SECONDS = 20
log = logging.getLogger(__name__)


class NoteFailure(BaseNotifier):
    """Writes down that a run failed, nothing else: `send_alerts` tells people, one message for all.

    It runs in the DAG processor, once a failed run, and quotes no error: that may hold anything.
    """

    def notify(self, context: Any) -> None:
        """Notes the run in audit.alerts."""
        from sipas.alerts.facts import failure
        from sipas.alerts.store import note
        from sipas.alerts.tell import links_of_settings
        from sipas.database import connect

        run = failure(
            context["dag"].dag_id, context["run_id"], datetime.now(UTC), links_of_settings()
        )
        with connect("audit") as connection:
            note(connection, run)


def tell_people() -> dict[str, int]:
    """Looks, and tells every recipient what is new; returns how many alerts each was told of.

    Fails, naming them, when somebody could not be told: it is tried again, also by the next run.
    """
    from sipas.alerts.recipients import read_recipients
    from sipas.alerts.tell import look, tell
    from sipas.database import connect
    from sipas.sources.configuration import read_sources

    recipients, now = read_recipients(), datetime.now(UTC)
    with connect("audit", autocommit=True) as connection:
        look(connection, read_sources(), now)
        told = tell(connection, recipients, send, now)
    for name, missing in told.not_configured.items():
        log.warning("%s is not told: %s", name, missing)
    if told.failures:
        said = "; ".join(f"{name}: {error}" for name, error in told.failures.items())
        raise RuntimeError(f"Not told, and told again with the next run: {said}")
    return told.counts


def send(recipient: Any, message: Any) -> None:
    """One message to one recipient; raises whatever the server answers."""
    if recipient.email:
        send_mail(recipient.email, message)
    else:
        post(recipient.webhook, message)


def connection_of(name: str) -> Any:
    """The Airflow connection of this name; raises NotConfiguredError when there is none."""
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    from sipas.alerts.tell import NotConfiguredError

    try:
        return BaseHook.get_connection(name)
    except AirflowNotFoundException:
        raise NotConfiguredError(
            f"there is no Airflow connection '{name}' (Admin → Connections)"
        ) from None


def send_mail(address: str, message: Any) -> None:
    """A mail by the connection of alerts; its extra `from_email` is the sender."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    connection_of(MAIL)
    with SmtpHook(smtp_conn_id=MAIL) as hook:
        hook.send_email_smtp(
            to=address,
            subject=message.subject,
            html_content=message.html,
            mime_charset="utf-8",
            custom_headers={"Message-ID": f"<{message.message_id}@sipas>"},
        )


def post(name: str, message: Any) -> None:
    """JSON to the address of a connection: schema://host:port and the extra `path`; a password is
    sent as a bearer token."""
    import httpx

    account = connection_of(name)
    port = f":{account.port}" if account.port else ""
    path = str(account.extra_dejson.get("path", "/"))
    headers = {"Authorization": f"Bearer {account.password}"} if account.password else {}
    answer = httpx.post(
        f"{account.schema or 'https'}://{account.host}{port}{path}",
        json=message.as_json(),
        headers=headers,
        timeout=WEBHOOK_SECONDS,
    )
    answer.raise_for_status()
