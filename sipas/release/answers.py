"""What a person answered about a candidate becomes an approval or a rejection."""

from datetime import date
from typing import Any

import psycopg

from sipas.errors import UserError
from sipas.release.approval_form import DAYS, FIELDS, REJECT
from sipas.release.lifecycle import Approval, approve, reject


def take_answer(
    connection: psycopg.Connection,
    release_id: str,
    choice: str,
    form: dict[str, Any],
    account: str,
) -> None:
    """Approves or rejects a candidate as a form says; raises UserError that says what is wrong."""
    values = {name: (form.get(name) or "").strip() or None for name in FIELDS}
    if choice == REJECT:
        reject(connection, release_id, values["note"] or "", account)
        return
    days = {name: as_day(name, values[name]) for name in DAYS}
    approval = Approval(
        approved_by=account,
        decision_number=values["decision_number"],
        signatory=values["signatory"],
        position=values["position"],
        note=values["note"],
        **days,
    )
    approve(connection, release_id, approval, values["sha256"])


def as_day(name: str, text: str | None) -> date | None:
    """A day of the form; raises UserError when it is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UserError(f"{FIELDS[name]}: «{text}» không phải là ngày (năm-tháng-ngày).") from None


def note_refusal(
    connection: psycopg.Connection, release_id: str, account: str, reason: str
) -> None:
    """Notes in the chain that somebody's answer was not taken, and why."""
    connection.execute(
        "select release.note_refused_answer(%s, %s, %s)", [release_id, account, reason]
    )


def begin_request(connection: psycopg.Connection, release_id: str, run_id: str) -> None:
    """Notes that a candidate waits for an answer in a run."""
    connection.execute(
        "insert into release.requests (release_id, run_id) values (%s, %s) "
        "on conflict (release_id) do update set run_id = excluded.run_id, asked_at = now(), "
        "ended_at = null",
        [release_id, run_id],
    )


def end_request(connection: psycopg.Connection, release_id: str) -> None:
    """Notes that nobody is asked about a release any more."""
    connection.execute(
        "update release.requests set ended_at = now() where release_id = %s and ended_at is null",
        [release_id],
    )


def to_ask_or_call_back(connection: psycopg.Connection) -> list[str]:
    """Candidates that nobody was asked about, and requests about what is no candidate any more."""
    rows = connection.execute(
        """
        select releases.release_id
        from release.releases as releases
        left join release.requests as requests using (release_id)
        where case
            when releases.status = 'candidate' then requests.release_id is null
            else requests.release_id is not null and requests.ended_at is null
        end
        order by releases.chain_position
        """
    )
    return [release_id for (release_id,) in rows]
