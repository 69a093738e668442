"""The chain of releases: by its own check in the database, by the same rules in a bundle."""

from datetime import datetime
from importlib import import_module
from importlib.util import find_spec

import msgspec
import psycopg

from sipas.errors import UserError
from sipas.release.verify.noted import Noted, Row
from sipas.release.verify.report import Check

CHAIN = "sipas.release.chain"
MOMENTS = ("as_of_at", "created_at", "approved_at", "published_at", "at")


def check_chain(
    noted: Noted, check: Check, connection: psycopg.Connection | None, head: str | None
) -> None:
    """Every link and event is what it was; `head` is the end of the chain as printed elsewhere.

    Raises UserError when the head is not written like one.
    """
    check.compared = len(noted.releases) + len(noted.events)
    if find_spec(CHAIN) is None:
        faults = faults_of_previous(noted.releases, head)
    elif connection is not None:
        faults = import_module(CHAIN).check_chain(connection, head)
    else:
        faults = faults_of_rows(noted, head)
    check.faults += [str(fault) for fault in faults]


def faults_of_rows(noted: Noted, head: str | None) -> list:
    """The faults of the chain that the rows of a bundle tell; it holds no attached scans."""
    chain = import_module(CHAIN)
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


def faults_of_previous(releases: list[Row], head: str | None) -> list[str]:
    """Each release names the content of the one that it followed."""
    if head:
        raise UserError("Cơ sở dữ liệu này chưa có chuỗi sự kiện, không có đầu chuỗi để so.")
    faults = []
    by_id = {row["release_id"]: row for row in releases}
    for row in releases:
        before = by_id.get(row["supersedes"])
        if row["supersedes"] and before is None:
            faults.append(f"{row['release_id']}: không còn bản trước {row['supersedes']}.")
        elif before and before["content_sha256"] != row["previous_sha256"]:
            faults.append(
                f"{row['release_id']}: mã băm của bản trước {row['supersedes']} ghi là "
                f"{row['previous_sha256']}, nay là {before['content_sha256']}."
            )
    return faults
