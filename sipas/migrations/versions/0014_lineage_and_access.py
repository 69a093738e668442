"""lineage events, the log of extracts, the supervisor's role, and what a plan says of its points.

`sipas_lineage` adds events and reads nothing; `sipas_supervisor` (the Fatherland Front) reads how
fieldwork goes in `operational` and nothing else. Tables made later are open to neither.
"""

from alembic import op

from sipas.errors import UserError

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ROLES = ("sipas_lineage", "sipas_supervisor")


def upgrade() -> None:
    require_roles()
    op.execute(
        """
        create function audit.refuse_rewriting() returns trigger language plpgsql as $$
        begin
            raise exception '%.%: what was noted is never changed or deleted',
                tg_table_schema, tg_table_name using errcode = 'restrict_violation';
        end $$;
        """
    )
    create_lineage_events()
    create_access_log()
    op.execute(
        """
        alter table reference.sampling_points
            add column planned_form_count integer check (planned_form_count >= 0);
        grant usage on schema audit to sipas_lineage;
        grant usage on schema operational to sipas_supervisor;
        """
    )


def require_roles() -> None:
    """The roles belong to the server; whoever provides it makes them, with passwords."""
    missing = [
        role
        for role in ROLES
        if not op.get_bind()
        .exec_driver_sql("select 1 from pg_roles where rolname = %(role)s", {"role": role})
        .scalar()
    ]
    if missing:
        raise UserError(f"The database roles {', '.join(missing)} are missing: create them first.")


def append_only(table: str) -> str:
    """The triggers by which nobody rewrites a table, its owner neither."""
    return f"""
        create trigger never_rewritten before update or delete on {table}
            for each row execute function audit.refuse_rewriting();
        create trigger never_emptied before truncate on {table}
            for each statement execute function audit.refuse_rewriting();
    """


def create_lineage_events() -> None:
    """OpenLineage events as they were sent, and what they say of columns."""
    op.execute(
        """
        create table audit.lineage_events (
            event_id       text primary key,
            event_type     text,
            event_time     timestamptz not null,
            run_id         uuid,
            job_namespace  text,
            job_name       text,
            producer       text not null,
            event          jsonb not null,
            noted_at       timestamptz not null default now()
        );
        comment on table audit.lineage_events is
            'OpenLineage events of Airflow and dbt, one row an event; event_id is the SHA-256 of '
            'its text, so an event that comes twice is one row';
        create index lineage_events_by_run on audit.lineage_events (run_id);
        create index lineage_events_by_job on audit.lineage_events (job_name, event_time);
        create index lineage_events_with_columns on audit.lineage_events (event_time)
            where jsonb_path_exists(event, '$.outputs[*].facets.columnLineage.fields.*');

        create view audit.lineage_tables as
        with outputs as (
            select
                regexp_replace(output ->> 'name', '^.*?([^.]+[.][^.]+)$', '\\1') as table_name,
                output #> '{facets,columnLineage,fields}' as fields,
                events.event_id, events.event_time, events.run_id, events.job_name
            from audit.lineage_events as events
            cross join lateral jsonb_array_elements(events.event -> 'outputs') as output
            where events.event_type = 'COMPLETE'
            and jsonb_path_exists(events.event, '$.outputs[*].facets.columnLineage.fields.*')
        )
        select distinct on (table_name) *
        from outputs
        where fields is not null
        order by table_name, event_time desc, event_id;
        comment on view audit.lineage_tables is
            'one row a table: the newest event that told of its columns, and what it told';

        create view audit.column_lineage as
        select
            tables.table_name,
            field.key as column_name,
            regexp_replace(input ->> 'name', '^.*?([^.]+[.][^.]+)$', '\\1') as from_table_name,
            input ->> 'field' as from_column_name,
            tables.event_id, tables.event_time, tables.run_id, tables.job_name
        from audit.lineage_tables as tables
        cross join lateral jsonb_each(tables.fields) as field
        cross join lateral jsonb_array_elements(field.value -> 'inputFields') as input;
        comment on view audit.column_lineage is
            'one row a column of a table and a column that it is made of';

        grant insert (event_id, event_type, event_time, run_id, job_namespace, job_name,
            producer, event) on audit.lineage_events to sipas_lineage;
        grant select on audit.lineage_events, audit.lineage_tables, audit.column_lineage
            to sipas_audit;
        """
    )
    op.execute(append_only("audit.lineage_events"))


def create_access_log() -> None:
    """Who took which rows, and why. The role and the time are the database's own."""
    op.execute(
        """
        create table audit.access_log (
            access_id   bigint generated always as identity primary key,
            at          timestamptz not null default now(),
            person      text not null check (person ~ '[^[:space:]]'),
            role        text not null default session_user,
            release_id  text references release.releases,
            what        text not null check (what ~ '[^[:space:]]'),
            level       text not null check (level in ('figures', 'records')),
            row_count   bigint not null check (row_count >= 0),
            sha256      text not null check (sha256 ~ '^[0-9a-f]{64}$'),
            purpose     text,
            constraint records_go_out_for_a_purpose
                check (level = 'figures' or coalesce(purpose, '') ~ '[^[:space:]]')
        );
        comment on table audit.access_log is
            'one row an extract that a command handed out: who took what of which release, why';
        comment on column audit.access_log.level is
            'figures: of groups of people; records: a row is one dossier, form or person';
        comment on column audit.access_log.sha256 is 'of the bytes that were handed out';
        grant insert (person, release_id, what, level, row_count, sha256, purpose)
            on audit.access_log to sipas_audit;
        grant select on audit.access_log to sipas_audit;
        """
    )
    op.execute(append_only("audit.access_log"))


def downgrade() -> None:
    op.execute(
        """
        revoke usage on schema operational from sipas_supervisor;
        revoke usage on schema audit from sipas_lineage;
        alter table reference.sampling_points drop column planned_form_count;
        drop table audit.access_log;
        drop view audit.column_lineage, audit.lineage_tables;
        drop table audit.lineage_events;
        drop function audit.refuse_rewriting;
        """
    )
