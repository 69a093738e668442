"""what a build saw, and what every published figure rests on, for people who choose a figure."""

from alembic import op

from sipas.migrations.figure_origins import origins_view

revision = "0015"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_batches_of_build()
    add_release_deliveries()
    op.execute(origins_view())
    op.execute(
        """
        comment on view published.figure_origins is
            'one row a published figure: value, n and method beside what its release rests on';
        grant select on published.release_deliveries, published.figure_origins
            to sipas_release, sipas_bi, sipas_audit;
        """
    )


def add_batches_of_build() -> None:
    """Which batches a build read: the same rule as stg_audit__visible_batches, for any build.

    A function, because a view would be reckoned for all builds before it is joined to one; who
    reads a view that asks it needs no right in audit.
    """
    op.execute(
        """
        create function audit.batches_of_build(of_build bigint) returns setof bigint
        language sql stable security definer set search_path = pg_catalog, pg_temp
        as $$
            select distinct on (deliveries.lot_key) batches.batch_id
            from audit.builds as builds
            inner join audit.build_batches as consumed on consumed.build_id = builds.build_id
            inner join audit.batches as batches
                on batches.batch_id = consumed.batch_id and batches.status = 'accepted'
            inner join audit.deliveries as deliveries
                on deliveries.delivery_id = batches.delivery_id
            where builds.build_id = of_build
            or (builds.build_id < of_build and builds.status = 'succeeded')
            order by deliveries.lot_key, batches.batch_id desc
        $$;
        comment on function audit.batches_of_build is
            'the batches that a build read: consumed by it or by an earlier build that succeeded, '
            'the newest of each lot';
        revoke all on function audit.batches_of_build from public;
        grant execute on function audit.batches_of_build
            to sipas_transform, sipas_release, sipas_audit, sipas_bi;
        create index validations_of_batch on audit.validations (batch_id);
        create index validations_of_build on audit.validations (build_id);
        """
    )


def add_release_deliveries() -> None:
    """The deliveries that a standing release may rest on, without file names and folders."""
    op.execute(
        """
        create view published.release_deliveries as
        select releases.release_id, batches.batch_id, deliveries.delivery_id,
            deliveries.delivery_kind, deliveries.subject_code, deliveries.source_code,
            deliveries.data_nature, batches.contract_version,
            batches.mapping_version, batches.received_count, batches.loaded_count,
            batches.unchanged_count, batches.quarantined_count, deliveries.received_at,
            batches.loaded_at, deliveries.content_sha256, deliveries.manifest_sha256,
            purges.copy_sha256, purges.delivery_id is not null as is_original_purged
        from release.releases as releases
        cross join lateral audit.batches_of_build(releases.build_id) as seen (batch_id)
        inner join audit.batches as batches on batches.batch_id = seen.batch_id
        inner join audit.deliveries as deliveries on deliveries.delivery_id = batches.delivery_id
        left join audit.purges as purges on purges.delivery_id = batches.delivery_id
        where releases.status = 'published'
        and (
            deliveries.delivery_kind = 'reference'
            or (
                deliveries.delivery_kind = 'survey_forms'
                and releases.scope = 'round:' || deliveries.subject_code
            )
            or (deliveries.delivery_kind = 'dossiers' and releases.scope = 'scorecards')
            or (
                deliveries.delivery_kind = 'feedback'
                and releases.scope in ('scorecards', 'feedback')
            )
        );
        comment on view published.release_deliveries is
            'one row a standing release and delivery that its figures may rest on';
        """
    )


def downgrade() -> None:
    op.execute(
        """
        drop view published.figure_origins;
        drop view published.release_deliveries;
        drop function audit.batches_of_build;
        drop index audit.validations_of_batch, audit.validations_of_build
        """
    )
