"""What was noted about a release and everything behind it: the same from database or bundle."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import psycopg
from psycopg import sql

from sipas.errors import UserError

Row = dict[str, Any]
# Every batch up to the last one that the build consumed, whatever became of it: a form that
# stands in two files is taken from the one that was loaded first.
BATCHES = """
    select to_jsonb(batches) from audit.batches as batches
    where batch_id <= (
        select max(consumed.batch_id) from audit.build_batches as consumed
        inner join audit.builds as builds using (build_id)
        where builds.build_id = %(build)s
        or (builds.build_id < %(build)s and builds.status = 'succeeded')
    )
    order by batch_id
"""
BUILDS = """
    select to_jsonb(builds) from audit.builds as builds
    where build_id = %(build)s or (build_id < %(build)s and status = 'succeeded')
    order by build_id
"""
BUILD_BATCHES = """
    select to_jsonb(consumed) from audit.build_batches as consumed
    inner join audit.builds as builds using (build_id)
    where builds.build_id = %(build)s
    or (builds.build_id < %(build)s and builds.status = 'succeeded')
    order by consumed.build_id, consumed.batch_id
"""
DELIVERIES = """
    select to_jsonb(deliveries) from audit.deliveries as deliveries
    where delivery_id = any(%(deliveries)s) order by received_at, delivery_id
"""
PURGES = """
    select to_jsonb(purges) from audit.purges as purges
    where delivery_id = any(%(deliveries)s) order by delivery_id
"""
VALIDATIONS = """
    select to_jsonb(validations) from audit.validations as validations
    where batch_id = any(%(batches)s) or build_id = %(build)s
    order by validation_id
"""
RELEASE = "select to_jsonb(releases) from release.releases as releases where release_id = %s"
# The frozen method rows are in the content; the chain needs what it was made over.
RELEASES = """
    select to_jsonb(releases) - 'method_rows' from release.releases as releases
    order by created_at, release_id
"""


EVENTS = """
    select to_jsonb(events) || jsonb_build_object('details_text', details::text)
    from release.events as events order by position
"""


@dataclass(frozen=True)
class Noted:
    """The rows of `release` and `audit` that speak of one release, as they stand there."""

    release: Row
    releases: list[Row]
    events: list[Row]
    deliveries: list[Row]
    purges: list[Row]
    batches: list[Row]
    builds: list[Row]
    build_batches: list[Row]
    validations: list[Row]
    # The kinds of delivery whose bytes a bundle holds; None: all are there.
    kinds: list[str] | None = None

    @property
    def build(self) -> Row:
        """The build that the release was frozen from."""
        return next(row for row in self.builds if row["build_id"] == self.release["build_id"])

    @property
    def standing(self) -> list[str]:
        """The other releases that were approved or published when this one was frozen: suppression
        looks at what they tell."""
        states: dict[str, str] = {}
        for event in self.events:
            release_id, details = event["release_id"], event["details"]
            if release_id == self.release["release_id"]:
                break
            states[release_id] = details.get("status", states.get(release_id, ""))
        return [name for name, status in states.items() if status in ("approved", "published")]

    @property
    def consumed(self) -> set[int]:
        """The batches that the build, or an earlier successful one, has consumed."""
        return {row["batch_id"] for row in self.build_batches}

    @property
    def kept_deliveries(self) -> list[Row]:
        """The deliveries whose bytes are there."""
        return [
            row
            for row in self.deliveries
            if self.kinds is None or row["delivery_kind"] in self.kinds
        ]

    def delivery_of(self, batch: Row) -> Row:
        """The delivery that a batch loaded."""
        return self._deliveries_by_id[batch["delivery_id"]]

    @cached_property
    def _deliveries_by_id(self) -> dict[str, Row]:
        return {row["delivery_id"]: row for row in self.deliveries}

    @property
    def copies(self) -> dict[str, str]:
        """The hash of the copy's manifest of each delivery whose original was purged."""
        return {row["delivery_id"]: row["copy_sha256"] for row in self.purges}

    def as_json(self) -> dict:
        """For a bundle."""
        return asdict(self)


def read_noted(connection: psycopg.Connection, release_id: str) -> Noted:
    """What the database notes about a release; raises UserError when there is none of this id."""
    connection.execute("set timezone to 'UTC'")  # moments in JSON have one zone and sort as text
    row = connection.execute(RELEASE, [release_id]).fetchone()
    if row is None:
        raise UserError(
            f"Không có bản phát hành «{release_id}»; `sipas release list` liệt kê các bản."
        )

    def rows(query: str, **parameters: Any) -> list[Row]:
        return [found for (found,) in connection.execute(query, parameters)]

    build_id = row[0]["build_id"]
    batches = rows(BATCHES, build=build_id)
    delivery_ids = sorted({batch["delivery_id"] for batch in batches})
    return Noted(
        release=row[0],
        releases=rows(RELEASES),
        events=rows(EVENTS),
        deliveries=rows(DELIVERIES, deliveries=delivery_ids),
        purges=rows(PURGES, deliveries=delivery_ids),
        batches=batches,
        builds=rows(BUILDS, build=build_id),
        build_batches=rows(BUILD_BATCHES, build=build_id),
        validations=rows(
            VALIDATIONS, build=build_id, batches=[batch["batch_id"] for batch in batches]
        ),
    )


def releases_of(connection: psycopg.Connection, name: str | None) -> list[str]:
    """The releases that a name speaks of: an id, a scope's standing release, or (None) all that
    stand. Raises UserError when there is none."""
    rows = connection.execute(
        """
        select release_id from release.releases
        where case when %(name)s::text is null then status = 'published'
            else release_id = %(name)s or (scope = %(name)s and status = 'published') end
        order by created_at, release_id
        """,
        {"name": name},
    ).fetchall()
    if not rows:
        raise UserError(
            f"Không có bản phát hành nào mang mã «{name}», cũng không có bản đang công bố của phạm "
            "vi này; `sipas release list` liệt kê các bản."
            if name
            else "Chưa có bản phát hành nào đang công bố."
        )
    return [release_id for (release_id,) in rows]


def insert_noted(connection: psycopg.Connection, schema: str, table: str, row: Row) -> None:
    """Writes a row as it was noted, ids that the database would give included."""
    name = sql.Identifier(schema, table)
    connection.execute(
        sql.SQL(
            "insert into {0} overriding system value "
            "select * from jsonb_populate_record(null::{0}, %s)"
        ).format(name),
        [psycopg.types.json.Jsonb(row)],
    )
