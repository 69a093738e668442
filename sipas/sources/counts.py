"""How many dossiers the source holds by agency and day of filing, and how many we hold."""

from datetime import date, timedelta

import msgspec
import psycopg

from sipas.sources.session import Session
from sipas.sources.walk import Moment

Counts = dict[tuple[str, date], int]  # by agency and local day of filing

# Every dossier with some version filed on these days, then its newest version by the source's own
# time; what the source has removed since does not count.
HELD = """
    with candidates as (
        select agency_code, dossier_code
        from raw.dossiers
        where source_code = %(source)s
        and submitted_at >= %(days_from)s::timestamp at time zone 'Asia/Ho_Chi_Minh'
        and submitted_at < (%(days_to)s::date + 1)::timestamp at time zone 'Asia/Ho_Chi_Minh'
        group by agency_code, dossier_code
    ),
    newest as (
        select distinct on (dossiers.agency_code, dossiers.dossier_code)
            dossiers.agency_code, dossiers.dossier_code, dossiers.source_updated_at,
            (dossiers.submitted_at at time zone 'Asia/Ho_Chi_Minh')::date as day_on
        from candidates
        inner join raw.dossiers as dossiers using (agency_code, dossier_code)
        inner join audit.current_batches using (batch_id)
        where dossiers.source_code = %(source)s
        order by dossiers.agency_code, dossiers.dossier_code, dossiers.source_updated_at desc,
            dossiers.batch_id desc, dossiers.position desc
    ),
    held as (
        select newest.*
        from newest
        where newest.day_on between %(days_from)s and %(days_to)s
        and not exists (
            select from raw.dossier_removals as removals
            inner join audit.current_batches using (batch_id)
            where removals.agency_code = newest.agency_code
            and removals.dossier_code = newest.dossier_code
            and removals.removed_at >= newest.source_updated_at
        )
    )
"""


class Count(msgspec.Struct):
    """One line of a source's counts."""

    DonViXuLy: str
    Ngay: date
    SoLuong: int


class CountsAnswer(msgspec.Struct):
    """What a source answers when asked how many it holds."""

    data: list[Count]
    as_of: Moment


def counts_of_source(session: Session, days_from: date, days_to: date) -> Counts:
    """What the source says that it holds; agencies and days without dossiers may be left out."""
    answer, _ = session.get(
        "dossiers/counts",
        {"from": days_from.isoformat(), "to": days_to.isoformat()},
        CountsAnswer,
        "the counts by agency and day",
    )
    return {(line.DonViXuLy, line.Ngay): line.SoLuong for line in answer.data if line.SoLuong}


def counts_of_warehouse(
    connection: psycopg.Connection, source_code: str, days_from: date, days_to: date
) -> Counts:
    """What `raw` holds of the source in accepted batches."""
    rows = connection.execute(
        f"{HELD} select agency_code, day_on, count(*) from held group by agency_code, day_on",  # noqa: S608 - a constant
        {"source": source_code, "days_from": days_from, "days_to": days_to},
    )
    return {(agency, day): count for agency, day, count in rows}


def held_dossiers(
    connection: psycopg.Connection, source_code: str, days_from: date, days_to: date
) -> list[tuple]:
    """Agency, code, time of change and day of filing of each dossier that we hold."""
    return connection.execute(
        f"{HELD} select agency_code, dossier_code, source_updated_at, day_on from held",  # noqa: S608 - a constant
        {"source": source_code, "days_from": days_from, "days_to": days_to},
    ).fetchall()


def ranges(days: list[date]) -> list[tuple[date, date]]:
    """Days in their order as runs of days that follow each other, first and last included."""
    found: list[tuple[date, date]] = []
    for day in days:
        if found and day - found[-1][1] == timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
