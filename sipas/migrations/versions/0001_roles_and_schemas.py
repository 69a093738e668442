"""Roles and schemas: who may touch which room.

The owner runs migrations and nothing else. Whoever provides the server (`sipas up`, an
operator) makes the roles, with passwords, before; a missing one is named.
"""

from alembic import op

from sipas.errors import UserError

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROLES = ("sipas_ingest", "sipas_transform", "sipas_release", "sipas_bi", "sipas_audit")
SCHEMAS_OF_OWNER = ("raw", "quarantine", "pii", "reference", "audit", "release", "published")
SCHEMAS_OF_DBT = ("staging", "intermediate", "marts", "operational", "dbt_test_failures")


def upgrade() -> None:
    missing = [
        role
        for role in ROLES
        if not op.get_bind()
        .exec_driver_sql("select 1 from pg_roles where rolname = %(role)s", {"role": role})
        .scalar()
    ]
    if missing:
        raise UserError(f"The database roles {', '.join(missing)} are missing: create them first.")
    op.execute("revoke create on schema public from public")
    for schema in SCHEMAS_OF_OWNER:
        op.execute(f"create schema {schema}")
    for schema in SCHEMAS_OF_DBT:
        op.execute(f"create schema {schema} authorization sipas_transform")
    for schema in ("raw", "quarantine", "pii", "reference", "audit"):
        op.execute(f"grant usage on schema {schema} to sipas_ingest")
    for schema in ("raw", "reference", "audit"):
        op.execute(f"grant usage on schema {schema} to sipas_transform")
    for schema in ("reference", "audit", "release", "marts", "published"):
        op.execute(f"grant usage on schema {schema} to sipas_release")
    for schema in ("published", "operational"):
        op.execute(f"grant usage on schema {schema} to sipas_bi")
    for schema in (
        "raw",
        "quarantine",
        "reference",
        "audit",
        "release",
        "published",
        "staging",
        "intermediate",
        "marts",
        "operational",
        "dbt_test_failures",
    ):
        op.execute(f"grant usage on schema {schema} to sipas_audit")


def downgrade() -> None:
    for schema in (*SCHEMAS_OF_DBT, *reversed(SCHEMAS_OF_OWNER)):
        op.execute(f"drop schema if exists {schema} cascade")
    # Roles belong to the whole server and may serve another database: they stay.
