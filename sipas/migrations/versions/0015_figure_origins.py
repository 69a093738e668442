"""what a build saw, and what every published figure rests on, for people who choose a figure."""

from alembic import op

from sipas.migrations.figure_origins import origins_view

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_batches_of_build()
    add_release_deliveries()
    add_release_origins()
    op.execute(origins_view())
    op.execute(
        """
        comment on view published.figure_origins is
            'one row a published figure: value, n and method beside what its release rests on. '
            'Choose the release_id first: the deliveries of no other are then looked at';
        grant select on published.release_deliveries, published.release_origins,
            published.figure_origins to sipas_release, sipas_bi, sipas_audit;
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


def add_release_origins() -> None:
    """The same summed up: what the figures of a release rest on that are made of one kind of rows
    (forms of a round, one reference table, dossiers, feedback), the newest deliveries by name."""
    op.execute(
        """
        create view published.release_origins as
        with numbered as (
            select *,
                case when delivery_kind in ('dossiers', 'feedback') then '' else subject_code end
                    as subject,
                row_number() over (
                    partition by release_id, delivery_kind,
                        case when delivery_kind in ('dossiers', 'feedback') then ''
                        else subject_code end
                    order by received_at desc, batch_id desc
                ) as age
            from published.release_deliveries
        ), summed as (
            select release_id, delivery_kind, subject, count(*) as batch_count,
                sum(received_count)::bigint as received_count,
                sum(loaded_count)::bigint as loaded_count,
                sum(quarantined_count)::bigint as quarantined_count,
                min(received_at) as first_received_at, max(received_at) as last_received_at,
                array_agg(batch_id) as batch_ids,
                jsonb_agg(jsonb_build_object(
                    'delivery_id', delivery_id, 'received_at', received_at,
                    'content_sha256', content_sha256, 'manifest_sha256', manifest_sha256,
                    'data_nature', data_nature, 'is_original_purged', is_original_purged
                ) order by age) filter (where age <= 20) as deliveries
            from numbered
            group by release_id, delivery_kind, subject
        )
        select summed.release_id, summed.delivery_kind, summed.subject as subject_code,
            summed.batch_count, summed.received_count, summed.loaded_count,
            summed.quarantined_count, summed.first_received_at, summed.last_received_at,
            summed.deliveries, found.check_count, found.failed_check_count
        from summed
        inner join release.releases as releases using (release_id)
        cross join lateral (
            select count(*) as check_count,
                count(*) filter (where not validations.is_successful) as failed_check_count
            from audit.validations as validations
            where validations.batch_id = any(summed.batch_ids)
            -- A build may be looked at again when its cause was mended: the newest look counts.
            or validations.build_id = releases.build_id
            and validations.validated_at = (
                select max(looks.validated_at) from audit.validations as looks
                where looks.build_id = releases.build_id
            )
        ) as found;
        comment on view published.release_origins is
            'one row a standing release, kind of delivery and subject: batches, the newest twenty '
            'deliveries, and checks of them and of the build'
        """
    )


def downgrade() -> None:
    op.execute(
        """
        drop view published.figure_origins;
        drop view published.release_origins;
        drop view published.release_deliveries;
        drop function audit.batches_of_build;
        drop index audit.validations_of_batch
        """
    )
