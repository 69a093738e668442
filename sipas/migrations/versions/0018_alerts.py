"""alerts: what somebody must look at, since when, and who was told of it."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table audit.alerts (
            alert_id     bigint generated always as identity primary key,
            kind         text not null check (kind in (
                'failure', 'stale_source', 'refused_delivery', 'gate_failure',
                'approval_waiting', 'report_overdue'
            )),
            alert_key    text not null,
            since        timestamptz not null,
            what_vi      text not null,
            place_vi     text not null,
            to_do_vi     text not null,
            owner_vi     text not null,
            link         text,
            data_nature  text not null check (data_nature in ('real', 'simulated')),
            opened_at    timestamptz not null default now(),
            closed_at    timestamptz check (closed_at >= opened_at)
        );
        comment on table audit.alerts is
            'one row a thing that somebody must look at, from when it was first seen until it is '
            'over; no data of persons';
        comment on column audit.alerts.alert_key is
            'which thing of its kind: the same from look to look';
        create unique index a_thing_is_open_once on audit.alerts (kind, alert_key)
            where closed_at is null;

        create table audit.alert_tellings (
            alert_id    bigint not null references audit.alerts,
            recipient   text not null check (recipient ~ '[^[:space:]]'),
            message_id  text not null,
            told_at     timestamptz not null default now(),
            primary key (alert_id, recipient)
        );
        comment on table audit.alert_tellings is
            'one row an alert and recipient (the name in the alerts file, no address) who was told';
        create trigger never_rewritten before update or delete on audit.alert_tellings
            for each row execute function audit.refuse_rewriting();
        create trigger never_emptied before truncate on audit.alert_tellings
            for each statement execute function audit.refuse_rewriting();

        grant select on audit.alerts, audit.alert_tellings to sipas_audit;
        grant insert (kind, alert_key, since, what_vi, place_vi, to_do_vi, owner_vi, link,
            data_nature) on audit.alerts to sipas_audit;
        grant update (closed_at) on audit.alerts to sipas_audit;
        grant insert (alert_id, recipient, message_id) on audit.alert_tellings to sipas_audit;
        """
    )


def downgrade() -> None:
    op.execute("drop table audit.alert_tellings, audit.alerts")
