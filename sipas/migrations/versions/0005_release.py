"""release and published: frozen rows that nobody changes, and views of those that stand."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table release.releases (
            release_id             text primary key,
            scope                  text not null,
            status                 text not null check (status in (
                'candidate', 'approved', 'published', 'superseded', 'withdrawn', 'rejected'
            )),
            content_sha256         text not null,
            previous_sha256        text,
            row_count              integer not null,
            data_nature            text not null check (data_nature in ('real', 'simulated')),
            method_rows            jsonb not null,
            calendar_version       text,
            build_id               bigint not null references audit.builds,
            as_of_at               timestamptz not null,
            code_version           text not null,
            dbt_project_sha256     text not null,
            created_at             timestamptz not null default now(),
            decision_number        text,
            decision_on            date,
            signatory              text,
            position               text,
            approved_by            text,
            approved_at            timestamptz,
            is_automatic_approval  boolean not null default false,
            published_at           timestamptz,
            supersedes             text references release.releases,
            reason                 text
        );
        create unique index one_standing_release_a_scope on release.releases (scope)
            where status = 'published';

        create table release.criterion_results (
            release_id              text not null references release.releases,
            round_code              text not null,
            unit_key                text not null,
            breakdown               text not null,
            breakdown_value         text not null,
            indicator_code          text not null,
            method_version          text not null,
            unit_code               text not null,
            unit_name               text not null,
            unit_level              text not null,
            indicator_level         text not null,
            parent_code             text,
            sort_order              integer not null,
            label_vi                text not null,
            label_en                text not null,
            responsible_vi          text,
            measure_type            text not null,
            scale_max               integer,
            value_source            text not null,
            data_nature             text not null,
            sampled_count           bigint,
            valid_count             bigint,
            missing_count           bigint,
            index_value             numeric,
            index_rounded           numeric,
            ci_low                  numeric,
            ci_high                 numeric,
            ci_reason               text,
            rank                    integer,
            ranked_count            integer,
            rank_source             text,
            rank_scope              text,
            previous_round_code     text,
            previous_index_rounded  numeric,
            change                  numeric,
            previous_rank           integer,
            rank_change             integer,
            is_change_comparable    boolean,
            change_note             text,
            national_value          numeric,
            target_value            numeric,
            is_suppressed           boolean not null,
            suppression_reason      text,
            primary key (
                release_id, round_code, unit_key, breakdown, breakdown_value, indicator_code
            )
        );

        create table release.agency_scorecards (
            release_id                 text not null references release.releases,
            agency_key                 text not null,
            period_type                text not null,
            period_start               date not null,
            breakdown                  text not null,
            breakdown_value            text not null,
            as_of_at                   timestamptz not null,
            agency_code                text not null,
            agency_name                text not null,
            unit_level                 text not null,
            breakdown_label_vi         text not null,
            data_nature                text not null,
            carried_in_count           bigint not null,
            received_count             bigint not null,
            finished_early_count       bigint not null,
            finished_on_time_count     bigint not null,
            finished_late_count        bigint not null,
            in_progress_on_time_count  bigint not null,
            in_progress_overdue_count  bigint not null,
            refused_count              bigint not null,
            withdrawn_count            bigint not null,
            on_time_rate               numeric,
            late_notice_rate           numeric,
            apology_rate               numeric,
            median_working_days        numeric,
            repeated_supplement_count  bigint not null,
            online_rate                numeric,
            postal_rate                numeric,
            online_payment_rate        numeric,
            feedback_count             bigint,
            feedback_on_time_rate      numeric,
            satisfaction_index         numeric,
            peer_group                 text not null,
            rank_in_peer_group         integer,
            primary key (
                release_id, agency_key, period_type, period_start,
                breakdown, breakdown_value, as_of_at
            )
        );

        create function release.refuse_change() returns trigger language plpgsql as $$
        begin
            raise exception 'release %: frozen rows are never changed; supersede or withdraw '
                'the release instead', old.release_id using errcode = 'restrict_violation';
        end $$;
        create function release.refuse_truncate() returns trigger language plpgsql as $$
        begin
            raise exception 'release.%: releases are never emptied', tg_table_name
                using errcode = 'restrict_violation';
        end $$;
        create function release.allow_only_the_next_state() returns trigger
        language plpgsql as $$
        declare
            frozen text[] := array['status', 'decision_number', 'decision_on', 'signatory',
                'position', 'approved_by', 'approved_at', 'is_automatic_approval',
                'published_at', 'reason'];
        begin
            if tg_op = 'DELETE' then
                raise exception 'release %: a release is never deleted', old.release_id
                    using errcode = 'restrict_violation';
            end if;
            if (to_jsonb(new) - frozen) <> (to_jsonb(old) - frozen) then
                raise exception 'release %: only its state and approval may change',
                    old.release_id using errcode = 'restrict_violation';
            end if;
            if (old.status, new.status) not in (
                ('candidate', 'approved'), ('candidate', 'rejected'), ('approved', 'published'),
                ('approved', 'withdrawn'), ('published', 'superseded'),
                ('published', 'withdrawn')
            ) then
                raise exception 'release %: % does not become %',
                    old.release_id, old.status, new.status using errcode = 'restrict_violation';
            end if;
            return new;
        end $$;
        create function release.refuse_growth() returns trigger language plpgsql as $$
        begin
            if exists (
                select from new_rows
                inner join release.releases as releases using (release_id)
                where releases.status <> 'candidate'
            ) then
                raise exception 'only a candidate takes rows'
                    using errcode = 'restrict_violation';
            end if;
            return null;
        end $$;
        create trigger no_growth after insert on release.criterion_results
            referencing new table as new_rows
            for each statement execute function release.refuse_growth();
        create trigger no_growth after insert on release.agency_scorecards
            referencing new table as new_rows
            for each statement execute function release.refuse_growth();
        create trigger only_the_next_state before update or delete on release.releases
            for each row execute function release.allow_only_the_next_state();
        create trigger frozen before update or delete on release.criterion_results
            for each row execute function release.refuse_change();
        create trigger frozen before update or delete on release.agency_scorecards
            for each row execute function release.refuse_change();
        create trigger never_emptied before truncate on release.releases
            for each statement execute function release.refuse_truncate();
        create trigger never_emptied before truncate on release.criterion_results
            for each statement execute function release.refuse_truncate();
        create trigger never_emptied before truncate on release.agency_scorecards
            for each statement execute function release.refuse_truncate();

        create view published.releases as
        select * from release.releases
        where status in ('published', 'superseded', 'withdrawn');

        create view published.criterion_results as
        select rows.*, releases.as_of_at, releases.published_at, releases.content_sha256
        from release.criterion_results as rows
        inner join release.releases as releases using (release_id)
        where releases.status = 'published';

        create view published.agency_scorecards as
        select rows.*, releases.published_at, releases.content_sha256
        from release.agency_scorecards as rows
        inner join release.releases as releases using (release_id)
        where releases.status = 'published';

        grant select, insert on all tables in schema release to sipas_release;
        grant update (status, decision_number, decision_on, signatory, position, approved_by,
            approved_at, is_automatic_approval, published_at, reason)
            on release.releases to sipas_release;
        grant select on all tables in schema published to sipas_release, sipas_bi, sipas_audit;
        grant select on all tables in schema release to sipas_audit;
        """
    )


def downgrade() -> None:
    op.execute(
        """
        drop view published.agency_scorecards, published.criterion_results, published.releases;
        drop table release.agency_scorecards, release.criterion_results, release.releases;
        drop function release.refuse_change, release.refuse_truncate, release.refuse_growth,
            release.allow_only_the_next_state;
        """
    )
