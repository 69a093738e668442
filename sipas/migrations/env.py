"""Alembic: runs as the owner of the database named by SIPAS_DATABASE_URL."""

from alembic import context
from sqlalchemy import NullPool, create_engine

from sipas.settings import sqlalchemy_url

# No connection stays open behind the migrations: a database in use cannot be copied.
engine = create_engine(sqlalchemy_url("SIPAS_DATABASE_URL"), poolclass=NullPool)

with engine.connect() as connection:
    context.configure(connection=connection, version_table_schema="public")
    with context.begin_transaction():
        context.run_migrations()
