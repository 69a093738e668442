"""what a build saw, and what every published figure rests on, for people who choose a figure."""

from alembic import op

from sipas.migrations.figure_origins import origins_view

revision = "0015"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_visible_batches()
    add_release_deliveries()
    op.execute(origins_view())
    op.execute(
        """
        comment on view published.figure_origins is
            'one row a published figure: value, n and method beside what its release rests on';
        grant select on audit.visible_batches
            to sipas_ingest, sipas_transform, sipas_release, sipas_audit;
        grant select on published.release_deliveries, published.figure_origins
            to sipas_release, sipas_bi, sipas_audit;
        """
    )


def add_visible_batches() -> None:
    """Which batches a build read: the same rule as stg_audit__visible_batches, for every build."""
    op.execute(
        """
        create view audit.visible_batches as
        select distinct on (seeing.build_id, deliveries.lot_key)
            seeing.build_id, batches.batch_id, deliveries.delivery_id, deliveries.lot_key,
            deliveries.delivery_kind, deliveries.subject_code, deliveries.source_code,
            deliveries.data_nature, deliveries.file_name
        from audit.builds as seeing
        inner join audit.builds as consuming
            on consuming.build_id = seeing.build_id
            or (consuming.build_id < seeing.build_id and consuming.status = 'succeeded')
        inner join audit.build_batches on build_batches.build_id = consuming.build_id
        inner join audit.batches as batches
            on batches.batch_id = build_batches.batch_id and batches.status = 'accepted'
        inner join audit.deliveries as deliveries
            on deliveries.delivery_id = batches.delivery_id
        order by seeing.build_id, deliveries.lot_key, batches.batch_id desc;
        comment on view audit.visible_batches is
            'the batches that a build read: consumed by it or by an earlier build that succeeded, '
            'the newest of each lot. Ask for one build_id';
        """
    )


def add_release_deliveries() -> None:
    """The deliveries that a standing release may rest on, without file names and folders."""
    op.execute(
        """
        create view published.release_deliveries as
        select releases.release_id, seen.batch_id, seen.delivery_id, seen.delivery_kind,
            seen.subject_code, seen.source_code, seen.data_nature, batches.contract_version,
            batches.mapping_version, batches.received_count, batches.loaded_count,
            batches.unchanged_count, batches.quarantined_count, deliveries.received_at,
            batches.loaded_at, deliveries.content_sha256, deliveries.manifest_sha256,
            purges.copy_sha256, purges.delivery_id is not null as is_original_purged
        from release.releases as releases
        inner join audit.visible_batches as seen on seen.build_id = releases.build_id
        inner join audit.batches as batches on batches.batch_id = seen.batch_id
        inner join audit.deliveries as deliveries on deliveries.delivery_id = seen.delivery_id
        left join audit.purges as purges on purges.delivery_id = seen.delivery_id
        where releases.status = 'published'
        and (
            seen.delivery_kind = 'reference'
            or (
                seen.delivery_kind = 'survey_forms'
                and releases.scope = 'round:' || seen.subject_code
            )
            or (seen.delivery_kind = 'dossiers' and releases.scope = 'scorecards')
            or (
                seen.delivery_kind = 'feedback'
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
        drop view audit.visible_batches
        """
    )
