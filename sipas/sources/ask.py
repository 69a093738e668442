"""Asks a source of any kind for what is new: the one place that knows which connector does it."""

from collections.abc import Callable
from pathlib import Path

import psycopg

from sipas.landing import Manifest
from sipas.sources.configuration import FilesSource, HttpSource, OneStopSource
from sipas.sources.folders import land_dropped, land_handed_in
from sipas.sources.one_stop_http import fetch, fetch_feedback
from sipas.sources.session import Access


def land_news(
    connection: psycopg.Connection,
    landing: Path,
    inbox: Path,
    source: OneStopSource,
    access_by: Callable[[str], Access],
) -> list[Manifest]:
    """Lands what a source has that is new; returns the deliveries, oldest first.

    `access_by` finds the account of a connection. Raises UserError naming the source: then what
    could not be received whole is not landed.
    """
    match source:
        case HttpSource():
            access = access_by(source.connection)
            landed = [fetch(connection, landing, source, access)]
            if source.feedback:
                landed.append(fetch_feedback(connection, landing, source, access))
            return [manifest for manifest in landed if manifest]
        case FilesSource():
            return land_handed_in(connection, landing, inbox, source)
        case _:
            return land_dropped(connection, landing, source)
