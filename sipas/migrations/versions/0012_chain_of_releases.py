"""release: a total chain of links and events, an embargo, approvers, attachments, requests.

The database makes every link itself and refuses any other; `sipas/release/chain.py` reckons the
same hashes in Python, so that a changed function here shows there.
"""

from alembic import op

from sipas.migrations import release_chain

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

EMBARGO = "publish_not_before, approval_note, replaced_by"


def upgrade() -> None:
    release_chain.add_columns()
    release_chain.create_approvers()
    release_chain.create_links()
    release_chain.create_events()
    release_chain.create_attachments()
    release_chain.create_requests()
    release_chain.link_what_is_there()
    release_chain.allow_next_states(with_chain=True)
    create_views()
    op.execute(
        f"""
        grant select, insert on reference.approvers to sipas_ingest;
        grant select on reference.approvers to sipas_transform, sipas_release, sipas_audit;
        grant maintain on reference.approvers to sipas_transform;
        grant select on release.events, release.attachments, release.requests
            to sipas_release, sipas_audit;
        grant insert on release.attachments, release.requests to sipas_release;
        grant update ({EMBARGO}) on release.releases to sipas_release;
        grant update (run_id, asked_at, ended_at) on release.requests to sipas_release;
        grant execute on function release.note_refused_answer to sipas_release;
        grant select on published.chain_head, published.correction_notices
            to sipas_release, sipas_bi, sipas_audit;
        """
    )


def create_views() -> None:
    op.execute(
        """
        create or replace view published.releases as
        select * from release.releases
        where status in ('published', 'superseded', 'withdrawn');

        create view published.chain_head as
        select position, chain_sha256, at,
            position || '-' || left(chain_sha256, 16) as head
        from release.events
        order by position desc
        limit 1;
        comment on view published.chain_head is
            'printed with every figure: an edit inside the database cannot keep it';

        create view published.correction_notices as
        select releases.release_id, releases.scope, releases.data_nature, releases.status,
            releases.reason, releases.replaced_by, releases.published_at, events.at as changed_at
        from release.releases as releases
        left join release.events as events
            on releases.release_id = events.release_id and releases.status = events.event
        where releases.status in ('superseded', 'withdrawn')
            and releases.published_at is not null;
        comment on view published.correction_notices is
            'one row per release that no longer stands, with the reason; sipas release diff says '
            'what changed, row by row';
        """
    )


def downgrade() -> None:
    op.execute("drop view published.correction_notices, published.chain_head")
    release_chain.allow_next_states(with_chain=False)
    release_chain.drop()
