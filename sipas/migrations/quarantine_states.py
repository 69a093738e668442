"""Of migration 0010: the state of rejected records, their owners, and the end of personal data."""

from alembic import op


def add_quarantine_states() -> None:
    """Which rejected records still wait to be mended, and who answers for them."""
    op.execute(
        """
        create index records_by_code on quarantine.records (record_code);
        create index feedback_by_code on raw.feedback (feedback_code);

        create view quarantine.record_states as
        with loads as (
            select
                batches.batch_id, batches.status, batches.refusal_reason, batches.loaded_at,
                batches.mapping_version, deliveries.delivery_id, deliveries.source_code,
                deliveries.delivery_kind, deliveries.lot_key, deliveries.subject_code,
                deliveries.file_name, deliveries.window_from, deliveries.days_from,
                deliveries.days_to, deliveries.data_nature, deliveries.received_at,
                coalesce(deliveries.watermark, deliveries.received_at) as arrived_at,
                max(batches.batch_id) filter (where batches.status = 'accepted')
                    over (partition by deliveries.lot_key) as current_batch_id
            from audit.batches as batches
            inner join audit.deliveries as deliveries using (delivery_id)
        ),
        faults as (
            select batch_id, position, place, record_code, field, reason_code, reason_vi
            from quarantine.records
            union all
            select batch_id, 0, coalesce(file_name, source_code), null, 'delivery',
                'delivery_refused', refusal_reason
            from loads where status = 'refused'
        ),
        judged as (
            select
                faults.*,
                loads.delivery_id, loads.source_code, loads.delivery_kind, loads.subject_code,
                loads.file_name, loads.mapping_version, loads.data_nature, loads.received_at,
                loads.arrived_at, loads.loaded_at,
                case when loads.delivery_kind in ('dossiers', 'feedback')
                    then substring(faults.record_code from '^(.+)-[0-9]{6}-') end as agency_code,
                exists (
                    select from quarantine.records as again
                    inner join audit.batches as batches using (batch_id)
                    inner join audit.deliveries as later using (delivery_id)
                    where again.record_code = faults.record_code
                    and later.source_code = loads.source_code
                    and later.delivery_kind = loads.delivery_kind
                    and later.subject_code is not distinct from loads.subject_code
                    and (later.received_at, again.batch_id) > (loads.received_at, loads.batch_id)
                ) or exists (
                    select from quarantine.records as again
                    inner join audit.batches as batches using (batch_id)
                    where faults.record_code is null and again.record_code is null
                    and again.position = faults.position
                    and batches.delivery_id = loads.delivery_id
                    and again.batch_id > loads.batch_id
                ) as is_rejected_again,
                coalesce(
                    good_dossiers.batch_id, good_feedback.batch_id, good_forms.batch_id,
                    removals.batch_id, good_deliveries.batch_id,
                    case when loads.current_batch_id > loads.batch_id
                        then loads.current_batch_id end
                ) as mended_by_batch_id,
                coalesce(
                    good_dossiers.batch_id, good_feedback.batch_id, good_forms.batch_id,
                    removals.batch_id, good_deliveries.batch_id
                ) is not null as is_seen_good
            from faults
            inner join loads using (batch_id)
            left join lateral (
                select good.batch_id from raw.dossiers as good
                inner join audit.batches as batches using (batch_id)
                inner join audit.deliveries as later using (delivery_id)
                where loads.delivery_kind = 'dossiers' and batches.status = 'accepted'
                and good.agency_code = substring(faults.record_code from '^(.+)-[0-9]{6}-')
                and good.dossier_code = faults.record_code
                and (later.received_at, good.batch_id) > (loads.received_at, loads.batch_id)
                order by later.received_at desc, good.batch_id desc limit 1
            ) as good_dossiers on true
            left join lateral (
                select good.batch_id from raw.feedback as good
                inner join audit.batches as batches using (batch_id)
                inner join audit.deliveries as later using (delivery_id)
                where loads.delivery_kind = 'feedback' and batches.status = 'accepted'
                and good.feedback_code = faults.record_code
                and good.source_code = loads.source_code
                and (later.received_at, good.batch_id) > (loads.received_at, loads.batch_id)
                order by later.received_at desc, good.batch_id desc limit 1
            ) as good_feedback on true
            left join lateral (
                select good.batch_id from raw.survey_forms as good
                inner join audit.current_batches as accepted using (batch_id)
                where loads.delivery_kind = 'survey_forms'
                and good.form_code = faults.record_code
                and accepted.subject_code = loads.subject_code
                and good.batch_id > loads.batch_id
                order by good.batch_id desc limit 1
            ) as good_forms on true
            left join lateral (
                select removed.batch_id from raw.dossier_removals as removed
                inner join audit.batches as batches using (batch_id)
                inner join audit.deliveries as later using (delivery_id)
                where loads.delivery_kind = 'dossiers' and batches.status = 'accepted'
                and removed.agency_code = substring(faults.record_code from '^(.+)-[0-9]{6}-')
                and removed.dossier_code = faults.record_code
                and (later.received_at, removed.batch_id) >= (loads.received_at, loads.batch_id)
                order by later.received_at desc, removed.batch_id desc limit 1
            ) as removals on true
            left join lateral (
                select batches.batch_id from audit.batches as batches
                inner join audit.deliveries as later using (delivery_id)
                where faults.position = 0 and batches.status = 'accepted'
                and loads.delivery_kind in ('dossiers', 'feedback')
                and later.source_code = loads.source_code
                and later.delivery_kind = loads.delivery_kind
                and later.file_name is not distinct from loads.file_name
                and case
                    when loads.days_from is not null
                        then later.days_from <= loads.days_from and later.days_to >= loads.days_to
                    else later.days_from is null and (
                        later.window_from is null or later.window_from <= loads.window_from
                    )
                end
                and later.received_at > loads.received_at
                order by batches.batch_id limit 1
            ) as good_deliveries on true
        )
        select
            batch_id, position, place, record_code, field, reason_code, reason_vi, agency_code,
            delivery_id, source_code, delivery_kind, subject_code, file_name, mapping_version,
            data_nature, received_at, arrived_at, loaded_at,
            case
                when is_seen_good then 'mended'
                when is_rejected_again then 'rejected_again'
                when mended_by_batch_id is not null then 'mended'
                else 'open'
            end as state,
            case when is_seen_good or not is_rejected_again then mended_by_batch_id end
                as mended_by_batch_id
        from judged;
        comment on view quarantine.record_states is
            'one row a rejected record and reason, and one (position 0) a refused delivery. A row '
            'is mended when a later accepted delivery holds a good version of the same dossier, '
            'feedback or form, tells that it was removed, or when the newest accepted batch of its '
            'lot takes it; rejected_again when a later row says it of the same record; else open. '
            'Later is by delivery, then by batch: loading an old delivery anew mends only itself';
        comment on column quarantine.record_states.arrived_at is
            'the source''s own time of the delivery where it has one, else when it was received';

        create table reference.source_owners (
            source_code      text not null,
            agency_code      text not null,
            owner_vi         text not null,
            contact_channel  text not null check (contact_channel !~ '@|[0-9]{7}'),
            note             text,
            batch_id         bigint not null references audit.batches,
            position         integer not null,
            primary key (batch_id, position),
            unique (batch_id, source_code, agency_code)
        );
        comment on table reference.source_owners is
            'the department that mends what a source sends; agency * = all others of the source';
        create table reference.quarantine_reasons (
            reason_code  text not null,
            label_vi     text not null,
            to_do_vi     text not null,
            batch_id     bigint not null references audit.batches,
            position     integer not null,
            primary key (batch_id, position),
            unique (batch_id, reason_code)
        );

        grant usage on schema quarantine to sipas_transform;
        grant select on quarantine.record_states to sipas_ingest, sipas_transform, sipas_audit;
        grant select, insert on reference.source_owners, reference.quarantine_reasons
            to sipas_ingest;
        grant select on reference.source_owners, reference.quarantine_reasons
            to sipas_transform, sipas_release, sipas_audit;
        grant maintain on reference.source_owners, reference.quarantine_reasons to sipas_transform;
        """
    )


def add_purges() -> None:
    """Personal data end: originals give way to copies without persons, contacts are deleted."""
    op.execute(
        """
        create table audit.purges (
            delivery_id   text primary key references audit.deliveries,
            copy_sha256   text not null,
            byte_count    bigint not null,
            requested_by  text not null,
            reason        text not null,
            purged_at     timestamptz not null default now()
        );
        comment on table audit.purges is
            'deliveries whose landed original gave way to a copy without persons; from then on '
            'the copy is read. The hashes of the originals stay in the delivery''s manifest';
        comment on column audit.purges.copy_sha256 is
            'hash of the copy''s own manifest, which has the hash of each object of the copy';

        create table audit.applicant_purges (
            applicant_purge_id  bigint generated always as identity primary key,
            received_before     timestamptz not null,
            deleted_count       bigint not null,
            requested_by        text not null,
            reason              text not null,
            purged_at           timestamptz not null default now()
        );

        -- The only way by which persons are deleted: by age, never a chosen one, and on record.
        create function pii.delete_applicants(before timestamptz, who text, why text)
        returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp
        as $$
        declare
            deleted bigint;
        begin
            if before is null or before > now() - interval '30 days' then
                raise exception 'applicants are kept for at least 30 days'
                    using errcode = 'check_violation';
            end if;
            delete from pii.applicants as applicants
            using audit.batches as batches
            inner join audit.deliveries as deliveries
                on batches.delivery_id = deliveries.delivery_id
            where applicants.batch_id = batches.batch_id and deliveries.received_at < before;
            get diagnostics deleted = row_count;
            insert into audit.applicant_purges
                (received_before, deleted_count, requested_by, reason)
            values (before, deleted, who, why);
            return deleted;
        end
        $$;
        create function pii.count_applicants(before timestamptz)
        returns bigint language sql security definer set search_path = pg_catalog, pg_temp
        as $$
            select count(*) from pii.applicants as applicants
            inner join audit.batches as batches on applicants.batch_id = batches.batch_id
            inner join audit.deliveries as deliveries
                on batches.delivery_id = deliveries.delivery_id
            where deliveries.received_at < before
        $$;
        revoke execute on function pii.delete_applicants, pii.count_applicants from public;
        grant execute on function pii.delete_applicants, pii.count_applicants to sipas_ingest;

        grant select, insert on audit.purges to sipas_ingest;
        grant select on audit.purges, audit.applicant_purges
            to sipas_ingest, sipas_transform, sipas_release, sipas_audit;
        """
    )


def drop_purges() -> None:
    """Takes add_purges away again."""
    op.execute(
        """
        drop function pii.delete_applicants, pii.count_applicants;
        drop table audit.applicant_purges, audit.purges
        """
    )


def drop_quarantine_states() -> None:
    """Takes add_quarantine_states away again."""
    op.execute(
        """
        drop table reference.quarantine_reasons, reference.source_owners;
        drop view quarantine.record_states;
        drop index quarantine.records_by_code, raw.feedback_by_code;
        revoke usage on schema quarantine from sipas_transform
        """
    )
