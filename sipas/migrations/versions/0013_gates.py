"""Gates: profiles of batches, what is usual, findings with owner and age; a closed gate freezes
nothing.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

READERS = "sipas_ingest, sipas_transform, sipas_release, sipas_audit"
FUNCTIONS = ("batch_peers(bigint)", "batch_volume(bigint)", "profile_changes(bigint)")


def upgrade() -> None:
    add_profiles()
    add_usual()
    add_to_validations()
    add_open_findings()
    add_closed_gate()


def add_profiles() -> None:
    """What a batch holds, counted once: the gate compares counts and never reads history anew."""
    op.execute(
        f"""
        create table audit.batch_profiles (
            batch_id      bigint not null references audit.batches,
            dimension     text not null check (dimension in ('value', 'presence', 'answer')),
            name          text not null,
            value         text not null,
            record_count  bigint not null check (record_count >= 0),
            primary key (batch_id, dimension, name, value)
        );
        comment on table audit.batch_profiles is
            'records of a batch by the value of a coded field, by whether a field is there, and '
            'answers by question; written by the raw gate, one scan a batch';
        alter table audit.batches
            add column stored_count bigint,
            add column newest_record_at timestamptz;
        comment on column audit.batches.stored_count is
            'rows that the raw gate found of the batch; loaded_count is what the load counted';
        comment on column audit.batches.newest_record_at is
            'the newest change (one-stop systems) or interview (surveys) among its records';
        create index deliveries_by_lot on audit.deliveries (lot_key);
        alter table raw.survey_forms add column is_substitute boolean;
        comment on column raw.survey_forms.is_substitute is
            'whether somebody else than the person drawn was asked; empty: the file does not say';
        grant select on audit.batch_profiles to {READERS};
        grant insert on audit.batch_profiles to sipas_ingest;
        grant update (stored_count, newest_record_at) on audit.batches to sipas_ingest;
        """
    )


def add_usual() -> None:
    """What is usual: batches that may be compared, sizes by working day, shares of values."""
    op.execute(
        """
        create view audit.batch_sizes as
        select
            batches.batch_id, batches.delivery_id, batches.status, batches.received_count,
            batches.newest_record_at, deliveries.source_code, deliveries.delivery_kind,
            deliveries.subject_code, deliveries.lot_key,
            coalesce(deliveries.told_until, deliveries.watermark) as told_until,
            coalesce(deliveries.days_from, (deliveries.window_from at time zone
                'Asia/Ho_Chi_Minh')::date) as first_day,
            coalesce(deliveries.days_to, (coalesce(deliveries.told_until, deliveries.watermark)
                at time zone 'Asia/Ho_Chi_Minh')::date) as last_day,
            case
                when deliveries.delivery_kind in ('survey_forms', 'reference') then 'replacement'
                when deliveries.file_name is not null then 'file'
                when deliveries.days_from is not null then 'days'
                when deliveries.window_from is not null then 'changes'
                else 'everything'
            end as request
        from audit.batches as batches
        inner join audit.deliveries as deliveries using (delivery_id);
        comment on view audit.batch_sizes is
            'one row a batch: what was asked for, and for which days; only equal requests compare';

        create function audit.batch_peers(this_batch bigint) returns table (peer_id bigint)
        language sql stable as $$
            with this as (select * from audit.batch_sizes where batch_id = this_batch),
            former as (
                select sizes.batch_id
                from this
                inner join audit.batch_sizes as sizes using (source_code, delivery_kind, request)
                where this.request <> 'replacement' and sizes.status = 'accepted'
                and sizes.batch_id < this_batch and sizes.delivery_id <> this.delivery_id
                order by sizes.batch_id desc limit 10
            ),
            same_round as (
                select current_batches.batch_id
                from this
                inner join audit.current_batches as current_batches
                    using (delivery_kind, subject_code)
                where delivery_kind = 'survey_forms' and current_batches.lot_key <> this.lot_key
            ),
            previous_round as (
                select current_batches.batch_id
                from this
                inner join reference.rounds as rounds on rounds.round_code = this.subject_code
                inner join reference.rounds as former
                    on former.round_code = rounds.previous_round_code
                    and former.method_version = rounds.method_version
                inner join audit.current_batches as current_batches
                    on current_batches.subject_code = former.round_code
                    and current_batches.delivery_kind = 'survey_forms'
                where this.delivery_kind = 'survey_forms'
                and rounds.batch_id in (select batch_id from audit.current_batches)
                and former.batch_id in (select batch_id from audit.current_batches)
                and not exists (select from same_round)
            )
            select batch_id from former
            union select batch_id from same_round
            union select batch_id from previous_round
        $$;
        comment on function audit.batch_peers is
            'accepted batches that show what is usual: the ten last of the same source and request;'
            ' of forms the other files of the round, else the previous round of the same method';

        create function audit.batch_volume(this_batch bigint) returns table (
            batch_id bigint, request text, size numeric, usual_size numeric, history_count bigint,
            ratio numeric, silent_working_days bigint
        )
        language sql stable as $$
            with this as (select * from audit.batch_sizes where batch_sizes.batch_id = this_batch),
            working_days as materialized (
                select distinct days.day_on
                from reference.calendar_days as days
                where days.is_working_day and days.batch_id in (
                    select current_batches.batch_id from audit.current_batches
                    where current_batches.delivery_kind = 'reference'
                )
            ),
            compared as (
                select sizes.*
                from audit.batch_sizes as sizes
                where sizes.batch_id = this_batch
                or sizes.batch_id in (
                    select peer_id from audit.batch_peers(this_batch), this
                    where this.request <> 'replacement'
                )
                or sizes.batch_id = (
                    select max(before.batch_id)
                    from this
                    inner join audit.batch_sizes as before using (lot_key)
                    where this.request = 'replacement' and before.status = 'accepted'
                    and before.batch_id < this_batch and before.delivery_id <> this.delivery_id
                )
            ),
            sized as (
                select
                    compared.batch_id,
                    case
                        when compared.request in ('changes', 'days')
                            then compared.received_count / nullif((
                                select count(*) from working_days
                                where day_on between compared.first_day and compared.last_day
                            ), 0)::numeric
                        else compared.received_count
                    end as size
                from compared
            ),
            usual as (
                select
                    percentile_cont(0.5) within group (order by sized.size)::numeric as usual_size,
                    count(sized.size) as history_count
                from sized where sized.batch_id <> this_batch
            )
            select
                this.batch_id, this.request, sized.size, usual.usual_size, usual.history_count,
                -- Of fewer than twenty records nothing can be said.
                case when usual.usual_size >= 20 then sized.size / usual.usual_size end,
                case when this.newest_record_at is not null and this.told_until is not null then (
                    select count(*) from working_days
                    where day_on > (this.newest_record_at at time zone 'Asia/Ho_Chi_Minh')::date
                    and day_on < (this.told_until at time zone 'Asia/Ho_Chi_Minh')::date
                ) end
            from this
            inner join sized using (batch_id)
            cross join usual
        $$;
        comment on function audit.batch_volume is
            'records of a batch (a working day, where a window was asked for) against the median '
            'of its peers, or against the batch that a file replaces; working days without change';

        create function audit.profile_changes(this_batch bigint) returns table (
            dimension text, name text, record_count numeric, usual_count numeric,
            distance numeric, missing_share numeric, usual_missing_share numeric
        )
        language sql stable as $$
            with this as (
                select * from audit.batch_profiles where batch_profiles.batch_id = this_batch
            ),
            usual as (
                select profiles.dimension, profiles.name, profiles.value,
                    sum(profiles.record_count) as record_count
                from audit.batch_profiles as profiles
                where profiles.batch_id in (select peer_id from audit.batch_peers(this_batch))
                group by profiles.dimension, profiles.name, profiles.value
            ),
            counted as (
                select
                    dimension, name, value,
                    coalesce(this.record_count, 0) as here,
                    coalesce(usual.record_count, 0) as there,
                    sum(coalesce(this.record_count, 0)) over names as all_here,
                    sum(coalesce(usual.record_count, 0)) over names as all_there
                from this
                full join usual using (dimension, name, value)
                window names as (partition by dimension, name)
            )
            select
                counted.dimension, counted.name, max(all_here), max(all_there),
                sum(abs(here / nullif(all_here, 0) - there / nullif(all_there, 0))) / 2,
                sum(here / nullif(all_here, 0)) filter (where value = 'missing'),
                sum(there / nullif(all_there, 0)) filter (where value = 'missing')
            from counted
            group by counted.dimension, counted.name
        $$;
        comment on function audit.profile_changes is
            'total variation distance of each field or question from what is usual (0 the same, 1 '
            'nothing in common); null without history';
        """
    )
    op.execute(f"grant select on audit.batch_sizes to {READERS}")


def add_to_validations() -> None:
    """Which expectation it was, about what, which rows, who mends it."""
    op.execute(
        """
        alter table audit.validations
            add column expectation_id text,
            add column subject text,
            add column description_en text,
            add column owner_vi text,
            add column judged_count bigint,
            add column sample_keys jsonb,
            add column limits jsonb,
            add column note_vi text;
        update audit.validations set
            expectation_id = suite_name || '.' || expectation_type
                || coalesce('.' || column_name, ''),
            owner_vi = 'Chưa giao đơn vị phụ trách',
            subject = coalesce((
                select case when deliveries.delivery_kind in ('dossiers', 'feedback')
                    then deliveries.source_code || '/' || deliveries.delivery_kind
                    else deliveries.lot_key end
                from audit.batches inner join audit.deliveries as deliveries using (delivery_id)
                where batches.batch_id = validations.batch_id
            ), 'marts');
        alter table audit.validations
            alter column expectation_id set not null,
            alter column subject set not null,
            alter column owner_vi set not null;
        create index validations_by_subject
            on audit.validations (subject, validated_at, expectation_id);
        create index validations_by_build on audit.validations (build_id, validated_at);
        comment on column audit.validations.expectation_id is
            'suite and name of the expectation: the same thing from run to run';
        comment on column audit.validations.subject is
            'what the gate looked at: source and kind, the lot of a file, or marts';
        comment on column audit.validations.judged_count is
            'rows that had something to judge; 0: nothing to compare with';
        comment on column audit.validations.sample_keys is
            'keys of some of the rows that failed, with what was seen; no personal data';
        comment on column audit.validations.limits is 'the limits that held then';
        """
    )


def add_open_findings() -> None:
    """What fails now, since when, and whether it is new: from history, which is never deleted."""
    op.execute(
        """
        create view audit.open_findings as
        with runs as (
            select subject, gate, max(validated_at) as validated_at
            from audit.validations group by subject, gate
        ),
        failing as (
            select validations.*
            from audit.validations as validations
            inner join runs using (subject, gate, validated_at)
            where not validations.is_successful
        )
        select
            failing.validation_id, failing.gate, failing.subject, failing.batch_id,
            failing.build_id, failing.suite_name, failing.expectation_id, failing.severity,
            failing.description_vi, failing.description_en, failing.owner_vi, failing.observed,
            failing.unexpected_count, failing.sample_keys, failing.limits,
            failing.exception_message, failing.validated_at, history.failing_since,
            (now() at time zone 'Asia/Ho_Chi_Minh')::date
                - (history.failing_since at time zone 'Asia/Ho_Chi_Minh')::date as age_days,
            history.failed_run_count,
            history.failed_run_count = 1 as is_new_since_last_run,
            coalesce(deliveries.data_nature, case when exists (
                select from audit.batches as accepted
                inner join audit.deliveries as simulated using (delivery_id)
                where accepted.status = 'accepted' and simulated.data_nature = 'simulated'
            ) then 'simulated' else 'real' end) as data_nature
        from failing
        cross join lateral (
            select min(runs_of.validated_at) as failing_since, count(*) as failed_run_count
            from audit.validations as runs_of
            where runs_of.subject = failing.subject
            and runs_of.gate = failing.gate
            and runs_of.expectation_id = failing.expectation_id
            and runs_of.validated_at > coalesce((
                select max(passed.validated_at) from audit.validations as passed
                where passed.subject = failing.subject and passed.gate = failing.gate
                and passed.expectation_id = failing.expectation_id and passed.is_successful
            ), '-infinity')
        ) as history
        left join audit.batches as batches on batches.batch_id = failing.batch_id
        left join audit.deliveries as deliveries on deliveries.delivery_id = batches.delivery_id;
        comment on view audit.open_findings is
            'one row an expectation that failed in the newest run of its subject: since when it '
            'has failed without a pass between, in how many runs, and who mends it';
        """
    )
    op.execute(f"grant select on audit.open_findings to {READERS}")


def add_closed_gate() -> None:
    """Whoever freezes or publishes, by whatever way: not what a critical expectation stopped."""
    op.execute(
        """
        create function release.refuse_behind_a_closed_gate() returns trigger
        language plpgsql security definer set search_path = pg_catalog, pg_temp
        as $$
        declare
            failed text;
        begin
            select validations.expectation_id into failed
            from audit.validations
            where validations.build_id = new.build_id and validations.severity = 'critical'
            and not validations.is_successful and validations.validated_at = (
                select max(newest.validated_at) from audit.validations as newest
                where newest.build_id = new.build_id and newest.gate = 'mart'
            )
            limit 1;
            if failed is not null then
                raise exception '% stays unpublished: the gate of build % is closed by %',
                    new.release_id, new.build_id, failed using errcode = 'restrict_violation';
            end if;
            return new;
        end
        $$;
        revoke all on function release.refuse_behind_a_closed_gate from public;
        create trigger the_gate_was_open before insert on release.releases
            for each row execute function release.refuse_behind_a_closed_gate();
        create trigger the_gate_is_open before update of status on release.releases
            for each row when (new.status = 'published')
            execute function release.refuse_behind_a_closed_gate();
        """
    )


def downgrade() -> None:
    op.execute(
        """
        drop trigger the_gate_is_open on release.releases;
        drop trigger the_gate_was_open on release.releases;
        drop function release.refuse_behind_a_closed_gate;
        -- dbt's views on it are made anew by the next build.
        drop view audit.open_findings cascade;
        drop index audit.validations_by_subject, audit.validations_by_build;
        alter table audit.validations
            drop column expectation_id, drop column subject, drop column description_en,
            drop column owner_vi, drop column judged_count, drop column sample_keys,
            drop column limits, drop column note_vi;
        """
    )
    for function in FUNCTIONS:
        op.execute(f"drop function audit.{function}")
    op.execute(
        """
        drop view audit.batch_sizes;
        drop index audit.deliveries_by_lot;
        drop table audit.batch_profiles;
        alter table audit.batches drop column stored_count, drop column newest_record_at;
        alter table raw.survey_forms drop column is_substitute
        """
    )
