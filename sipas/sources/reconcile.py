"""Nightly reconciliation: our counts against the source's, day by day and agency by agency.

Only days that differ are fetched once more, each run of them as a delivery of its own. A dossier
that we hold and the source no longer lists was removed without a word: it becomes a tombstone of
ours in that same delivery, in an object that says so.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import psycopg

from sipas.contracts.mapping import Mapping, load_mapping
from sipas.sources.checkpoint import ResumableIncoming
from sipas.sources.configuration import HttpSource
from sipas.sources.counts import (
    Counts,
    counts_of_source,
    counts_of_warehouse,
    held_dossiers,
    ranges,
)
from sipas.sources.one_stop_http import (
    days_incoming,
    land,
    one_at_a_time,
    walk_of,
    watermark,
)
from sipas.sources.seams import receive_days
from sipas.sources.session import Access, Session
from sipas.vietnamese import LOCAL_TIME

OUR_REMOVALS = "removed-reconciled.json"


@dataclass(frozen=True)
class Difference:
    """A day of an agency on which source and warehouse do not hold the same number."""

    source_code: str
    agency_code: str
    day: date
    source_count: int
    warehouse_count: int

    def __str__(self) -> str:
        return (
            f"{self.source_code}, {self.agency_code}, {self.day}: the source holds "
            f"{self.source_count} dossiers, the warehouse {self.warehouse_count}"
        )


def window(connection: psycopg.Connection, source: HttpSource) -> tuple[date, date] | None:
    """The days to compare: whole days before the watermark, by the source's clock; None when
    nothing of it was accepted yet."""
    reached = watermark(connection, source)
    if reached is None:
        return None
    last = reached.astimezone(LOCAL_TIME).date() - timedelta(days=1)
    return last - timedelta(days=source.reconcile_days - 1), last


def reconcile(
    connection: psycopg.Connection, landing: Path, source: HttpSource, access: Access
) -> list[date]:
    """Compares the counts of the source's window, notes them, and lands the days that differ once
    more; returns these days. Raises SourceUnavailable or SourceRefusesUs naming the source."""
    with one_at_a_time(connection, source), Session(source, access) as session:
        days = window(connection, source)
        if days is None:
            return []
        theirs = counts_of_source(session, *days)
        differing = note_counts(connection, source, [days], theirs)
        found = sorted({difference.day for difference in differing.values()})
        fetch_again(connection, landing, session, ranges(found), theirs, list(differing))
    return found


def confirm(connection: psycopg.Connection, source: HttpSource, access: Access) -> list[Difference]:
    """Compares once more the days that differed when the source was last compared, after what
    was fetched again has been loaded; notes the counts and returns what still differs."""
    with one_at_a_time(connection, source), Session(source, access) as session:
        days = ranges(differing_days(connection, source))
        theirs: Counts = {}
        for first, last in days:
            theirs |= counts_of_source(session, first, last)
        return list(note_counts(connection, source, days, theirs).values())


def differing_days(connection: psycopg.Connection, source: HttpSource) -> list[date]:
    """The days on which the source's newest comparison found a difference."""
    rows = connection.execute(
        """
        select day_on from audit.reconciliations
        where source_code = %(source)s and not is_equal and checked_at = (
            select max(checked_at) from audit.reconciliations where source_code = %(source)s
        )
        group by day_on order by day_on
        """,
        {"source": source.code},
    )
    return [day for (day,) in rows]


def note_counts(
    connection: psycopg.Connection,
    source: HttpSource,
    days: list[tuple[date, date]],
    theirs: Counts,
) -> dict[int, Difference]:
    """Notes both counts of every agency and day in one statement, and commits; returns those that
    differ by the number of their note."""
    ours: Counts = {}
    for first, last in days:
        ours |= counts_of_warehouse(connection, source.code, first, last)
    places = sorted(theirs.keys() | ours.keys())
    noted = connection.execute(
        """
        insert into audit.reconciliations (
            source_code, agency_code, day_on, source_count, warehouse_count
        )
        select %s, given.* from unnest(%s::text[], %s::date[], %s::int[], %s::int[]) as given
        returning reconciliation_id, agency_code, day_on, source_count, warehouse_count
        """,
        [
            source.code,
            [agency for agency, _ in places],
            [day for _, day in places],
            [theirs.get(place, 0) for place in places],
            [ours.get(place, 0) for place in places],
        ],
    ).fetchall()
    connection.commit()
    found = {number: Difference(source.code, *values) for number, *values in noted}
    return {
        number: difference
        for number, difference in found.items()
        if difference.source_count != difference.warehouse_count
    }


def fetch_again(
    connection: psycopg.Connection,
    landing: Path,
    session: Session,
    runs_of_days: list[tuple[date, date]],
    theirs: Counts,
    notes: list[int],
) -> None:
    """Lands each run of days once more with our tombstones, and says so in the notes."""
    source = session.source
    mapping = load_mapping(source.mapping)
    with ExitStack() as stack:
        deliveries = [
            stack.enter_context(
                days_incoming(landing, source, *days, f"{source.code}-{days[0]}-{days[1]}")
            )
            for days in runs_of_days
        ]
        # All are received before anything is called removed: a dossier whose day of filing was
        # corrected is missing on one day and listed on another.
        for incoming in deliveries:
            receive_days(walk_of(session, incoming, "dossiers"))
        listed = [entry for incoming in deliveries for entry in listed_dossiers(incoming, mapping)]
        for incoming, days in zip(deliveries, runs_of_days, strict=True):
            held = held_dossiers(connection, source.code, *days)
            if gone := unannounced(held, listed, theirs):
                body = our_removals(gone, incoming.notes[0].as_of, mapping)
                incoming.add(OUR_REMOVALS, body)
            manifest = land(connection, incoming, None)
            connection.execute(
                "update audit.reconciliations set delivery_id = %s "
                "where reconciliation_id = any(%s) and day_on between %s and %s",
                [manifest.delivery_id, notes, *days],
            )
            connection.commit()


def listed_dossiers(
    incoming: ResumableIncoming, mapping: Mapping
) -> Iterator[tuple[str, str, date | None]]:
    """Agency, code and day of filing of each dossier on the received pages; what a page says
    under another name than the mapping knows is nothing."""
    names = mapping.fields
    for note in incoming.notes:
        page = msgspec.json.decode((incoming.folder / note.name).read_bytes())
        for record in page["data"]:
            if isinstance(record, dict):
                day = filing_day(record.get(names["submitted_at"]), mapping)
                agency, code = record.get(names["agency_code"]), record.get(names["dossier_code"])
                yield str(agency), str(code), day


def filing_day(text: object, mapping: Mapping) -> date | None:
    """The local day of a moment as the vendor writes it, or None."""
    try:
        return mapping.moment(str(text)).astimezone(LOCAL_TIME).date()
    except ValueError:
        return None


def unannounced(
    held: list[tuple], listed: list[tuple[str, str, date | None]], theirs: Counts
) -> list[tuple[str, str, datetime]]:
    """Agency, code and time of change of dossiers that we hold and the source does not list.

    Only where the list is whole: where it has as many dossiers of the agency and day as the
    source counts. Elsewhere something is still on its way, and nothing is called removed.
    """
    known = {(agency, code) for agency, code, _ in listed}
    dossiers = {(agency, day, code) for agency, code, day in listed}
    counted = Counter((agency, day) for agency, day, _ in dossiers)
    return [
        (agency, code, changed_at)
        for agency, code, changed_at, day in held
        if (agency, code) not in known and counted[agency, day] == theirs.get((agency, day), 0)
    ]


def as_written(moment: datetime, mapping: Mapping) -> str:
    """A moment as the vendor writes it."""
    written = mapping.datetime_formats[0]
    local = moment.astimezone(ZoneInfo(mapping.time_zone))
    return local.isoformat() if written == "iso" else local.strftime(written)


def our_removals(gone: list[tuple[str, str, datetime]], as_of: datetime, mapping: Mapping) -> bytes:
    """The object with our tombstones, in the vendor's names, with a mark that it is ours."""
    names = mapping.removals
    body = {
        "made_by": "sipas reconcile_one_stop",
        "note_vi": (
            "Do kho dữ liệu lập khi đối chiếu, không phải do hệ thống nguồn gửi: các hồ sơ mà kho "
            "đang giữ nhưng hệ thống nguồn không còn liệt kê và không báo đã xóa."
        ),
        "as_of": as_of.isoformat(),
        "data": [
            {
                names["dossier_code"]: code,
                names["agency_code"]: agency,
                # Never earlier than the version that it ends.
                names["removed_at"]: as_written(max(as_of, changed_at), mapping),
            }
            for agency, code, changed_at in gone
        ],
    }
    return msgspec.json.format(msgspec.json.encode(body))
