"""audit: deliveries, batches, builds, validations: what came, what became of it."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table audit.deliveries (
            delivery_id      text primary key,
            source_code      text not null,
            delivery_kind    text not null
                check (delivery_kind in ('dossiers', 'survey_forms', 'reference')),
            lot_key          text not null,
            subject_code     text,
            file_name        text,
            data_nature      text not null check (data_nature in ('real', 'simulated')),
            received_at      timestamptz not null,
            window_from      timestamptz,
            watermark        timestamptz,
            object_count     integer not null check (object_count > 0),
            byte_count       bigint not null,
            content_sha256   text not null,
            manifest_sha256  text not null,
            landing_path     text not null unique
        );
        comment on column audit.deliveries.lot_key is
            'what a later batch replaces: the newest accepted batch of a lot is the current one';
        comment on column audit.deliveries.subject_code is
            'round of a survey delivery, table of a reference delivery';
        comment on column audit.deliveries.watermark is
            'the source''s own time up to which it has told us everything';

        create table audit.batches (
            batch_id           bigint generated always as identity primary key,
            delivery_id        text not null references audit.deliveries,
            contract_version   text not null,
            mapping_version    text not null,
            status             text not null check (status in ('loaded', 'accepted', 'refused')),
            received_count     bigint not null,
            loaded_count       bigint not null,
            unchanged_count    bigint not null,
            quarantined_count  bigint not null,
            refusal_reason     text,
            loaded_at          timestamptz not null default now(),
            decided_at         timestamptz,
            constraint every_record_is_accounted_for
                check (received_count = loaded_count + unchanged_count + quarantined_count),
            constraint a_refusal_says_why
                check ((status = 'refused') = (refusal_reason is not null)),
            unique (delivery_id, contract_version, mapping_version)
        );

        create view audit.current_batches as
        select distinct on (deliveries.lot_key)
            batches.batch_id, deliveries.lot_key, deliveries.delivery_kind,
            deliveries.subject_code, deliveries.data_nature
        from audit.batches as batches
        inner join audit.deliveries as deliveries using (delivery_id)
        where batches.status = 'accepted'
        order by deliveries.lot_key, batches.batch_id desc;
        comment on view audit.current_batches is
            'the newest accepted batch of each lot: it supersedes the older ones';

        create table audit.builds (
            build_id            bigint generated always as identity primary key,
            status              text not null check (status in ('running', 'succeeded', 'failed')),
            as_of_at            timestamptz not null,
            code_version        text not null,
            dbt_project_sha256  text not null,
            started_at          timestamptz not null default now(),
            ended_at            timestamptz,
            run_id              text
        );
        create unique index one_build_at_a_time on audit.builds (status)
            where status = 'running';

        create table audit.build_batches (
            build_id  bigint not null references audit.builds,
            batch_id  bigint not null references audit.batches,
            primary key (build_id, batch_id)
        );
        comment on table audit.build_batches is
            'the batches that a build was the first to consume; a failed build''s come again';

        create table audit.validations (
            validation_id     bigint generated always as identity primary key,
            gate              text not null check (gate in ('raw', 'mart')),
            batch_id          bigint references audit.batches,
            build_id          bigint references audit.builds,
            suite_name        text not null,
            expectation_type  text not null,
            column_name       text,
            severity          text not null check (severity in ('critical', 'warning')),
            is_successful     boolean not null,
            observed          jsonb,
            unexpected_count  bigint,
            description_vi    text not null,
            exception_message text,
            validated_at      timestamptz not null default now(),
            check ((batch_id is null) <> (build_id is null))
        );

        grant select on all tables in schema audit
            to sipas_ingest, sipas_transform, sipas_release, sipas_audit;
        grant insert on audit.deliveries, audit.batches, audit.validations to sipas_ingest;
        grant update (
            status, refusal_reason, decided_at,
            received_count, loaded_count, unchanged_count, quarantined_count
        ) on audit.batches to sipas_ingest;
        grant insert on audit.builds, audit.build_batches to sipas_transform;
        grant update (status, ended_at, run_id) on audit.builds to sipas_transform;
        grant insert on audit.validations to sipas_release;
        """
    )


def downgrade() -> None:
    op.execute(
        "drop view audit.current_batches; drop table audit.validations, audit.build_batches, "
        "audit.builds, audit.batches, audit.deliveries"
    )
