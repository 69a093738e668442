"""Tells every recipient what is new for it, and notes that it was told.

A message leaves first and is noted then: a run that dies between the two tells once more (with the
same message id), where the other order would lose it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from sipas.alerts.facts import Links, open_facts
from sipas.alerts.message import Message, message_for
from sipas.alerts.recipients import Recipient
from sipas.alerts.store import bring_up_to_date, close_failures, note_telling, untold
from sipas.settings import optional
from sipas.sources.configuration import Sources

log = logging.getLogger(__name__)


class NotConfiguredError(Exception):
    """There is no account for this kind of message: alerts stay open."""


@dataclass
class Told:
    """How many alerts each recipient was told of, and what went wrong with whom."""

    counts: dict[str, int] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    not_configured: dict[str, str] = field(default_factory=dict)


def links_of_settings() -> Links:
    """Where people reach Airflow and Superset from the settings."""
    return Links(optional("AIRFLOW__API__BASE_URL"), optional("SIPAS_SUPERSET_URL"))


def look(connection: psycopg.Connection, sources: Sources, now: datetime) -> None:
    """Notes what is open now, as the audit role."""
    bring_up_to_date(connection, open_facts(connection, sources, now, links_of_settings()))


def tell(
    connection: psycopg.Connection,
    recipients: list[Recipient],
    send: Callable[[Recipient, Message], None],
    now: datetime,
) -> Told:
    """One message for each recipient for whom there is something new.

    `connection` commits each statement by itself. A recipient who cannot be told keeps nobody else
    from being told, and hears of everything the next time.
    """
    told = Told()
    for recipient in recipients:
        alerts = untold(connection, recipient)
        if not alerts:
            continue
        message = message_for(recipient, alerts)
        try:
            send(recipient, message)
        except NotConfiguredError as error:
            told.not_configured[recipient.name] = str(error)
            continue
        except Exception as error:
            # Whatever a server answers: the others are told all the same.
            log.exception("%s was not told", recipient.name)
            told.failures[recipient.name] = type(error).__name__
            continue
        note_telling(connection, recipient, alerts, message.message_id)
        told.counts[recipient.name] = len(alerts)
    close_failures(connection, recipients, now)
    return told
