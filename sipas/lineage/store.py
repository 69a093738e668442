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
    """Stores one event (JSON), and those that wait in `folder`; sets it aside there when the
    database does not take it. Raises OSError when the folder does not take it either."""
    try:
        with connect("lineage") as connection:
            connection.execute(INSERT, row_of(text))
    except psycopg.Error as error:
        path = set_aside(text, folder)
        log.error("The database took no lineage event (%s); it waits in %s", error, path)
        return
    take_in(folder)


def set_aside(text: str, folder: Path) -> Path:
    """Writes an event into `folder`; returns its file."""
    path = folder / f"{event_id(text)}.json"
    half = path.with_suffix(f".{os.getpid()}")  # nobody takes in half a file
    write_synced(half, text.encode())
    return half.replace(path)


def take_in(folder: Path) -> int:
    """Stores the events that wait in `folder`; returns how many.

    One that the database refuses stays, and the others go on.
    """
    stored = 0
    for path in sorted(folder.glob("*.json")):
        try:
            with connect("lineage") as connection:
                connection.execute(INSERT, row_of(path.read_text(encoding="utf8")))
        except FileNotFoundError:
            continue  # another process took it in
        except (psycopg.Error, ValueError, KeyError) as error:
            log.error("The lineage event %s still waits: %s", path, error)
            continue
        path.unlink(missing_ok=True)
        stored += 1
    return stored


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
