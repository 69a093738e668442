"""The releases that stood when another was frozen, put into the scratch warehouse: what they told
decides what the other one hides."""

import psycopg

from sipas.database import copy_rows
from sipas.local.scratch import Warehouse
from sipas.release.content import Content
from sipas.release.verify.noted import Noted, insert_noted


def let_stand(scratch: Warehouse, noted: Noted, standing: dict[str, Content]) -> None:
    """Leaves exactly these releases in the scratch warehouse, as published."""
    rows = {row["release_id"]: row for row in noted.releases}
    with scratch.connect() as owner, owner.transaction():
        without_guards(owner)
        owner.execute("truncate release.releases cascade")
        for release_id, content in standing.items():
            row = rows[release_id] | {
                "status": "approved",  # two of a scope may stand: one published, one approved
                "method_rows": content.method_rows,
                "supersedes": None,
                "replaced_by": None,
            }
            insert_noted(owner, "release", "releases", row)
            for mart, table in content.tables.items():
                names = ["release_id", *table.columns]
                copied = ((release_id, *values) for values in table.rows)
                copy_rows(owner, "release", mart, names, copied)


def without_guards(owner: psycopg.Connection) -> None:
    """The scratch warehouse makes no releases: rows of others are only put there to be read."""
    tables = owner.execute(
        """
        select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'release'
        union
        select conrelid::regclass::text from pg_constraint
        where confrelid = 'release.releases'::regclass
        """
    ).fetchall()
    for (table,) in tables:
        owner.execute(f"alter table {table} disable trigger user")
