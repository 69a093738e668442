"""The states of a release: candidate, approved, published, superseded or withdrawn.

Each step takes the lock of the chain first and says on whose behalf it acts; the database notes it
as an event (`sipas/release/chain.py`) and refuses what must not be.
"""

from dataclasses import dataclass
from datetime import date, datetime

import psycopg
from psycopg.rows import dict_row

from sipas.database import copy_rows
from sipas.errors import UserError
from sipas.release.approval_form import HASH_DIGITS
from sipas.release.chain import chained
from sipas.release.content import Content, Scope, read_marts, read_release, scopes
from sipas.release.suppression.survey import Suppression
from sipas.vietnamese import LOCAL_TIME


@dataclass(frozen=True)
class Approval:
    """Who approved a release, by which decision, and from which day it may be published."""

    approved_by: str
    decision_number: str | None = None
    decision_on: date | None = None
    signatory: str | None = None
    position: str | None = None
    is_automatic: bool = False
    note: str | None = None
    publish_not_before: date | None = None


AUTOMATIC = Approval("tự động (chỉ cho trình diễn và kiểm thử)", is_automatic=True)
DECISION_LABELS = {
    "decision_number": "số quyết định",
    "decision_on": "ngày quyết định",
    "signatory": "người ký",
    "position": "chức vụ người ký",
}


def freeze_candidates(connection: psycopg.Connection, build_id: int) -> list[str]:
    """Freezes a candidate for every scope whose rows differ from its newest release.

    Returns the ids of the new candidates; an unchanged scope makes none, also when its newest
    release was rejected or withdrawn (`propose` freezes it all the same). An older candidate of the
    scope that nobody approved is rejected: its figures are out of date.
    """
    made = []
    suppression = Suppression(connection)
    for scope in scopes(connection):
        with chained(connection):
            content = read_marts(connection, scope, suppression)
            newest = newest_release(connection, scope)
            if newest and newest["content_sha256"] == content.sha256:
                continue
            if newest and newest["status"] == "candidate":
                reject(connection, newest["release_id"], "Số liệu đã thay đổi trước khi phê duyệt")
            made.append(freeze(connection, scope, content, build_id, suppression))
    return made


def propose(connection: psycopg.Connection, scope_code: str, build_id: int, by: str) -> str:
    """Freezes the unchanged figures of a scope whose newest release was rejected or withdrawn.

    Raises UserError when there is no such scope, or its newest release still waits or stands.
    """
    scope = next((s for s in scopes(connection) if s.code == scope_code), None)
    if scope is None:
        known = ", ".join(s.code for s in scopes(connection))
        raise UserError(f"Không có phạm vi «{scope_code}»; các phạm vi: {known}.")
    with chained(connection, by):
        newest = newest_release(connection, scope)
        if newest and newest["status"] not in ("rejected", "withdrawn"):
            raise UserError(
                f"{newest['release_id']} ({newest['status']}) là bản mới nhất của {scope_code}: "
                "không cần đề nghị lại."
            )
        suppression = Suppression(connection)
        content = read_marts(connection, scope, suppression)
        return freeze(connection, scope, content, build_id, suppression)


def in_state(connection: psycopg.Connection, status: str) -> list[str]:
    """The ids of the releases in a state, oldest first."""
    rows = connection.execute(
        "select release_id from release.releases where status = %s order by created_at, release_id",
        [status],
    )
    return [release_id for (release_id,) in rows]


def newest_release(connection: psycopg.Connection, scope: Scope) -> dict | None:
    """The newest release of a scope, whatever became of it."""
    return (
        connection.cursor(row_factory=dict_row)
        .execute(
            "select release_id, status, content_sha256 from release.releases "
            "where scope = %s order by chain_position desc limit 1",
            [scope.code],
        )
        .fetchone()
    )


def freeze(
    connection: psycopg.Connection,
    scope: Scope,
    content: Content,
    build_id: int,
    suppression: Suppression,
) -> str:
    """Writes one candidate and its rows; what was written is read back and hashed again.

    The database makes it the next link of the chain. What `suppression` could not hide any more is
    noted for the approver.
    """
    (number,) = connection.execute(
        "select count(*) + 1 from release.releases where scope = %s", [scope.code]
    ).fetchone()
    release_id = f"{scope.release_prefix}-r{number}"
    connection.execute(
        """
        insert into release.releases (
            release_id, scope, status, content_sha256, previous_sha256, row_count, data_nature,
            method_rows, calendar_version, build_id, as_of_at, code_version,
            dbt_project_sha256, supersedes, owner_unit_key, mart_columns, told_anyway
        )
        select %s, %s, 'candidate', %s, standing.content_sha256, %s, %s, %s,
            (select max(calendar_version) from reference.calendar_days
             where batch_id in (select batch_id from audit.batches_in_marts)),
            builds.build_id, builds.as_of_at, builds.code_version, builds.dbt_project_sha256,
            standing.release_id,
            (select min(unit_key) from reference.rounds where round_code = %s
             and batch_id in (select batch_id from audit.batches_in_marts)),
            %s, %s
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
            scope.round_code,
            psycopg.types.json.Jsonb({mart: t.columns for mart, t in content.tables.items()}),
            psycopg.types.json.Jsonb(suppression.told_anyway(scope.round_code)),
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


def find(connection: psycopg.Connection, release_id: str) -> dict:
    """A release with its approvers; raises UserError when there is none of this id."""
    found = (
        connection.cursor(row_factory=dict_row)
        .execute(
            "select releases.*, array(select release.approvers(owner_unit_key)) as approvers "
            "from release.releases as releases where release_id = %s",
            [release_id],
        )
        .fetchone()
    )
    if found is None:
        raise UserError(f"Không có bản phát hành «{release_id}»: xem `sipas release list`.")
    return found


def demand_decision(release: dict, approval: Approval, shown_sha256: str | None) -> None:
    """What a person's approval must say; raises UserError that names what is missing or wrong."""
    release_id = release["release_id"]
    missing = [label for name, label in DECISION_LABELS.items() if not getattr(approval, name)]
    if missing:
        raise UserError(f"Phê duyệt {release_id} còn thiếu: {', '.join(missing)}.")
    if shown_sha256 is None or len(shown_sha256) < HASH_DIGITS:
        raise UserError(
            f"Phê duyệt {release_id} phải nêu ít nhất {HASH_DIGITS} ký tự đầu của mã băm đã xem."
        )
    if not release["content_sha256"].startswith(shown_sha256.lower()):
        raise UserError(
            f"Mã băm đã xem là {shown_sha256[:16]}, mã băm của {release_id} là "
            f"{release['content_sha256'][:16]}…: xem lại bản này rồi hãy phê duyệt."
        )
    if release["supersedes"] and not (approval.note or "").strip():
        raise UserError(
            f"{release_id} thay {release['supersedes']} đang công bố: ghi lý do thay trong ghi chú."
        )
    demand_approver(release, approval.approved_by)


def demand_approver(release: dict, person: str) -> None:
    """Who decides over a release is one of its owner's approvers, when they are named; raises
    UserError."""
    if release["approvers"] and person not in release["approvers"]:
        raise UserError(
            f"«{person}» không được giao phê duyệt số liệu của "
            f"{release['owner_unit_key'] or 'các phạm vi ngoài đợt khảo sát'}; người được giao: "
            f"{', '.join(release['approvers'])} (tệp approvers.csv)."
        )


def approve(
    connection: psycopg.Connection,
    release_id: str,
    approval: Approval,
    shown_sha256: str | None = None,
) -> None:
    """Approves the candidate whose hash begins with `shown_sha256`.

    Raises UserError when it is no candidate, the hash is another, the decision is not complete, or
    the person is not an approver of its owner. An older approved release of the scope that was not
    published yet is withdrawn: it would be published after the newer one.
    """
    with chained(connection, approval.approved_by):
        release = find(connection, release_id)
        if release["status"] != "candidate":
            raise UserError(
                f"{release_id} không phải là bản chờ phê duyệt (đang là {release['status']}): "
                "xem `sipas release list`."
            )
        if not approval.is_automatic:
            demand_decision(release, approval, shown_sha256)
        connection.execute(
            """
            update release.releases set status = 'approved', approved_by = %s, approved_at = now(),
                decision_number = %s, decision_on = %s, signatory = %s, position = %s,
                is_automatic_approval = %s, approval_note = %s, publish_not_before = %s
            where release_id = %s
            """,
            [
                approval.approved_by,
                approval.decision_number,
                approval.decision_on,
                approval.signatory,
                approval.position,
                approval.is_automatic,
                approval.note,
                approval.publish_not_before,
                release_id,
            ],
        )
        connection.execute(
            "update release.releases set status = 'withdrawn', reason = %s "
            "where scope = %s and status = 'approved' and release_id <> %s",
            [f"Chưa công bố; thay bằng {release_id}", release["scope"], release_id],
        )


def reject(
    connection: psycopg.Connection, release_id: str, reason: str, by: str | None = None
) -> None:
    """Rejects a candidate on behalf of an approver, or of nobody when its figures are out of date.

    Raises UserError when it is no candidate, without a reason, or for somebody else.
    """
    demand_reason(reason)
    with chained(connection, by):
        if by is not None:
            demand_approver(find(connection, release_id), by)
        move(connection, release_id, ("candidate",), "rejected", reason)


def withdraw(connection: psycopg.Connection, release_id: str, reason: str, by: str) -> None:
    """Takes a published (or approved) release back: nothing of it is published any more.

    Raises UserError when it is neither, without a reason, or for somebody who is no approver of it.
    """
    demand_reason(reason)
    with chained(connection, by):
        demand_approver(find(connection, release_id), by)
        move(connection, release_id, ("approved", "published"), "withdrawn", reason)


def demand_reason(reason: str) -> None:
    """A reason that says something; raises UserError."""
    if not reason.strip():
        raise UserError("Ghi lý do.")


def move(
    connection: psycopg.Connection, release_id: str, before: tuple[str, ...], to: str, reason: str
) -> None:
    """Moves a release from one of some states to another; raises UserError from any other."""
    status = find(connection, release_id)["status"]
    if status not in before:
        raise UserError(
            f"{release_id} đang là {status}, không thể thành {to}: xem `sipas release list`."
        )
    connection.execute(
        "update release.releases set status = %s, reason = %s where release_id = %s",
        [to, reason, release_id],
    )


def publish(connection: psycopg.Connection, release_id: str, by: str | None = None) -> None:
    """Publishes an approved release; the one that stood before is superseded, in one step.

    Raises UserError when it is not approved, or its embargo has not ended.
    """
    with chained(connection, by):
        release = find(connection, release_id)
        if release["status"] != "approved":
            raise UserError(
                f"{release_id} chưa được phê duyệt (đang là {release['status']}): phê duyệt trước "
                "(sipas release approve)."
            )
        if not is_due(release):
            raise UserError(
                f"{release_id} chỉ được công bố từ {release['publish_not_before']:%d/%m/%Y}."
            )
        note = f": {release['approval_note']}" if release["approval_note"] else ""
        connection.execute(
            "update release.releases set status = 'superseded', reason = %s, replaced_by = %s "
            "where scope = %s and status = 'published'",
            [f"Thay bằng {release_id}{note}", release_id, release["scope"]],
        )
        connection.execute(
            "update release.releases set status = 'published', published_at = now() "
            "where release_id = %s",
            [release_id],
        )


def is_due(release: dict) -> bool:
    """Whether the embargo of a release has ended, by the day in Vietnam."""
    embargo = release["publish_not_before"]
    return embargo is None or embargo <= datetime.now(LOCAL_TIME).date()


def publish_due(connection: psycopg.Connection) -> list[str]:
    """Publishes every approved release whose embargo has ended; returns their ids."""
    with chained(connection):
        due = [i for i in in_state(connection, "approved") if is_due(find(connection, i))]
        for release_id in due:
            publish(connection, release_id)
    return due


def list_releases(connection: psycopg.Connection) -> list[dict]:
    """Every release, newest first."""
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute(
        """
        select release_id, scope, status, data_nature, row_count, content_sha256, as_of_at,
            approved_by, is_automatic_approval, publish_not_before, published_at, supersedes,
            replaced_by, reason, owner_unit_key, chain_position, chain_sha256
        from release.releases order by chain_position desc
        """
    ).fetchall()
