"""Connections to the warehouse, one role a room."""

import psycopg

from sipas.settings import required


def connect(role: str, *, autocommit: bool = False) -> psycopg.Connection:
    """A connection as `role` ('ingest', 'transform', 'release', 'audit').

    As a context manager it commits at the end, or rolls back when the block raises.
    """
    url = required(f"SIPAS_{role.upper()}_DATABASE_URL")
    return psycopg.connect(
        url, autocommit=autocommit, application_name=f"sipas {role}", connect_timeout=10
    )
