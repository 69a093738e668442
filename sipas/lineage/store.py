"""Where lineage events are kept: audit.lineage_events, and a folder while the database is away."""

import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any

import psycopg

from sipas.database import connect
from sipas.landing import write_synced

log = logging.getLogger(__name__)

FOLDER_SETTING = "SIPAS_LINEAGE_DIR"
INSERT = """
    insert into audit.lineage_events
        (event_id, event_type, event_time, run_id, job_namespace, job_name, producer, event)
    values (%s, %s, %s, %s, %s, %s, %s, %s)
    on conflict do nothing
"""


def keep(text: str, folder: Path) -> None:
    """Stores one event (JSON), and those that wait in `folder`.

    It is written into the folder first: a process that is killed, or a database that is away, loses
    none. Raises OSError when the folder does not take it.
    """
    set_aside(text, folder)
    take_in(folder)


def set_aside(text: str, folder: Path) -> Path:
    """Writes an event into `folder`; returns its file."""
    path = folder / f"{event_id(text)}.json"
    half = path.with_suffix(f".{os.getpid()}")  # nobody takes in half a file
    write_synced(half, text.encode())
    return half.replace(path)


def take_in(folder: Path) -> int:
    """Stores the events that wait in `folder`; returns how many.

    Without a database all stay; one that the database refuses stays, and the others go on.
    """
    stored = 0
    try:
        with connect("lineage", autocommit=True) as connection:
            for path in sorted(folder.glob("*.json")):
                stored += take_in_one(connection, path)
    except psycopg.OperationalError as error:
        log.error("The database takes no lineage events (%s); they wait in %s", error, folder)
    return stored


def take_in_one(connection: psycopg.Connection, path: Path) -> bool:
    """Stores one event that waits, and takes it out of the folder; whether that went well."""
    try:
        connection.execute(INSERT, row_of(path.read_text(encoding="utf8")))
    except FileNotFoundError:
        return False  # another process took it in
    except psycopg.OperationalError:
        raise  # the database went away: the others need not try
    except (psycopg.Error, ValueError, KeyError) as error:
        log.error("The lineage event %s still waits: %s", path, error)
        return False
    path.unlink(missing_ok=True)
    return True


def waiting(folder: Path) -> int:
    """How many events wait in `folder`."""
    return sum(1 for _ in folder.glob("*.json"))


def event_id(text: str) -> str:
    """The SHA-256 of an event's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def row_of(text: str) -> tuple[Any, ...]:
    """The row of an event; raises ValueError or KeyError when the text is none."""
    event = json.loads(text)
    job = event.get("job") or {}
    return (
        event_id(text),
        event.get("eventType"),
        event["eventTime"],
        (event.get("run") or {}).get("runId"),
        job.get("namespace"),
        job.get("name"),
        event["producer"],
        text,
    )
