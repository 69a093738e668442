"""The chain of releases: by its own check in the database, by the same rules in a bundle."""

from datetime import datetime

import msgspec
import psycopg

from sipas.release import chain
from sipas.release.verify.noted import Noted, Row
from sipas.release.verify.report import Check

MOMENTS = ("as_of_at", "created_at", "approved_at", "published_at", "at")


def check_chain(
    noted: Noted, check: Check, connection: psycopg.Connection | None, head: str | None
) -> None:
    """Every link and event is what it was; `head` is the end of the chain as printed elsewhere.

    Raises UserError when the head is not written like one.
    """
    check.compared = len(noted.releases) + len(noted.events)
    if connection is not None:
        faults = chain.check_chain(connection, head)
    else:
        faults = faults_of_rows(noted, head)
    check.faults += [str(fault) for fault in faults]


def faults_of_rows(noted: Noted, head: str | None) -> list:
    """The faults of the chain that the rows of a bundle tell; it holds no attached scans."""
    releases = sorted(map(with_moments, noted.releases), key=lambda row: row["chain_position"])
    events = [with_moments(row) for row in noted.events]
    return [
        *chain.faults_of_links(releases),
        *chain.faults_of_events(events),
        *chain.faults_of_states(releases, events),
        *(chain.faults_of_head(events, head) if head else []),
    ]


def with_moments(row: Row) -> Row:
    """A row of JSON with its moments as the database returns them."""
    moments = {
        name: msgspec.convert(row[name], datetime) for name in MOMENTS if row.get(name) is not None
    }
    return row | moments
