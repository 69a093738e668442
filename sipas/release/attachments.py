"""Scans of signed decisions, attached to the release that they approve."""

import hashlib
from pathlib import Path

import psycopg

from sipas.errors import UserError
from sipas.release.chain import chained
from sipas.release.lifecycle import find

LARGEST = 20 * 1024 * 1024


def attach(connection: psycopg.Connection, release_id: str, path: Path, by: str) -> str:
    """Stores the bytes of a file with a release and returns their hash; the chain notes it.

    Raises UserError when there is no such release or file, or it is empty, too large or attached
    already.
    """
    find(connection, release_id)
    try:
        body = path.read_bytes()
    except OSError as error:
        raise UserError(f"Không đọc được tệp {path}: {error.strerror}.") from error
    if not 0 < len(body) <= LARGEST:
        raise UserError(f"{path} có {len(body)} byte; tệp đính kèm từ 1 byte đến 20 MB.")
    digest = hashlib.sha256(body).hexdigest()
    try:
        with chained(connection, by):
            connection.execute(
                "insert into release.attachments (release_id, file_name, sha256, body, attached_by)"
                " values (%s, %s, %s, %s, %s)",
                [release_id, path.name, digest, body, by],
            )
    except psycopg.errors.UniqueViolation as error:
        raise UserError(f"{path} đã được đính kèm vào {release_id}.") from error
    return digest


def attachments(connection: psycopg.Connection, release_id: str) -> list[dict]:
    """What is attached to a release, without the bytes."""
    cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
    return cursor.execute(
        "select attachment_id, file_name, sha256, length(body) as byte_count, attached_at, "
        "attached_by from release.attachments where release_id = %s order by attachment_id",
        [release_id],
    ).fetchall()
