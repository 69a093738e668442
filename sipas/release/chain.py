"""The chain of releases: who edits a release, an approval or a scan inside the database, breaks it.

Every release is a link over all scopes: its hash covers the previous link, what it is, and the hash
of its rows. Every event (frozen, approved, published …) is a link of a second chain, whose first
event of a release holds the release's link: so the head of the events covers both. The database
makes the hashes (`sipas/migrations/release_chain.py`); here they are reckoned once more, from the
rows alone. Who may rewrite every row may rewrite every hash: then only a head that was printed or
copied elsewhere tells, which is why it stands on whatever is published.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sipas.errors import UserError

PRINTED_DIGITS = 16
# A clock may be set back a little by the network; more is a clock that somebody moved.
CLOCK_TOLERANCE = timedelta(minutes=1)
NEXT_STATES = {
    None: {"frozen"},
    "candidate": {"approved", "rejected"},
    "approved": {"published", "withdrawn"},
    "published": {"superseded", "withdrawn"},
}
LINK_COLUMNS = (
    "chain_position",
    "release_id",
    "scope",
    "content_sha256",
    "previous_sha256",
    "row_count",
    "data_nature",
    "calendar_version",
    "build_id",
    "as_of_at",
    "code_version",
    "dbt_project_sha256",
    "created_at",
    "supersedes",
    "owner_unit_key",
    "chain_sha256",
)
STATE_COLUMNS = {
    "content_sha256": "mã băm nội dung",
    "decision_number": "số quyết định",
    "decision_on": "ngày quyết định",
    "signatory": "người ký",
    "position": "chức vụ người ký",
    "approved_by": "người phê duyệt",
    "approved_at": "thời điểm phê duyệt",
    "is_automatic_approval": "dấu phê duyệt tự động",
    "publish_not_before": "ngày được công bố",
    "approval_note": "ghi chú phê duyệt",
    "published_at": "thời điểm công bố",
    "replaced_by": "bản thay thế",
    "reason": "lý do",
    "status": "trạng thái",
}


@dataclass(frozen=True)
class Head:
    """The newest event: whoever holds its hash can tell that nothing before it was edited."""

    position: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.position}-{self.sha256[:PRINTED_DIGITS]}"


@dataclass(frozen=True)
class Fault:
    """One thing that is not as the chain says; `what` is for auditors (Vietnamese)."""

    release_id: str | None
    what: str

    def __str__(self) -> str:
        return f"{self.release_id or 'chuỗi phát hành'}: {self.what}"


@contextmanager
def chained(connection: psycopg.Connection, actor: str | None = None) -> Iterator[None]:
    """One transaction in which releases change, one after the other, on behalf of `actor`."""
    with connection.transaction():
        # First of all: who held a row and then waited for the chain would deadlock.
        connection.execute("select release.lock_chain()")
        connection.execute("select set_config('sipas.actor', %s, true)", [actor or ""])
        yield


def chain_head(connection: psycopg.Connection) -> Head | None:
    """The head of the chain; None when there has never been a release."""
    row = connection.execute(
        "select position, chain_sha256 from release.events order by position desc limit 1"
    ).fetchone()
    return Head(*row) if row else None


def check_chain(connection: psycopg.Connection, expected_head: str | None = None) -> list[Fault]:
    """Reckons every link and event from the rows; returns what differs, nothing when all holds.

    `expected_head` is a head as printed («42-3fa9c1d2e4b5a697»), also an old one. Raises UserError
    when it is not written like one. Rows of marts are not read here: their hash is a part of the
    link, and `sipas verify` compares it with the rows.
    """
    # Without method rows: they are large, and their hash is in that of the content.
    columns = ", ".join(dict.fromkeys((*LINK_COLUMNS, *STATE_COLUMNS)))
    releases = rows(
        connection,
        f"select {columns} from release.releases "  # noqa: S608 - constants of this file
        "order by chain_position, release_id",
    )
    events = rows(
        connection,
        "select *, details::text as details_text from release.events order by position",
    )
    return [
        *faults_of_links(releases),
        *faults_of_events(events),
        *faults_of_states(releases, events),
        *faults_of_attachments(connection, events),
        *(faults_of_head(events, expected_head) if expected_head else []),
    ]


def events_of(connection: psycopg.Connection, release_id: str) -> list[dict]:
    """What happened to a release, oldest first."""
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute(
        "select * from release.events where release_id = %s order by position", [release_id]
    ).fetchall()


def rows(connection: psycopg.Connection, query: str) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries."""
    return connection.cursor(row_factory=dict_row).execute(query).fetchall()


def instant(moment: datetime | None) -> str | None:
    """A moment as release.instant writes it."""
    return moment and moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def digest(*parts: str | int | None) -> str:
    """SHA-256 over a JSON array of texts, as the database writes one."""
    texts = [part if part is None else str(part) for part in parts]
    return hashlib.sha256(json.dumps(texts, ensure_ascii=False).encode()).hexdigest()


def link_sha256(previous: str, release: dict) -> str:
    """The link of a release from the previous link and the release's fixed columns."""
    return digest(previous, *(as_written(release[name]) for name in LINK_COLUMNS[:-1]))


def event_sha256(previous: str, event: dict) -> str:
    """The link of an event."""
    return digest(
        previous,
        event["position"],
        event["release_id"],
        event["event"],
        instant(event["at"]),
        event["actor"],
        event["db_role"],
        event["details_text"],
    )


def faults_of_links(releases: list[dict]) -> Iterator[Fault]:
    """Every release is the next link, and its hash is that of what it says."""
    previous = ""
    for number, release in enumerate(releases, start=1):
        if release["chain_position"] != number:
            yield Fault(
                release["release_id"],
                f"đứng ở vị trí {release['chain_position']} của chuỗi, lẽ ra là {number}: "
                "có bản phát hành bị xóa hoặc bị chèn",
            )
            return
        if link_sha256(previous, release) != release["chain_sha256"]:
            yield Fault(
                release["release_id"],
                f"mắt xích {number} không khớp: phạm vi, mã băm nội dung, tính chất số liệu, "
                "thời điểm, lượt tính hoặc mắt xích trước đã bị sửa",
            )
        previous = release["chain_sha256"]


def faults_of_events(events: list[dict]) -> Iterator[Fault]:
    """Every event is the next one, its hash is that of what it says, and time does not run back."""
    previous, before = "", None
    for number, event in enumerate(events, start=1):
        if event["position"] != number:
            yield Fault(
                event["release_id"],
                f"sự kiện đứng ở vị trí {event['position']}, lẽ ra là {number}: "
                "có sự kiện bị xóa hoặc bị chèn",
            )
            return
        if event_sha256(previous, event) != event["chain_sha256"]:
            yield Fault(
                event["release_id"],
                f"sự kiện {number} ({event['event']}) không khớp mã băm: nội dung, người làm, "
                "thời điểm hoặc sự kiện trước đã bị sửa",
            )
        if before and event["at"] < before - CLOCK_TOLERANCE:
            yield Fault(
                event["release_id"],
                f"sự kiện {number} ({event['event']}) xảy ra trước sự kiện {number - 1}: "
                "đồng hồ máy chủ đã bị chỉnh lùi hoặc thời điểm bị sửa",
            )
        previous, before = event["chain_sha256"], event["at"]


def faults_of_states(releases: list[dict], events: list[dict]) -> Iterator[Fault]:
    """What a release says of itself today is what its last event said."""
    first: dict[str, dict] = {}
    last: dict[str, dict] = {}
    for event in events:
        if event["event"] in ("attached", "refused_answer"):
            continue
        yield from faults_of_step(last.get(event["release_id"]), event)
        first.setdefault(event["release_id"], event)
        last[event["release_id"]] = event
    known = {release["release_id"] for release in releases}
    for release_id in last.keys() - known:
        yield Fault(release_id, "có sự kiện nhưng bản phát hành không còn")
    for release in releases:
        event = last.get(release["release_id"])
        if event is None:
            yield Fault(release["release_id"], "không có sự kiện nào ghi lại việc đóng băng")
            continue
        link = details(first[release["release_id"]]).get("chain_sha256")
        if link != release["chain_sha256"]:
            yield Fault(
                release["release_id"],
                f"mắt xích là {release['chain_sha256'][:16]}…, khi đóng băng là "
                f"{(link or 'không ghi')[:16]}…",
            )
        for column, label in STATE_COLUMNS.items():
            now, then = as_written(release[column]), details(event).get(column)
            if now != then:
                yield Fault(
                    release["release_id"],
                    f"{label} là «{now}», sự kiện {event['position']} ghi «{then}»",
                )


def faults_of_step(before: dict | None, event: dict) -> Iterator[Fault]:
    """A release begins frozen and only takes a next state; its link is the one it began with."""
    state = before and details(before).get("status")
    if event["event"] not in NEXT_STATES.get(state, set()):
        yield Fault(
            event["release_id"],
            f"sự kiện {event['position']}: {state or 'chưa có gì'} không thể thành "
            f"{event['event']}",
        )


def details(event: dict) -> dict[str, Any]:
    """What an event says; nothing when it was damaged beyond reading."""
    return event["details"] if isinstance(event["details"], dict) else {}


def as_written(value: Any) -> Any:
    """A column as the details of an event hold it."""
    if isinstance(value, datetime):
        return instant(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def faults_of_attachments(connection: psycopg.Connection, events: list[dict]) -> Iterator[Fault]:
    """Every scan is there, has the hash of its bytes, and was noted when it was attached."""
    noted = {
        details(event).get("attachment_id"): event
        for event in events
        if event["event"] == "attached"
    }
    kept = rows(
        connection,
        "select attachment_id, release_id, file_name, sha256, "
        "encode(sha256(body), 'hex') as found from release.attachments order by 1",
    )
    for scan in kept:
        event = noted.pop(scan["attachment_id"], None)
        said = event and details(event).get("sha256")
        if not scan["found"] == scan["sha256"] == said:
            yield Fault(
                scan["release_id"],
                f"tệp đính kèm «{scan['file_name']}» không còn là tệp đã đính kèm "
                f"(mã băm {scan['found'][:16]}…, sự kiện ghi {(said or 'không có')[:16]}…)",
            )
    for event in noted.values():
        yield Fault(
            event["release_id"],
            f"tệp đính kèm «{details(event).get('file_name')}» không còn",
        )


def faults_of_head(events: list[dict], expected: str) -> Iterator[Fault]:
    """The head that was printed or copied is still a link of the chain."""
    number, _, digits = expected.strip().partition("-")
    if not number.isdigit() or len(digits) < 12:
        raise UserError(
            f"«{expected}» không phải là đầu chuỗi; đầu chuỗi có dạng 42-3fa9c1d2e4b5a697 "
            "(sipas release head)."
        )
    found = next((event for event in events if event["position"] == int(number)), None)
    if found is None:
        yield Fault(None, f"chuỗi chỉ có {len(events)} sự kiện, không còn sự kiện {number} đã in")
    elif not found["chain_sha256"].startswith(digits):
        yield Fault(
            found["release_id"],
            f"đầu chuỗi đã in là {expected}, sự kiện {number} nay là "
            f"{Head(found['position'], found['chain_sha256'])}: chuỗi đã bị viết lại",
        )
