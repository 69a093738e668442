"""The states of a release: candidate, approved, published, superseded or withdrawn."""

from dataclasses import dataclass
from datetime import date

import psycopg

from sipas.database import copy_rows
from sipas.errors import UserError
from sipas.release.content import Content, Scope, read_marts, read_release, scopes
from sipas.release.suppression.survey import Suppression


@dataclass(frozen=True)
class Approval:
    """Who approved a release, by which decision."""

    approved_by: str
    decision_number: str | None = None
    decision_on: date | None = None
    signatory: str | None = None
    position: str | None = None
    is_automatic: bool = False


AUTOMATIC = Approval("tự động (chỉ cho trình diễn và kiểm thử)", is_automatic=True)


def freeze_candidates(connection: psycopg.Connection, build_id: int) -> list[str]:
    """Freezes a candidate for every scope whose rows differ from its newest release.

    Returns the ids of the new candidates; an unchanged scope makes none. An older candidate of
    the scope that nobody approved is rejected: its figures are out of date.
    """
    made = []
    suppression = Suppression(connection)
    for scope in scopes(connection):
        with connection.transaction():
            content = read_marts(connection, scope, suppression)
            newest = newest_release(connection, scope)
            if newest and newest["content_sha256"] == content.sha256:
                continue
            if newest and newest["status"] == "candidate":
                set_state(
                    connection,
                    newest["release_id"],
                    "rejected",
                    reason="Số liệu đã thay đổi trước khi phê duyệt",
                )
            made.append(freeze(connection, scope, content, build_id))
    return made


def in_state(connection: psycopg.Connection, status: str) -> list[str]:
    """The ids of the releases in a state, oldest first."""
    rows = connection.execute(
        "select release_id from release.releases where status = %s order by created_at, release_id",
        [status],
    )
    return [release_id for (release_id,) in rows]


def newest_release(connection: psycopg.Connection, scope: Scope) -> dict | None:
    """The newest candidate, approved or published release of a scope."""
    row = connection.execute(
        """
        select release_id, status, content_sha256 from release.releases
        where scope = %s and status in ('candidate', 'approved', 'published')
        order by created_at desc limit 1
        """,
        [scope.code],
    ).fetchone()
    return dict(zip(("release_id", "status", "content_sha256"), row, strict=True)) if row else None


def freeze(connection: psycopg.Connection, scope: Scope, content: Content, build_id: int) -> str:
    """Writes one candidate and its rows; what was written is read back and hashed again."""
    (number,) = connection.execute(
        "select count(*) + 1 from release.releases where scope = %s", [scope.code]
    ).fetchone()
    release_id = f"{scope.release_prefix}-r{number}"
    connection.execute(
        """
        insert into release.releases (
            release_id, scope, status, content_sha256, previous_sha256, row_count, data_nature,
            method_rows, calendar_version, build_id, as_of_at, code_version,
            dbt_project_sha256, supersedes
        )
        select %s, %s, 'candidate', %s, standing.content_sha256, %s, %s, %s,
            (select max(calendar_version) from reference.calendar_days
             where batch_id in (select batch_id from audit.current_batches)),
            builds.build_id, builds.as_of_at, builds.code_version, builds.dbt_project_sha256,
            standing.release_id
        from audit.builds as builds
        left join release.releases as standing
            on standing.scope = %s and standing.status = 'published'
        where builds.build_id = %s
        """,
        [
            release_id,
            scope.code,
            content.sha256,
            content.row_count,
            content.data_nature,
            psycopg.types.json.Jsonb(content.method_rows),
            scope.code,
            build_id,
        ],
    )
    for mart, table in content.tables.items():
        names = ["release_id", *table.columns]
        copy_rows(connection, "release", mart, names, ((release_id, *row) for row in table.rows))
    if read_release(connection, release_id).sha256 != content.sha256:
        raise UserError(f"Release {release_id} does not read back as written; nothing was kept.")
    return release_id


def set_state(
    connection: psycopg.Connection, release_id: str, status: str, reason: str | None = None
) -> None:
    """Moves a release to its next state; the database refuses a step that is not allowed."""
    connection.execute(
        "update release.releases set status = %s, reason = coalesce(%s, reason) "
        "where release_id = %s",
        [status, reason, release_id],
    )


def approve(connection: psycopg.Connection, release_id: str, approval: Approval) -> None:
    """Approves a candidate; raises UserError when there is no such candidate."""
    updated = connection.execute(
        """
        update release.releases set status = 'approved', approved_by = %s, approved_at = now(),
            decision_number = %s, decision_on = %s, signatory = %s, position = %s,
            is_automatic_approval = %s
        where release_id = %s and status = 'candidate'
        """,
        [
            approval.approved_by,
            approval.decision_number,
            approval.decision_on,
            approval.signatory,
            approval.position,
            approval.is_automatic,
            release_id,
        ],
    )
    if updated.rowcount != 1:
        raise UserError(f"{release_id} is not a candidate; `sipas release list` shows which are.")


def publish(connection: psycopg.Connection, release_id: str) -> None:
    """Publishes an approved release; the one that stood before is superseded, in one step."""
    row = connection.execute(
        "select scope from release.releases where release_id = %s and status = 'approved'",
        [release_id],
    ).fetchone()
    if row is None:
        raise UserError(f"{release_id} is not approved; approve it first (sipas release approve).")
    connection.execute(
        "update release.releases set status = 'superseded', reason = %s "
        "where scope = %s and status = 'published'",
        [f"Thay bằng {release_id}", row[0]],
    )
    connection.execute(
        "update release.releases set status = 'published', published_at = now() "
        "where release_id = %s",
        [release_id],
    )


def list_releases(connection: psycopg.Connection) -> list[dict]:
    """Every release, newest first."""
    cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
    return cursor.execute(
        """
        select release_id, scope, status, data_nature, row_count, content_sha256, as_of_at,
            approved_by, is_automatic_approval, published_at
        from release.releases order by created_at desc, release_id
        """
    ).fetchall()
