"""reference: units, methods, rounds, stated figures, calendar: rows, not code."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PLACE = """
            batch_id  bigint not null references audit.batches,
            position  integer not null,
            primary key (batch_id, position)"""


def upgrade() -> None:
    op.execute(
        f"""
        create table reference.units (
            unit_key         text not null,
            unit_code        text not null,
            unit_name        text not null,
            unit_level       text not null check (
                unit_level in ('country', 'province', 'agency', 'district', 'commune')
            ),
            parent_unit_key  text,
            valid_from       date not null,
            valid_to         date,
            note             text,
            sort_key         text not null,{PLACE},
            unique (batch_id, unit_key)
        );
        comment on column reference.units.sort_key is 'sorts as Vietnamese sorts under C';

        create table reference.methods (
            method_version      text not null,
            name_vi             text not null,
            name_en             text not null,
            decision            text,
            valid_from_year     integer not null,
            valid_to_year       integer,
            rounding            text not null check (rounding in ('half_up', 'truncate')),
            rounding_digits     integer not null,
            missing_child_rule  text not null check (missing_child_rule in ('null')),{PLACE},
            unique (batch_id, method_version)
        );

        create table reference.method_indicators (
            method_version      text not null,
            indicator_code      text not null,
            parent_code         text,
            indicator_level     text not null check (
                indicator_level in ('overall', 'part', 'factor', 'item')
            ),
            block               text not null check (
                block in ('satisfaction', 'perception', 'expectation')
            ),
            measure_type        text not null,
            scale_min           integer,
            scale_max           integer,
            is_asked            boolean not null,
            sort_order          integer not null,
            label_vi            text not null,
            label_en            text not null,
            responsible_vi      text,{PLACE},
            unique (batch_id, method_version, indicator_code)
        );

        comment on column reference.method_indicators.is_asked is
            'a question of the form (an answer of P5 is one of three; P5.1 is a share made of it)';

        create table reference.method_rollups (
            method_version    text not null,
            indicator_code    text not null,
            component_code    text not null,
            component_weight  integer not null check (component_weight > 0),{PLACE},
            unique (batch_id, method_version, indicator_code, component_code)
        );

        create table reference.indicator_crosswalk (
            from_method  text not null,
            from_code    text not null,
            to_method    text not null,
            to_code      text,
            relation     text not null check (
                relation in ('same', 'reworded', 'split', 'dropped', 'changed_items')
            ),
            note         text,{PLACE},
            unique (batch_id, from_method, from_code, to_method, to_code)
        );

        create table reference.rounds (
            round_code           text not null,
            round_name_vi        text not null,
            survey_year          integer not null,
            unit_key             text not null,
            method_version       text not null,
            value_source         text not null check (value_source in ('answers', 'stated')),
            data_nature          text not null check (data_nature in ('real', 'simulated')),
            previous_round_code  text,
            planned_form_count   integer,
            peer_count           integer,
            note                 text,{PLACE},
            unique (batch_id, round_code)
        );

        create table reference.stated_figures (
            statement_key   text not null,
            document        text not null,
            place           text not null,
            round_code      text not null,
            unit_key        text not null,
            survey_year     integer not null,
            indicator_code  text not null,
            measure         text not null check (
                measure in ('index', 'rank', 'change', 'rank_change', 'share', 'national_value')
            ),
            stated_value    numeric not null,
            printed_text    text not null,{PLACE},
            unique (batch_id, statement_key)
        );

        create table reference.dossier_statuses (
            status_code  smallint not null,
            label_vi     text not null,
            label_en     text not null,
            is_ended     boolean not null,
            note         text,{PLACE},
            unique (batch_id, status_code)
        );

        create table reference.calendar_days (
            calendar_version    text not null,
            day_on              date not null,
            is_working_day      boolean not null,
            working_day_number  integer not null,
            note                text,{PLACE},
            unique (batch_id, calendar_version, day_on)
        );
        comment on column reference.calendar_days.working_day_number is
            'working days from the first day of the calendar up to and including this day';

        grant select, insert on all tables in schema reference to sipas_ingest;
        grant select on all tables in schema reference
            to sipas_transform, sipas_release, sipas_audit;
        """
    )


def downgrade() -> None:
    op.execute(
        "drop table reference.calendar_days, reference.dossier_statuses, "
        "reference.stated_figures, reference.rounds, reference.indicator_crosswalk, "
        "reference.method_rollups, reference.method_indicators, reference.methods, reference.units"
    )
