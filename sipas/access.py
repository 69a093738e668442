"""The log of extracts: who took which rows, of which release, and why (audit.access_log).

Every command that hands out rows takes `extract_options` and notes the bytes before they leave:

    note_extract(Extract("rows of a figure", "records", 558, by, purpose, release_id), content)
"""

import getpass
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import click
import psycopg

from sipas.database import connect
from sipas.errors import UserError

LEVELS_VI = {"figures": "số liệu tổng hợp", "records": "từng hồ sơ, phiếu"}


@dataclass(frozen=True)
class Extract:
    """What is handed out, to whom and why.

    `level` is 'records' when a row is of one dossier, form or person, 'figures' when it is of a
    group of them.
    """

    what: str
    level: Literal["figures", "records"]
    row_count: int
    person: str
    purpose: str | None = None
    release_id: str | None = None


def require_purpose(level: str, purpose: str | None) -> None:
    """Raises UserError when rows of records would go out for no purpose."""
    if level == "records" and not (purpose or "").strip():
        raise UserError(
            "These rows are of single dossiers or forms: say what they are needed for, "
            "--purpose «…». It is kept in the log of extracts (sipas access list)."
        )


def note_extract(extract: Extract, content: bytes) -> None:
    """Notes an extract with the hash of its bytes, before they leave the house.

    What cannot be noted is not to be handed out. Raises UserError when records are taken without a
    purpose, or by nobody.
    """
    require_purpose(extract.level, extract.purpose)
    if not extract.person.strip():
        raise UserError("Say who takes the extract: --by.")
    with connect("audit") as connection:
        connection.execute(
            """
            insert into audit.access_log
                (person, release_id, what, level, row_count, sha256, purpose)
            values (%s, %s, %s, %s, %s, %s, %s)
            """,
            [
                extract.person.strip(),
                extract.release_id,
                extract.what,
                extract.level,
                extract.row_count,
                hashlib.sha256(content).hexdigest(),
                extract.purpose and extract.purpose.strip(),
            ],
        )


def account() -> str:
    """The account of the machine; empty where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def extract_options(command: Callable) -> Callable:
    """Adds --by and --purpose to a command that hands out rows."""
    command = click.option(
        "--purpose", help="What the rows are needed for; kept in the log of extracts."
    )(command)
    return click.option(
        "--by",
        default=account,
        show_default="the account of the machine",
        help="Who takes the rows; kept in the log of extracts.",
    )(command)


@click.group()
def access() -> None:
    """The log of extracts: who took which rows, of which release, and why."""


@access.command("list")
@click.option("--release", "release_id", help="Only extracts of this release.")
@click.option("--by", "person", help="Only extracts of this person.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_command(release_id: str | None, person: str | None, as_json: bool) -> None:
    """List every extract, newest first."""
    with connect("audit") as connection:
        rows = extracts(connection, release_id, person)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, default=str, indent=2))
        return
    for row in rows:
        click.echo(
            f"{row['at']:%Y-%m-%d %H:%M} {row['person']} ({row['role']}): {row['what']}, "
            f"{row['row_count']} dòng, {LEVELS_VI[row['level']]}"
            + (f", bản phát hành {row['release_id']}" if row["release_id"] else "")
            + f" · mục đích: {row['purpose'] or 'không nêu'} · sha256 {row['sha256'][:16]}…"
        )
    if not rows:
        click.echo("Chưa có lần trích xuất nào.")


def extracts(
    connection: psycopg.Connection, release_id: str | None = None, person: str | None = None
) -> list[dict[str, Any]]:
    """Rows of audit.access_log, newest first."""
    cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
    return cursor.execute(
        """
        select at, person, role, release_id, what, level, row_count, sha256, purpose
        from audit.access_log
        where (%(release_id)s::text is null or release_id = %(release_id)s)
        and (%(person)s::text is null or person = %(person)s)
        order by access_id desc
        """,
        {"release_id": release_id, "person": person},
    ).fetchall()
