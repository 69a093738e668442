"""The chain of releases: links, events, and the next state that a release may take."""

from alembic import op


def add_columns() -> None:
    op.execute(
        """
        alter table release.releases
            add column owner_unit_key      text,
            add column publish_not_before  date,
            add column approval_note       text,
            add column replaced_by         text references release.releases,
            add column chain_position      bigint unique,
            add column chain_sha256        text;
        comment on column release.releases.owner_unit_key is
            'the unit whose round it is and whose approvers decide; null: it belongs to no round';
        comment on column release.releases.publish_not_before is
            'the embargo: the first day (Asia/Ho_Chi_Minh) on which it may be published';
        comment on column release.releases.chain_sha256 is
            'hash over the previous link and what this release is; see sipas/release/chain.py';
        """
    )


def create_approvers() -> None:
    op.execute(
        """
        create table reference.approvers (
            unit_key     text not null,
            account      text not null,
            position_vi  text not null,
            note         text,
            batch_id     bigint not null references audit.batches,
            position     integer not null,
            primary key (batch_id, position),
            unique (batch_id, unit_key, account)
        );
        comment on table reference.approvers is
            'which account may approve the releases of a unit; * is what belongs to no round';

        create function release.approvers(owner_unit_key text) returns setof text
        language sql stable as $$
            select account from reference.approvers
            where unit_key = coalesce(owner_unit_key, '*')
                and batch_id in (select batch_id from audit.current_batches)
            order by account
        $$;
        """
    )


def create_links() -> None:
    op.execute(
        """
        create function release.lock_chain() returns void language sql as $$
            select pg_advisory_xact_lock(hashtextextended('sipas release chain', 0))
        $$;
        create function release.instant(moment timestamptz) returns text language sql stable as $$
            select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        $$;
        create function release.link_sha256(previous text, link release.releases) returns text
        language sql stable as $$
            select encode(sha256(convert_to(jsonb_build_array(
                previous, link.chain_position::text, link.release_id, link.scope,
                link.content_sha256, link.previous_sha256, link.row_count::text,
                link.data_nature, link.calendar_version, link.build_id::text,
                release.instant(link.as_of_at), link.code_version, link.dbt_project_sha256,
                release.instant(link.created_at), link.supersedes, link.owner_unit_key
            )::text, 'UTF8')), 'hex')
        $$;
        create function release.make_link() returns trigger language plpgsql as $$
        declare
            last record;
            wanted_position bigint := new.chain_position;
            wanted_sha256 text := new.chain_sha256;
        begin
            perform release.lock_chain();
            select chain_position, chain_sha256 into last from release.releases
            order by chain_position desc limit 1;
            new.chain_position := coalesce(last.chain_position, 0) + 1;
            new.chain_sha256 := release.link_sha256(coalesce(last.chain_sha256, ''), new);
            if wanted_position <> new.chain_position or wanted_sha256 <> new.chain_sha256 then
                raise exception 'release %: this is not the next link of the chain',
                    new.release_id using errcode = 'restrict_violation';
            end if;
            return new;
        end $$;
        """
    )


def create_events() -> None:
    op.execute(
        """
        create table release.events (
            position      bigint primary key,
            release_id    text not null references release.releases,
            event         text not null check (event in (
                'frozen', 'approved', 'rejected', 'published', 'superseded', 'withdrawn',
                'attached', 'refused_answer'
            )),
            at            timestamptz not null,
            actor         text not null,
            db_role       text not null,
            details       jsonb not null,
            chain_sha256  text not null
        );
        comment on table release.events is
            'all that ever happened to releases, each chained to the one before by its hash';

        create function release.make_event_link() returns trigger language plpgsql as $$
        declare
            last record;
        begin
            perform release.lock_chain();
            select position, chain_sha256 into last from release.events
            order by position desc limit 1;
            if new.position <> coalesce(last.position, 0) + 1 then
                raise exception 'release %: this is not the next event of the chain',
                    new.release_id using errcode = 'restrict_violation';
            end if;
            new.position := coalesce(last.position, 0) + 1;
            new.at := clock_timestamp();
            new.db_role := session_user;
            new.actor := coalesce(nullif(new.actor, ''), session_user);
            new.chain_sha256 := encode(sha256(convert_to(jsonb_build_array(
                coalesce(last.chain_sha256, ''), new.position::text, new.release_id, new.event,
                release.instant(new.at), new.actor, new.db_role, new.details::text
            )::text, 'UTF8')), 'hex');
            return new;
        end $$;
        create trigger linked before insert on release.events
            for each row execute function release.make_event_link();
        create trigger frozen before update or delete on release.events
            for each row execute function release.refuse_change();
        create trigger never_emptied before truncate on release.events
            for each statement execute function release.refuse_truncate();

        create function release.state_of(link release.releases) returns jsonb
        language sql stable as $$
            select jsonb_build_object(
                'status', link.status, 'content_sha256', link.content_sha256,
                'decision_number', link.decision_number, 'decision_on', link.decision_on,
                'signatory', link.signatory, 'position', link.position,
                'approved_by', link.approved_by, 'approved_at', release.instant(link.approved_at),
                'is_automatic_approval', link.is_automatic_approval,
                'publish_not_before', link.publish_not_before,
                'approval_note', link.approval_note,
                'published_at', release.instant(link.published_at),
                'replaced_by', link.replaced_by, 'reason', link.reason
            )
        $$;
        create function release.note_event() returns trigger
        language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
        declare
            actor text := coalesce(current_setting('sipas.actor', true), '');
        begin
            if tg_table_name = 'attachments' then
                insert into release.events (release_id, event, actor, details)
                values (new.release_id, 'attached', new.attached_by, jsonb_build_object(
                    'attachment_id', new.attachment_id, 'file_name', new.file_name,
                    'sha256', new.sha256
                ));
            elsif tg_op = 'INSERT' then
                insert into release.events (release_id, event, actor, details)
                values (new.release_id, 'frozen', actor, release.state_of(new)
                    || jsonb_build_object('chain_position', new.chain_position,
                        'chain_sha256', new.chain_sha256));
            else
                insert into release.events (release_id, event, actor, details)
                values (new.release_id, new.status, actor, release.state_of(new));
            end if;
            return null;
        end $$;
        create function release.note_refused_answer(release_id text, account text, reason text)
        returns void
        language sql security definer set search_path = pg_catalog, pg_temp as $$
            insert into release.events (release_id, event, actor, details)
            values (release_id, 'refused_answer', account, jsonb_build_object('reason', reason))
        $$;
        revoke all on function release.note_refused_answer from public;
        """
    )


def create_attachments() -> None:
    op.execute(
        """
        create table release.attachments (
            attachment_id  bigint generated always as identity primary key,
            release_id     text not null references release.releases,
            file_name      text not null,
            sha256         text not null,
            body           bytea not null,
            attached_at    timestamptz not null default now(),
            attached_by    text not null,
            check (sha256 = encode(sha256(body), 'hex')),
            check (length(body) between 1 and 20 * 1024 * 1024),
            unique (release_id, sha256)
        );
        comment on table release.attachments is
            'scans of signed decisions; kept here, so that they are saved with what they approve';
        create trigger frozen before update or delete on release.attachments
            for each row execute function release.refuse_change();
        create trigger never_emptied before truncate on release.attachments
            for each statement execute function release.refuse_truncate();
        create trigger noted after insert on release.attachments
            for each row execute function release.note_event();
        """
    )


def create_requests() -> None:
    op.execute(
        """
        create table release.requests (
            release_id  text primary key references release.releases,
            run_id      text not null,
            asked_at    timestamptz not null default now(),
            ended_at    timestamptz
        );
        comment on table release.requests is
            'which candidate waits in which run of the DAG approve_release';
        """
    )


# {decided}: fixed by the approval; {moving}: what may change at all; {refused}: further refusals.
NEXT_STATE = """
        create or replace function release.allow_only_the_next_state() returns trigger
        language plpgsql as $$
        declare
            decided text[] := array[{decided}];
            moving text[] := decided || array[{moving}];
        begin
            if tg_op = 'DELETE' then
                raise exception 'release %: a release is never deleted', old.release_id
                    using errcode = 'restrict_violation';
            end if;
            if (to_jsonb(new) - moving) <> (to_jsonb(old) - moving) then
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
            {refused}
            return new;
        end $$;
"""
DECIDED = (
    "decision_number",
    "decision_on",
    "signatory",
    "position",
    "approved_by",
    "approved_at",
    "is_automatic_approval",
)
EMBARGO = ("publish_not_before", "approval_note")
MOVING = ("status", "published_at", "reason")
REFUSED = """
            if new.status <> 'approved' and exists (
                select from unnest(decided) as names (name)
                where to_jsonb(new) -> name is distinct from to_jsonb(old) -> name
            ) then
                raise exception 'release %: an approval is not rewritten', old.release_id
                    using errcode = 'restrict_violation';
            end if;
            if new.status = 'approved' and not new.is_automatic_approval
                and exists (select from release.approvers(new.owner_unit_key))
                and not exists (
                    select from release.approvers(new.owner_unit_key) as named (account)
                    where named.account = new.approved_by
                )
            then
                raise exception 'release %: % may not approve the releases of %', old.release_id,
                    new.approved_by, coalesce(new.owner_unit_key, '*')
                    using errcode = 'restrict_violation';
            end if;
            if new.status = 'published' and new.publish_not_before
                > (clock_timestamp() at time zone 'Asia/Ho_Chi_Minh')::date
            then
                raise exception 'release %: not to be published before %', old.release_id,
                    new.publish_not_before using errcode = 'restrict_violation';
            end if;
            if new.status = 'published' and exists (
                select from release.releases as newer
                where newer.scope = new.scope and newer.status = 'published'
                    and newer.chain_position > new.chain_position
            ) then
                raise exception 'release %: a newer release of its scope stands',
                    old.release_id using errcode = 'restrict_violation';
            end if;
            if new.status in ('withdrawn', 'rejected') and trim(coalesce(new.reason, '')) = ''
            then
                raise exception 'release %: % needs a reason', old.release_id, new.status
                    using errcode = 'restrict_violation';
            end if;"""


def allow_next_states(*, with_chain: bool) -> None:
    """The trigger function of release.releases: as of 0005, or with what the chain asks."""

    def names(columns: tuple[str, ...]) -> str:
        return ", ".join(f"'{name}'" for name in columns)

    op.execute(
        NEXT_STATE.format(
            decided=names(DECIDED + (EMBARGO if with_chain else ())),
            moving=names(MOVING + (("replaced_by",) if with_chain else ())),
            refused=REFUSED if with_chain else "",
        )
    )


def link_what_is_there() -> None:
    """Existing releases become links in their order, each with one event: its state of today."""
    op.execute(
        """
        set local sipas.actor = 'migration 0012';
        alter table release.releases disable trigger only_the_next_state;
        do $$
        declare
            old record;
            link release.releases;
            last text := '';
            number bigint := 0;
        begin
            for old in select release_id from release.releases order by created_at, release_id loop
                number := number + 1;
                update release.releases set chain_position = number
                where release_id = old.release_id returning * into link;
                last := release.link_sha256(last, link);
                update release.releases set chain_sha256 = last
                where release_id = old.release_id returning * into link;
                insert into release.events (release_id, event, actor, details)
                values (old.release_id, 'frozen', 'migration 0012', release.state_of(link)
                    || jsonb_build_object('chain_position', number, 'chain_sha256', last));
            end loop;
        end $$;
        alter table release.releases enable trigger only_the_next_state;
        alter table release.releases
            alter column chain_position set not null, alter column chain_sha256 set not null;
        create trigger linked before insert on release.releases
            for each row execute function release.make_link();
        create trigger noted after insert or update on release.releases
            for each row execute function release.note_event();
        """
    )


def drop() -> None:
    """Takes the chain away again; published.releases is as 0005 made it."""
    op.execute(
        """
        drop view published.releases;
        drop trigger linked on release.releases;
        drop trigger noted on release.releases;
        drop table release.requests, release.attachments, release.events, reference.approvers;
        drop function release.note_refused_answer, release.note_event, release.make_event_link,
            release.make_link, release.state_of, release.link_sha256, release.approvers,
            release.instant, release.lock_chain;
        alter table release.releases
            drop column owner_unit_key, drop column publish_not_before, drop column approval_note,
            drop column replaced_by, drop column chain_position, drop column chain_sha256;
        create view published.releases as
        select * from release.releases
        where status in ('published', 'superseded', 'withdrawn');
        grant select on published.releases to sipas_release, sipas_bi, sipas_audit;
        """
    )
