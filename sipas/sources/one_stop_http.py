"""One-stop systems with an HTTP JSON interface: what changed, what was removed, feedback, days.

`fetch` lands one delivery of dossiers, `fetch_feedback` one of feedback, `fetch_days` all dossiers
filed on some days. Times are the source's own throughout: its clock may differ from ours.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import psycopg

from sipas.landing import Manifest, is_repeat, register, register_all
from sipas.sources.changed_at import reader_of_changes
from sipas.sources.checkpoint import Question, ResumableIncoming
from sipas.sources.configuration import HttpSource
from sipas.sources.seams import receive_changes, receive_days
from sipas.sources.session import Access, Session, SourceRefusesUs, SourceUnavailable
from sipas.sources.walk import Moment, Walk

__all__ = [
    "Access",
    "SourceRefusesUs",
    "SourceUnavailable",
    "fetch",
    "fetch_days",
    "fetch_feedback",
    "watermark",
]

log = logging.getLogger(__name__)


class Removals(msgspec.Struct):
    """What we must understand of an answer about removed dossiers."""

    as_of: Moment
    data: list[msgspec.Raw]


class ClockWentBack(Exception):
    """The source's clock shows less than it did: it was wrong then, or is wrong now."""

    def __init__(self, as_of: datetime) -> None:
        super().__init__(f"the source's clock went back to {as_of}")
        self.as_of = as_of


def watermark(
    connection: psycopg.Connection,
    source: HttpSource,
    delivery_kind: str = "dossiers",
    not_after: datetime | None = None,
) -> datetime | None:
    """The source's time up to which its accepted deliveries of a kind reach (those of them that
    are not later than `not_after`); None before the first."""
    return connection.execute(
        """
        select max(deliveries.watermark)
        from audit.deliveries as deliveries
        inner join audit.batches as batches using (delivery_id)
        where deliveries.source_code = %(source)s and deliveries.delivery_kind = %(kind)s
        and batches.status = 'accepted'
        and (%(not_after)s::timestamptz is null or deliveries.watermark <= %(not_after)s)
        """,
        {"source": source.code, "kind": delivery_kind, "not_after": not_after},
    ).fetchone()[0]


def fetch(
    connection: psycopg.Connection, landing: Path, source: HttpSource, access: Access
) -> Manifest | None:
    """Asks a system which dossiers changed (and were removed) since the watermark, less the
    overlap, and lands the answer.

    Returns the manifest, or None when the answer is the newest delivery once more. Raises
    SourceUnavailable or SourceRefusesUs naming the source; then nothing is landed, and the next
    run goes on at the page where this one stopped.
    """
    return fetch_changes(connection, landing, source, access, "dossiers")


def fetch_feedback(
    connection: psycopg.Connection, landing: Path, source: HttpSource, access: Access
) -> Manifest | None:
    """The same for feedback of citizens, a delivery with a watermark of its own."""
    return fetch_changes(connection, landing, source, access, "feedback")


def fetch_changes(
    connection: psycopg.Connection,
    landing: Path,
    source: HttpSource,
    access: Access,
    delivery_kind: str,
) -> Manifest | None:
    """What changed of a kind of record; its endpoint is named like the kind."""
    with one_at_a_time(connection, source), Session(source, access) as session:
        register_all(connection, landing, delivery_kind)  # also what a killed run had landed
        last = watermark(connection, source, delivery_kind)
        connection.commit()
        while True:
            since = last - timedelta(minutes=source.overlap_minutes) if last else None
            incoming = incoming_pages(
                landing,
                source,
                delivery_kind,
                {"updated_since": since.isoformat()} if since else {},
                window_from=since,
            )
            try:
                with incoming:
                    return land_changes(connection, session, incoming, last)
            except ClockWentBack as found:
                log.warning("%s: %s; asking from an older watermark", source.code, found)
                last = watermark(connection, source, delivery_kind, found.as_of)


def land_changes(
    connection: psycopg.Connection,
    session: Session,
    incoming: ResumableIncoming,
    last: datetime | None,
) -> Manifest | None:
    """Receives and lands one answer; raises ClockWentBack when it is older than the last."""
    kind = incoming.header["delivery_kind"]
    walk = walk_of(session, incoming, kind)
    as_of = walk.first().as_of
    if last and as_of < last:
        raise ClockWentBack(as_of)
    receive_changes(walk)
    if kind == "dossiers" and session.source.removals:
        _, body = session.get(
            "dossiers/removed",
            {key: value for key, value in incoming.question.parameters.items()},
            Removals,
            "the removed dossiers",
        )
        incoming.add("removed-00001.json", body)
    if is_repeat(connection, incoming):
        return None
    return land(connection, incoming, walk.as_of)


def fetch_days(
    connection: psycopg.Connection,
    landing: Path,
    source: HttpSource,
    access: Access,
    days_from: date,
    days_to: date,
) -> Manifest:
    """Lands all dossiers that the source holds as filed on these days (both included).

    Such a delivery has no watermark: it does not tell what changed meanwhile on other days.
    """
    with (
        one_at_a_time(connection, source),
        Session(source, access) as session,
        days_incoming(landing, source, days_from, days_to, f"{source.code}-days") as incoming,
    ):
        receive_days(walk_of(session, incoming, "dossiers"))
        return land(connection, incoming, None)


def days_incoming(
    landing: Path, source: HttpSource, days_from: date, days_to: date, folder_name: str
) -> ResumableIncoming:
    """The delivery of all dossiers filed on some days."""
    return incoming_pages(
        landing,
        source,
        "dossiers",
        {"submitted_from": days_from.isoformat(), "submitted_to": days_to.isoformat()},
        days_from=days_from,
        days_to=days_to,
        folder_name=folder_name,
    )


def incoming_pages(
    landing: Path,
    source: HttpSource,
    delivery_kind: str,
    parameters: dict[str, str],
    folder_name: str | None = None,
    **header,
) -> ResumableIncoming:
    """A delivery of pages of one endpoint."""
    return ResumableIncoming(
        landing,
        question=Question(
            path=f"{source.path}/{delivery_kind}",
            paging=source.paging,
            page_size=source.page_size,
            data_nature=source.data_nature,
            parameters=parameters,
        ),
        younger_than=timedelta(hours=source.resume_hours),
        source_code=source.code,
        delivery_kind=delivery_kind,
        data_nature=source.data_nature,
        folder_name=folder_name
        or (source.code if delivery_kind == "dossiers" else f"{source.code}-{delivery_kind}"),
        **header,
    )


def walk_of(session: Session, incoming: ResumableIncoming, path: str) -> Walk:
    """The walk that answers a delivery's question."""
    changed_at = reader_of_changes(session.source, path)
    return Walk(session, incoming, path, incoming.question.parameters, changed_at)


def land(
    connection: psycopg.Connection, incoming: ResumableIncoming, as_of: datetime | None
) -> Manifest:
    """Makes the delivery final and notes it."""
    manifest = incoming.commit(watermark=as_of)
    register(connection, incoming.landing, manifest)
    connection.commit()
    return manifest


@contextmanager
def one_at_a_time(connection: psycopg.Connection, source: HttpSource) -> Iterator[None]:
    """Waits until nobody else is asking this source: a nightly run, a backfill and a
    reconciliation share its rate limit and its folder."""
    lock = f"sipas.sources {source.code}"
    connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [lock])
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()  # a failed statement would refuse the next
        connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [lock])
        connection.commit()
