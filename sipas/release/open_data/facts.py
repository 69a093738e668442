"""What is fixed of a release that was published: nothing of it changes when it is replaced.

Whether it still stands is no part of its folder; the catalogue and a notice beside the data say so.
"""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sipas.errors import UserError
from sipas.release.chain import PRINTED_DIGITS
from sipas.release.content import Content
from sipas.release.lifecycle import find

# What may be handed out, and what is wrong with the rest.
HANDED_OUT = ("published", "superseded")
REFUSED = {
    "candidate": "là bản chờ phê duyệt: số liệu mở chỉ có sau khi công bố",
    "approved": "đã phê duyệt nhưng chưa công bố",
    "rejected": "đã bị từ chối",
    "withdrawn": "đã bị thu hồi",
}
KINDS_VI = {
    "survey_forms": "Phiếu khảo sát",
    "dossiers": "Hồ sơ từ hệ thống Một cửa",
    "feedback": "Phản ánh, kiến nghị",
    "reference": "Bảng tham chiếu (phương pháp, đơn vị, số liệu trong văn bản)",
}


@dataclass(frozen=True)
class Facts:
    """A release as its folder tells of it."""

    release: dict[str, Any]
    chain_head: str  # of the event by which it was published: it covers all that came before
    published_at: Any
    sources: list[dict[str, Any]]

    @property
    def release_id(self) -> str:
        """Its id."""
        return self.release["release_id"]

    @property
    def is_simulated(self) -> bool:
        """Whether any of its rows is."""
        return self.release["data_nature"] == "simulated"

    @property
    def methods(self) -> list[str]:
        """The methods its figures were made by."""
        rows = self.release["method_rows"].get("methods", [])
        return sorted(row["method_version"] for row in rows)


def release_named(connection: psycopg.Connection, wanted: str) -> str:
    """The release of this id, or the standing one of this scope (or round).

    Raises UserError naming what there is when there is none.
    """
    row = connection.execute(
        """
        select release_id from release.releases
        where release_id = %(wanted)s
        or (status = 'published' and scope in (%(wanted)s, 'round:' || %(wanted)s))
        order by release_id = %(wanted)s desc limit 1
        """,
        {"wanted": wanted},
    ).fetchone()
    if row is None:
        found = connection.execute(
            "select release_id from release.releases where status = 'published' order by 1"
        )
        names = ", ".join(name for (name,) in found) or "không có"
        raise UserError(
            f"Không có bản hoặc phạm vi «{wanted}» đang công bố; đang công bố: {names}."
        )
    return row[0]


def facts_of(connection: psycopg.Connection, release_id: str) -> Facts:
    """The facts of a release; raises UserError when it is not to be handed out."""
    release = find(connection, release_id)
    if release["status"] not in HANDED_OUT:
        raise UserError(f"{release_id} {REFUSED[release['status']]}; không xuất dữ liệu mở.")
    position, sha256 = connection.execute(
        "select position, chain_sha256 from release.events "
        "where release_id = %s and event = 'published' order by position limit 1",
        [release_id],
    ).fetchone()
    head = f"{position}-{sha256[:PRINTED_DIGITS]}"
    return Facts(release, head, release["published_at"], sources_of(connection, release))


def types_of(connection: psycopg.Connection, content: Content) -> dict[str, dict[str, str]]:
    """The columns of a release's marts, in the order in which they were frozen, and their types."""
    rows = connection.execute(
        "select table_name, column_name, data_type from information_schema.columns "
        "where table_schema = 'release' and table_name = any(%s)",
        [list(content.tables)],
    )
    types = {(mart, column): data_type for mart, column, data_type in rows}
    return {
        mart: {column: types[mart, column] for column in table.columns}
        for mart, table in content.tables.items()
    }


def sources_of(connection: psycopg.Connection, release: dict[str, Any]) -> list[dict[str, Any]]:
    """The kinds of delivery that the release's build read for its scope, with their number and
    natures; no names of files or sources."""
    cursor = connection.cursor(row_factory=dict_row)
    rows = cursor.execute(
        """
        select deliveries.delivery_kind, count(*) as delivery_count,
            array_agg(distinct deliveries.data_nature order by deliveries.data_nature) as natures
        from audit.batches_of_build(%(build_id)s) as seen (batch_id)
        inner join audit.batches as batches on batches.batch_id = seen.batch_id
        inner join audit.deliveries as deliveries on deliveries.delivery_id = batches.delivery_id
        where deliveries.delivery_kind = 'reference'
        or (
            deliveries.delivery_kind = 'survey_forms'
            and %(scope)s = 'round:' || deliveries.subject_code
        )
        or (deliveries.delivery_kind = 'dossiers' and %(scope)s = 'scorecards')
        or (
            deliveries.delivery_kind = 'feedback' and %(scope)s in ('scorecards', 'feedback')
        )
        group by deliveries.delivery_kind order by deliveries.delivery_kind
        """,
        release,
    )
    return [
        {
            "title": KINDS_VI[row["delivery_kind"]],
            "delivery_kind": row["delivery_kind"],
            "delivery_count": row["delivery_count"],
            "data_natures": row["natures"],
        }
        for row in rows
    ]
