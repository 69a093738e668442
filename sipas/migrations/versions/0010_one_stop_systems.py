"""One-stop systems in full: removals, fees, events, feedback, backfills and reconciliations.

Large tables lead their keys with the agency, so that they can be distributed by it.
"""

from alembic import op

from sipas.migrations.one_stop_marts import MARTS
from sipas.migrations.quarantine_states import (
    add_purges,
    add_quarantine_states,
    drop_purges,
    drop_quarantine_states,
)
from sipas.migrations.released import create_released, drop_released

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PLACE = """
            batch_id  bigint not null references audit.batches,
            position  integer not null,
            primary key (batch_id, position)"""
LATENESS_REASONS = (
    "complex_case",
    "waiting_cooperation",
    "overload",
    "system_error",
    "applicant_side",
    "other",
)


def upgrade() -> None:
    add_to_dossiers()
    add_drop_repeats()
    add_feedback()
    add_feedback_rules()
    add_acts()
    add_rules()
    add_increments()
    add_quarantine_states()
    add_purges()
    for mart, (columns, key) in MARTS.items():
        create_released(mart, columns, key)


def add_to_dossiers() -> None:
    """What the documents ask of a dossier beyond its dates; reasons are codes, never free text."""
    reasons = ", ".join(f"'{reason}'" for reason in LATENESS_REASONS)
    op.execute(
        f"""
        alter table raw.dossiers
            add column fees jsonb not null default '[]',
            add column status_events jsonb not null default '[]',
            add column lateness_reason text check (lateness_reason in ({reasons}));
        comment on column raw.dossiers.fees is
            '[{{fee_code, fee_type, amount, is_online, paid_at}}]';
        comment on column raw.dossiers.status_events is '[{{status, occurred_at}}]';
        comment on column raw.dossiers.apologies is
            '[{{issued_on, due_after_at, sequence, reason_code}}]';
        comment on column raw.dossiers.record_sha256 is
            'HMAC-SHA256 of the record as read by contract and mapping; the key is not here';

        create table raw.dossier_removals (
            agency_code   text not null,
            dossier_code  text not null,
            batch_id      bigint not null references audit.batches,
            position      integer not null check (position > 0),
            source_code   text not null,
            removed_at    timestamptz not null,
            primary key (agency_code, dossier_code, batch_id, position)
        );
        comment on table raw.dossier_removals is
            'dossiers that their source says it removed: tombstones, the versions stay';
        create index dossier_removals_by_batch on raw.dossier_removals (batch_id);
        grant select, insert on raw.dossier_removals to sipas_ingest;
        grant select on raw.dossier_removals to sipas_transform, sipas_audit;
        """
    )


def add_drop_repeats() -> None:
    """How a load takes back, before it commits, what it need not store: repeats.

    Rows are COPYed into their table at once; what is known already is found afterwards, through
    the primary key, a part of the batch at a time. The ingest role may delete nothing itself;
    here it can only reach rows of a batch that its own open transaction made.
    """
    op.execute(
        """
        create function raw.drop_repeats(
            this_batch bigint, first_position integer, last_position integer
        ) returns integer
        language plpgsql security definer
        set search_path = pg_catalog, pg_temp
        -- Whatever the statistics say while a first load runs: never read the whole table.
        set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
        as $$
        declare
            dropped_count integer;
        begin
            if not exists (
                select from audit.batches
                where batch_id = this_batch and batches.xmin = pg_current_xact_id()::xid
            ) then
                raise exception 'batch % was not opened by this transaction', this_batch;
            end if;
            with repeats as (
                delete from raw.dossiers as fresh
                where fresh.batch_id = this_batch
                and fresh.position between first_position and last_position
                and exists (
                    select from raw.dossiers as known
                    inner join audit.batches as batches on batches.batch_id = known.batch_id
                    where known.agency_code = fresh.agency_code
                    and known.dossier_code = fresh.dossier_code
                    and known.record_sha256 = fresh.record_sha256
                    and (
                        (known.batch_id = this_batch and known.position < fresh.position)
                        or batches.status = 'accepted'
                        -- What only a superseded load of a delivery tells is not known.
                        and not exists (
                            select from audit.batches as newer
                            where newer.delivery_id = batches.delivery_id
                            and newer.status = 'accepted'
                            and newer.batch_id > batches.batch_id
                        )
                    )
                )
                returning fresh.agency_code, fresh.dossier_code, fresh.position
            ), persons as (
                delete from pii.applicants as persons
                using repeats
                where persons.agency_code = repeats.agency_code
                and persons.dossier_code = repeats.dossier_code
                and persons.batch_id = this_batch
                and persons.position = repeats.position
            )
            select count(*) into dropped_count from repeats;
            return dropped_count;
        end
        $$;
        comment on function raw.drop_repeats is
            'takes back versions that the open batch need not store, because they are known';
        revoke all on function raw.drop_repeats from public;
        grant execute on function raw.drop_repeats to sipas_ingest;
        """
    )


def add_feedback() -> None:
    """Feedback of citizens (phản ánh, kiến nghị): dates and codes, no text, no person."""
    op.execute(
        """
        create table raw.feedback (
            agency_code        text not null,
            feedback_code      text not null,
            batch_id           bigint not null references audit.batches,
            position           integer not null check (position > 0),
            source_code        text not null,
            source_updated_at  timestamptz not null,
            record_sha256      bytea not null,
            field_code         text,
            field_name         text,
            channel            text not null,
            subject            text not null,
            submitted_at       timestamptz not null,
            received_at        timestamptz,
            refused_at         timestamptz,
            asked_more_at      timestamptz,
            more_arrived_at    timestamptz,
            answered_at        timestamptz,
            published_at       timestamptz,
            is_answer_accepted boolean,
            handler_hash       text,
            extra              text[],
            primary key (agency_code, feedback_code, batch_id, position)
        );
        create index feedback_by_batch on raw.feedback (batch_id, position);
        grant select, insert on raw.feedback to sipas_ingest;
        grant select on raw.feedback to sipas_transform, sipas_audit;

        alter table audit.deliveries drop constraint deliveries_delivery_kind_check;
        alter table audit.deliveries add constraint deliveries_delivery_kind_check
            check (delivery_kind in ('dossiers', 'feedback', 'survey_forms', 'reference'));
        """
    )


def add_feedback_rules() -> None:
    """Deadlines of feedback, and the roles of agencies' heads: rows, as every rule is."""
    op.execute(
        """
        create table reference.feedback_rules (
            rule_version           text not null,
            valid_from             date not null,
            refuse_working_days    smallint not null check (refuse_working_days >= 0),
            ask_more_working_days  smallint not null check (ask_more_working_days >= 0),
            answer_working_days    smallint not null check (answer_working_days >= 0),
            publish_working_days   smallint not null check (publish_working_days >= 0),
            label_vi               text not null,
            note                   text,
            batch_id               bigint not null references audit.batches,
            position               integer not null,
            primary key (batch_id, position),
            unique (batch_id, rule_version),
            unique (batch_id, valid_from)
        );
        comment on table reference.feedback_rules is
            'a version is in force from its day until the next one; the day of taking in decides';

        create table reference.agency_heads (
            role_name    text not null check (role_name ~ '^head_[a-z0-9_]+$'),
            agency_code  text not null check (agency_code ~ '^[A-Za-z0-9.]+$'),
            note         text,
            batch_id     bigint not null references audit.batches,
            position     integer not null,
            primary key (batch_id, position),
            unique (batch_id, role_name, agency_code)
        );
        comment on table reference.agency_heads is
            'database roles that may read operational.late_dossier_handlers, for which agency';

        grant select, insert on reference.feedback_rules, reference.agency_heads to sipas_ingest;
        grant select on reference.feedback_rules, reference.agency_heads
            to sipas_transform, sipas_release, sipas_audit;
        grant maintain on raw.feedback, reference.feedback_rules, reference.agency_heads
            to sipas_transform;
        """
    )


def add_acts() -> None:
    """Acts of people and machines beside the nightly run: who, why, which days, with what end."""
    op.execute(
        """
        create table audit.backfills (
            backfill_id   bigint generated always as identity primary key,
            source_code   text not null,
            days_from     date not null,
            days_to       date not null check (days_to >= days_from),
            requested_by  text not null,
            reason        text not null,
            requested_at  timestamptz not null default now(),
            ended_at      timestamptz,
            status        text not null default 'requested'
                check (status in ('requested', 'succeeded', 'failed')),
            delivery_id   text references audit.deliveries,
            outcome       text
        );
        alter table audit.deliveries
            add column told_until timestamptz,
            add column days_from date,
            add column days_to date,
            add column file_stamp text;
        comment on column audit.deliveries.told_until is
            'the source''s own time of the newest of its answers; the watermark is the first''s';
        comment on column audit.deliveries.days_from is
            'set when all dossiers filed on these days were asked for, not what changed since';
        comment on column audit.deliveries.file_stamp is
            'size and time of change of a file where it was found; equal: not read again';
        create index deliveries_by_source on audit.deliveries (source_code, received_at);
        -- For the counts of the last days: versions come in the order of time, so that a block
        -- range of old ones holds no new day of filing. Costs a COPY nearly nothing.
        create index dossiers_by_filing on raw.dossiers using brin (submitted_at)
            with (pages_per_range = 32, autosummarize = on);

        create table audit.reconciliations (
            reconciliation_id  bigint generated always as identity primary key,
            source_code        text not null,
            agency_code        text not null,
            day_on             date not null,
            source_count       integer not null,
            warehouse_count    integer not null,
            is_equal           boolean generated always as (source_count = warehouse_count) stored,
            checked_at         timestamptz not null default now(),
            delivery_id        text references audit.deliveries
        );
        comment on column audit.reconciliations.delivery_id is
            'the delivery that fetched the day once more, where the counts differed';
        create index reconciliations_by_source on audit.reconciliations (source_code, checked_at);
        grant select, insert on audit.backfills, audit.reconciliations to sipas_ingest;
        grant update (ended_at, status, delivery_id, outcome) on audit.backfills to sipas_ingest;
        grant update (delivery_id) on audit.reconciliations to sipas_ingest;
        grant select on audit.backfills, audit.reconciliations
            to sipas_transform, sipas_release, sipas_audit;
        """
    )


def add_rules() -> None:
    """How dossiers are judged and grouped: versioned rows, landed and loaded like any reference."""
    op.execute(
        f"""
        create table reference.on_time_rules (
            rule_version              text not null,
            label_vi                  text not null,
            end_moments               text not null,
            compares                  text not null check (compares in ('moment', 'day')),
            pauses_count              boolean not null,
            most_supplement_requests  smallint,
            without_appointment       text not null check (
                without_appointment in ('procedure_limit', 'never_late')
            ),
            source_note               text not null,{PLACE},
            unique (batch_id, rule_version)
        );
        comment on column reference.on_time_rules.end_moments is
            'what ends a dossier, the first that is known: processed returned refused status';
        comment on column reference.on_time_rules.pauses_count is
            'whether time spent waiting for the applicant''s papers counts';

        create table reference.on_time_rule_uses (
            applies_to    text not null,
            rule_version  text not null,
            valid_from    date not null,
            note          text,{PLACE},
            unique (batch_id, applies_to, valid_from)
        );
        comment on column reference.on_time_rule_uses.applies_to is
            '*, source:<source_code> or agency:<first parts of the agency code>; the last wins';

        create table reference.field_areas (
            field_code  text not null,
            field_area  text not null check (field_area in ('land', 'construction', 'investment')),
            note        text,{PLACE},
            unique (batch_id, field_code)
        );
        create table reference.procedure_groups (
            procedure_code   text not null,
            procedure_group  text not null,
            label_vi         text not null,
            note             text,{PLACE},
            unique (batch_id, procedure_code)
        );
        grant select, insert on reference.on_time_rules, reference.on_time_rule_uses,
            reference.field_areas, reference.procedure_groups to sipas_ingest;
        grant select on reference.on_time_rules, reference.on_time_rule_uses,
            reference.field_areas, reference.procedure_groups
            to sipas_transform, sipas_release, sipas_audit;
        """
    )


def add_increments() -> None:
    """Up to which build each table that grows by increments stands."""
    op.execute(
        """
        create table audit.incremental_tables (
            table_name  text primary key,
            build_id    bigint not null references audit.builds on delete cascade
        );
        comment on table audit.incremental_tables is
            'the build that wrote a table of dbt last, noted in the same transaction';
        grant select, insert, update on audit.incremental_tables to sipas_transform;
        grant select on audit.incremental_tables
            to sipas_ingest, sipas_release, sipas_audit;
        """
    )


def downgrade() -> None:
    drop_purges()
    drop_quarantine_states()
    for mart in MARTS:
        drop_released(mart)
    op.execute(
        """
        drop table reference.agency_heads, reference.feedback_rules;
        drop table audit.incremental_tables, reference.procedure_groups, reference.field_areas,
            reference.on_time_rule_uses, reference.on_time_rules;
        drop function raw.drop_repeats;
        drop table audit.reconciliations, audit.backfills, raw.feedback, raw.dossier_removals;
        alter table raw.dossiers
            drop column fees, drop column status_events, drop column lateness_reason;
        drop index audit.deliveries_by_source, raw.dossiers_by_filing;
        alter table audit.deliveries
            drop column told_until, drop column days_from, drop column days_to,
            drop column file_stamp;
        alter table audit.deliveries drop constraint deliveries_delivery_kind_check;
        alter table audit.deliveries add constraint deliveries_delivery_kind_check
            check (delivery_kind in ('dossiers', 'survey_forms', 'reference'));
        comment on column raw.dossiers.apologies is '[{issued_on, due_after_at, sequence}]';
        comment on column raw.dossiers.record_sha256 is null
        """
    )
