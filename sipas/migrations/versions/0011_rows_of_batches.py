"""rows of dossiers belong to a batch: asked once a COPY, not once a row.

The foreign keys asked for the same batch with each of millions of rows and took a quarter of the
server's time of a first load. Nobody but the owner may delete a batch.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = ("raw.dossiers", "pii.applicants")


def upgrade() -> None:
    op.execute(
        """
        create function audit.refuse_rows_without_batch() returns trigger
        language plpgsql security definer set search_path = pg_catalog, pg_temp
        as $$
        begin
            if exists (
                select from (select distinct batch_id from new_rows) as told
                where not exists (
                    select from audit.batches where batches.batch_id = told.batch_id
                )
            ) then
                raise foreign_key_violation using
                    message = format('rows of a batch that is not in audit.batches, for %I.%I',
                        tg_table_schema, tg_table_name);
            end if;
            return null;
        end
        $$;
        revoke all on function audit.refuse_rows_without_batch from public;
        """
    )
    for table in TABLES:
        name = table.partition(".")[2]
        op.execute(
            f"""
            alter table {table} drop constraint {name}_batch_id_fkey;
            create trigger a_row_belongs_to_a_batch
                after insert on {table} referencing new table as new_rows
                for each statement execute function audit.refuse_rows_without_batch();
            """
        )


def downgrade() -> None:
    for table in TABLES:
        op.execute(
            f"""
            drop trigger a_row_belongs_to_a_batch on {table};
            alter table {table} add foreign key (batch_id) references audit.batches;
            """
        )
    op.execute("drop function audit.refuse_rows_without_batch")
