"""what a release was made of: the list of its columns, and the batches that its marts read.

Its hash covers the names of the columns: read with the columns of today's table, every release
would have another one after the next revision that adds one. And its method rows are those that
the build read: a reference file may be accepted between the build and the freeze.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        alter table release.releases
            add column mart_columns jsonb not null default '{}';
        comment on column release.releases.mart_columns is
            'columns of each mart in the order in which they were frozen and hashed';
        alter table release.releases disable trigger user;
        update release.releases set mart_columns = (
            select jsonb_object_agg(table_name, names)
            from (
                select table_name, jsonb_agg(column_name order by ordinal_position) as names
                from information_schema.columns
                where table_schema = 'release' and column_name <> 'release_id'
                and table_name in (
                    select table_name from information_schema.tables
                    where table_schema = 'marts'
                    union
                    select table_name from information_schema.views
                    where table_schema = 'published'
                )
                group by table_name
            ) as marts
        );
        alter table release.releases enable trigger user;

        create view audit.batches_in_marts as
        select seen.batch_id
        from audit.batches_of_build((select max(build_id) from audit.builds)) as seen (batch_id);
        comment on view audit.batches_in_marts is
            'the batches that the newest build read: what stands in the marts is made of them';
        grant select on audit.batches_in_marts
            to sipas_ingest, sipas_transform, sipas_release, sipas_audit;
        -- who reads a view must be allowed the functions that it asks
        grant execute on function audit.batches_of_build to sipas_ingest;
        """
    )


def downgrade() -> None:
    op.execute(
        """
        revoke execute on function audit.batches_of_build from sipas_ingest;
        drop view audit.batches_in_marts;
        alter table release.releases drop column mart_columns
        """
    )
