"""`audit.alerts`: what is open, and who was told of it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from sipas.alerts.facts import FAILURE, Fact
from sipas.alerts.recipients import Recipient

# A failed run of which nobody wants to hear is listed for so long.
LISTED = timedelta(days=30)


@dataclass(frozen=True)
class Alert(Fact):
    """A fact as it was noted."""

    alert_id: int
    opened_at: datetime


OPEN = """
    select alert_id, kind, alert_key, since, what_vi, place_vi, to_do_vi, owner_vi, link,
        data_nature, opened_at
    from audit.alerts as alerts
    where closed_at is null {}
    order by since, alert_id
"""


def note(connection: psycopg.Connection, fact: Fact) -> None:
    """Opens an alert, unless the same thing is open already."""
    connection.execute(
        """
        insert into audit.alerts (kind, alert_key, since, what_vi, place_vi, to_do_vi, owner_vi,
            link, data_nature)
        values (%(kind)s, %(alert_key)s, %(since)s, %(what_vi)s, %(place_vi)s, %(to_do_vi)s,
            %(owner_vi)s, %(link)s, %(data_nature)s)
        on conflict (kind, alert_key) where closed_at is null do nothing
        """,
        asdict(fact),
    )


def bring_up_to_date(connection: psycopg.Connection, facts: Iterable[Fact]) -> None:
    """Opens what is new and closes what is over. A run that failed is no state that ends by
    itself: `close_failures` ends it."""
    facts = list(facts)
    with connection.transaction():
        for fact in facts:
            note(connection, fact)
        connection.execute(
            """
            update audit.alerts set closed_at = clock_timestamp()
            where closed_at is null and kind <> %s and not exists (
                select from unnest(%s::text[], %s::text[]) as open_now (kind, alert_key)
                where open_now.kind = alerts.kind and open_now.alert_key = alerts.alert_key
            )
            """,
            [FAILURE, [f.kind for f in facts], [f.alert_key for f in facts]],
        )


def close_failures(
    connection: psycopg.Connection, recipients: list[Recipient], now: datetime
) -> None:
    """Failed runs are over when everybody was told who asked; or after a month, when nobody did."""
    told = tellings(connection)
    over = []
    for alert in open_alerts(connection):
        if alert.kind != FAILURE:
            continue
        wanted = {r.name for r in recipients if r.wants(alert)}
        heard = {row["recipient"] for row in told if row["alert_id"] == alert.alert_id}
        if (wanted and wanted <= heard) or (not wanted and now - alert.opened_at > LISTED):
            over.append(alert.alert_id)
    connection.execute(
        "update audit.alerts set closed_at = clock_timestamp() where alert_id = any(%s)", [over]
    )


def open_alerts(connection: psycopg.Connection) -> list[Alert]:
    """What is open, oldest first."""
    return connection.cursor(row_factory=class_row(Alert)).execute(OPEN.format("")).fetchall()


def untold(connection: psycopg.Connection, recipient: Recipient) -> list[Alert]:
    """What is open, wanted by a recipient and not told to it yet, oldest first."""
    condition = """and not exists (
        select from audit.alert_tellings as tellings
        where tellings.alert_id = alerts.alert_id and tellings.recipient = %s
    )"""
    cursor = connection.cursor(row_factory=class_row(Alert))
    found = cursor.execute(OPEN.format(condition), [recipient.name]).fetchall()
    return [alert for alert in found if recipient.wants(alert)]


def note_telling(
    connection: psycopg.Connection, recipient: Recipient, alerts: list[Alert], message_id: str
) -> None:
    """Notes that a recipient was told, in one transaction."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            "insert into audit.alert_tellings (alert_id, recipient, message_id) "
            "values (%s, %s, %s)",
            [(alert.alert_id, recipient.name, message_id) for alert in alerts],
        )


def tellings(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """Who was told of what is open, and when."""
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute(
        """
        select tellings.* from audit.alert_tellings as tellings
        inner join audit.alerts as alerts using (alert_id)
        where alerts.closed_at is null order by told_at, recipient
        """
    ).fetchall()
