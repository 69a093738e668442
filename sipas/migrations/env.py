"""Alembic: runs as the owner of the database named by SIPAS_DATABASE_URL."""

from alembic import context
from sqlalchemy import create_engine

from sipas.settings import sqlalchemy_url

engine = create_engine(sqlalchemy_url("SIPAS_DATABASE_URL"))

with engine.connect() as connection:
    context.configure(connection=connection, version_table_schema="public")
    with context.begin_transaction():
        context.run_migrations()
