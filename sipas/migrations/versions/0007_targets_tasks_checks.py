"""targets, tasks and reports of documents, and the checks of what documents state."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PLACE = """
            batch_id  bigint not null references audit.batches,
            position  integer not null,
            primary key (batch_id, position)"""

NEW_TABLES = (
    "targets",
    "improvement_tasks",
    "task_reports",
    "criterion_notes",
    "report_obligations",
    "periodic_reports",
    "unit_successions",
    "stated_checks",
    "stated_check_operands",
)


def upgrade() -> None:
    create_improvement_tables()
    create_check_tables()
    op.execute(
        """
        grant select, insert on all tables in schema reference to sipas_ingest;
        grant select on all tables in schema reference
            to sipas_transform, sipas_release, sipas_audit;
        grant maintain on all tables in schema raw, reference, audit to sipas_transform;
        """
    )


def create_improvement_tables() -> None:
    op.execute(
        f"""
        create table reference.targets (
            target_code      text not null,
            document         text not null,
            place            text not null,
            unit_key         text,
            method_version   text,
            indicator_code   text not null,
            breakdown        text not null,
            breakdown_value  text not null,
            measure          text not null check (measure in ('index', 'rank', 'rate')),
            comparison       text not null check (comparison in ('at_least', 'at_most')),
            target_value     numeric not null,
            set_on           date not null,
            target_year      integer not null,
            scope_vi         text not null,
            printed_text     text not null,
            note             text,{PLACE},
            unique (batch_id, target_code),
            check ((method_version is null) = (measure = 'rate')),
            check (extract(year from set_on) <= target_year)
        );
        comment on column reference.targets.method_version is
            'the method by which the target was set; progress by another one is not comparable';
        comment on column reference.targets.unit_key is
            'empty where the document does not say which unit it is of';
        comment on column reference.targets.indicator_code is
            'an indicator of the method; of a rate its name, like on_time_rate of the scorecards';

        create table reference.improvement_tasks (
            task_code            text not null,
            document             text not null,
            place                text not null,
            unit_key             text,
            group_vi             text not null,
            method_version       text,
            indicator_code       text,
            sort_order           integer not null,
            plan_year            integer not null,
            task_vi              text not null,
            lead_vi              text not null,
            cooperating_vi       text,
            time_vi              text,
            due_on               date,
            product_vi           text,
            numeric_target       numeric,
            numeric_target_unit  text,
            note                 text,{PLACE},
            unique (batch_id, task_code)
        );

        create table reference.task_reports (
            task_code      text not null,
            reported_on    date not null,
            status         text not null check (
                status in ('not_started', 'in_progress', 'done', 'cancelled')
            ),
            progress_rate  numeric check (progress_rate between 0 and 1),
            product_vi     text,
            reported_by_vi text not null,
            note           text,{PLACE},
            unique (batch_id, task_code, reported_on, reported_by_vi)
        );

        create table reference.criterion_notes (
            note_key        text not null,
            document        text not null,
            place           text not null,
            unit_key        text not null,
            round_code      text,
            method_version  text not null,
            indicator_code  text not null,
            kind            text not null check (kind in ('weakness', 'cause', 'solution')),
            text_vi         text not null,{PLACE},
            unique (batch_id, note_key)
        );

        create table reference.report_obligations (
            obligation_code  text not null,
            document         text not null,
            place            text not null,
            unit_key         text,
            agencies_vi      text not null,
            recipient_vi     text,
            period_vi        text not null,
            content_vi       text not null,
            due_on           date,
            note             text,{PLACE},
            unique (batch_id, obligation_code)
        );
        comment on column reference.report_obligations.due_on is
            'empty where the document gives no date; the register of the province then does';

        create table reference.periodic_reports (
            obligation_code  text not null,
            agency_vi        text not null,
            unit_key         text,
            due_on           date,
            received_on      date,
            note             text,{PLACE},
            unique (batch_id, obligation_code, agency_vi)
        );
        comment on table reference.periodic_reports is
            'the register: every agency that owes a report, and when it came';

        create table reference.unit_successions (
            from_unit_key  text not null,
            to_unit_key    text not null,
            relation       text not null check (relation in ('renamed', 'merged', 'split')),
            changed_on     date not null,
            note           text,{PLACE},
            unique (batch_id, from_unit_key, to_unit_key)
        );
        comment on table reference.unit_successions is
            'renamed: the same area and people under another name or rank; figures and targets '
            'pass on from no other kind';
        """
    )


def create_check_tables() -> None:
    op.execute(
        f"""
        create table reference.stated_checks (
            check_key         text not null,
            statement_key     text not null,
            kind              text not null check (kind in (
                'sum', 'product', 'ratio', 'min', 'max', 'sign', 'count_of', 'at_most',
                'less_than', 'position_from_top', 'position_from_bottom', 'indicator_count',
                'added_indicator_count', 'unavailable'
            )),
            scope_indicator   text,
            scope_level       text,
            scope_measure     text,
            relation          text check (relation in ('<', '>')),
            constant          numeric,
            rule_vi           text not null,{PLACE},
            unique (batch_id, check_key),
            check ((scope_indicator is null) = (scope_level is null)),
            check ((relation is not null) = (kind = 'count_of'))
        );
        comment on table reference.stated_checks is
            'what a stated figure must agree with where that cannot be derived from the figures; '
            'the operands are rows of their own, or all figures of a level below an indicator';

        create table reference.stated_check_operands (
            check_key       text not null,
            operand_number  integer not null check (operand_number > 0),
            operand_key     text not null,
            coefficient     numeric not null default 1,{PLACE},
            unique (batch_id, check_key, operand_number)
        );
        """
    )


def downgrade() -> None:
    op.execute(f"drop table {', '.join(f'reference.{table}' for table in NEW_TABLES)}")
