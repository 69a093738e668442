"""The demo's world with its releases frozen, approved and published: in one transaction that is
never committed, so that every damage can be taken back and nobody else sees any."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from sipas.local import postgres
from sipas.local.scratch import Warehouse
from sipas.release.gate import newest_build
from sipas.release.lifecycle import AUTOMATIC, approve, freeze_candidates, publish


@contextmanager
def as_role(connection: psycopg.Connection, role: str) -> Iterator[psycopg.Connection]:
    """The connection with the rights of one role."""
    connection.execute(f"set role sipas_{role}")
    try:
        yield connection
    finally:
        if connection.info.transaction_status != psycopg.pq.TransactionStatus.INERROR:
            connection.execute("reset role")


@contextmanager
def released_world(built: Warehouse) -> Iterator[psycopg.Connection]:
    """A superuser's open transaction in which every scope of the built world is published."""
    url = postgres.admin_url(built.instance)
    with psycopg.connect(url, dbname=built.name) as connection:
        with as_role(connection, "release"):
            for release_id in freeze_candidates(connection, newest_build(connection)):
                approve(connection, release_id, AUTOMATIC)
                publish(connection, release_id)
        yield connection
        connection.rollback()


@contextmanager
def taken_back(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """What the block does is undone at its end."""
    with connection.transaction(force_rollback=True):
        yield connection
