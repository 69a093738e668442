"""survey methods as rows: scales, skip rules, roundings, sampling designs, variants."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PLACE = """
            batch_id  bigint not null references audit.batches,
            position  integer not null,
            primary key (batch_id, position)"""

NEW_TABLES = (
    "method_roundings",
    "method_scales",
    "method_skip_rules",
    "round_items",
    "round_variants",
    "sampling_points",
    "sampling_designs",
    "sampling_frames",
    "t_quantiles",
    "point_rules",
)


def upgrade() -> None:
    extend_methods_and_rounds()
    create_method_tables()
    create_sampling_tables()
    create_frozen_methods()
    check_answers_by_the_statement()
    op.execute(
        """
        grant select, insert on all tables in schema reference to sipas_ingest;
        grant select on all tables in schema reference
            to sipas_transform, sipas_release, sipas_audit;
        grant maintain on all tables in schema raw, reference, audit to sipas_transform;
        """
    )


def extend_methods_and_rounds() -> None:
    op.execute(
        """
        alter table reference.units
            drop constraint units_unit_level_check,
            add constraint units_unit_level_check check (unit_level in (
                'country', 'province', 'agency', 'district', 'commune', 'village', 'desk'
            ));
        alter table reference.methods
            add column instrument text not null default 'sipas' check (
                instrument in ('sipas', 'commune_score', 'sector', 'panel')
            ),
            add column population text check (population in ('households', 'service_users')),
            add column is_computable boolean not null default true,
            add column note text,
            drop constraint methods_missing_child_rule_check,
            add check (missing_child_rule in ('null', 'renormalise', 'keep_in_maximum'));
        comment on column reference.methods.is_computable is
            'false: only figures that documents state are known, answers cannot be rolled up';
        alter table reference.method_indicators
            add column scale_code text,
            add column note text;
        alter table reference.method_rollups
            add column weight_total integer check (weight_total > 0);
        comment on column reference.method_rollups.weight_total is
            'the coefficient is component_weight / weight_total; those of a node sum to 1';
        alter table reference.rounds
            add column round_kind text not null default 'official' check (
                round_kind in ('official', 'agency', 'continuous', 'panel')
            ),
            add column population text check (population in ('households', 'service_users')),
            add column issued_by_vi text,
            add column mapping text,
            add column started_on date,
            add column ended_on date;
        comment on column reference.rounds.round_kind is
            'panel: who answers chose to (QR, kiosk, web); no interval, no rank, never pooled';
        alter table reference.stated_figures
            drop constraint stated_figures_measure_check,
            alter column round_code drop not null,
            alter column indicator_code drop not null,
            add column place_kind text not null default 'table' check (
                place_kind in ('table', 'table_repeat', 'prose', 'annex')
            ),
            add column subject text,
            add check (indicator_code is not null or subject is not null);
        comment on column reference.stated_figures.place_kind is
            'table_repeat: a row of a table that repeats a figure of another table';
        comment on column reference.stated_figures.subject is
            'what the figure is of within unit and indicator: a desk, an answer, a group';
        alter table raw.survey_forms
            add column is_interlinked boolean,
            add column field_code text,
            add column procedure_code text,
            add column recheck_result text check (recheck_result in ('passed', 'failed')),
            add check (weight > 0);
        """
    )


def check_answers_by_the_statement() -> None:
    """Answers belong to forms: asked once a COPY, not once a row.

    The foreign key asked for each of millions of answers and took most of a national round's load.
    Nobody but the owner may change or delete forms or answers.
    """
    op.execute(
        """
        alter table raw.survey_answers drop constraint survey_answers_batch_id_position_fkey;
        create function raw.refuse_answers_without_form() returns trigger language plpgsql as $$
        begin
            if exists (
                select from (select distinct batch_id, position from new_answers) as answers
                where not exists (
                    select from raw.survey_forms as forms
                    where forms.batch_id = answers.batch_id and forms.position = answers.position
                )
            ) then
                raise foreign_key_violation using
                    message = 'answers of a form that is not in raw.survey_forms';
            end if;
            return null;
        end
        $$;
        create trigger an_answer_belongs_to_a_form
            after insert on raw.survey_answers referencing new table as new_answers
            for each statement execute function raw.refuse_answers_without_form();
        """
    )


def create_method_tables() -> None:
    op.execute(
        f"""
        create table reference.method_roundings (
            method_version   text not null,
            figure           text not null check (
                figure in ('index', 'share', 'count', 'score', 'desk_rate')
            ),
            rounding         text not null check (rounding in ('half_up', 'truncate')),
            rounding_digits  integer not null check (rounding_digits between 0 and 6),{PLACE},
            unique (batch_id, method_version, figure)
        );

        create table reference.method_scales (
            method_version  text not null,
            scale_code      text not null,
            score           integer not null,
            label_vi        text not null,
            label_en        text not null,
            note            text,{PLACE},
            unique (batch_id, method_version, scale_code, score)
        );

        create table reference.method_skip_rules (
            method_version      text not null,
            item_code           text not null,
            depends_on_code     text not null,
            asked_when_scores   text not null check (asked_when_scores ~ '^[0-9]+( [0-9]+)*$'),
            note                text,{PLACE},
            unique (batch_id, method_version, item_code, depends_on_code)
        );
        comment on table reference.method_skip_rules is
            'the item is asked only of forms whose answer to depends_on_code is one of the scores';

        create table reference.round_items (
            round_code      text not null,
            indicator_code  text not null,
            block           text not null check (
                block in ('satisfaction', 'perception', 'expectation')
            ),
            measure_type    text not null,
            scale_min       integer,
            scale_max       integer,
            scale_code      text,
            sort_order      integer not null,
            label_vi        text not null,
            label_en        text not null,{PLACE},
            unique (batch_id, round_code, indicator_code)
        );
        comment on table reference.round_items is
            'an agency''s own questions beside its round''s method; in no roll-up';

        create table reference.round_variants (
            round_code                   text not null,
            variant_code                 text not null check (variant_code <> 'official'),
            label_vi                     text not null,
            label_en                     text not null,
            method_version               text not null,
            weighting                    text not null check (
                weighting in ('unweighted', 'weighted')
            ),
            is_recheck_failure_excluded  boolean not null,
            previous_round_code          text,
            previous_variant_code        text,
            note                         text,{PLACE},
            unique (batch_id, round_code, variant_code)
        );

        create table reference.point_rules (
            rule_code        text not null,
            purpose          text not null check (purpose in ('commune_score', 'reform_index')),
            method_version   text not null,
            indicator_code   text not null,
            max_points       numeric not null check (max_points > 0),
            rounding         text not null check (rounding in ('half_up', 'truncate')),
            rounding_digits  integer not null check (rounding_digits between 0 and 6),
            label_vi         text not null,
            document         text,
            place            text,
            note             text,{PLACE},
            unique (batch_id, rule_code, indicator_code)
        );
        """
    )


def create_sampling_tables() -> None:
    op.execute(
        f"""
        create table reference.sampling_points (
            round_code           text not null,
            sampling_point_code  text not null,
            point_name_vi        text not null,
            unit_key             text not null,
            note                 text,{PLACE},
            unique (batch_id, round_code, sampling_point_code)
        );

        create table reference.sampling_designs (
            round_code      text not null,
            unit_level      text not null,
            stratum_level   text,
            psu_level       text not null,
            has_breakdowns  boolean not null,
            note            text,{PLACE},
            unique (batch_id, round_code, unit_level)
        );
        comment on table reference.sampling_designs is
            'which units of a round have results, and what was drawn below them: strata and '
            'primary sampling units are unit levels, or «point», or «form» (transactions)';

        create table reference.sampling_frames (
            round_code        text not null,
            unit_key          text not null,
            stratum_unit_key  text not null,
            psu_population    integer not null check (psu_population > 0),{PLACE},
            unique (batch_id, round_code, unit_key, stratum_unit_key)
        );

        create table reference.t_quantiles (
            degrees_of_freedom  integer not null check (degrees_of_freedom > 0),
            t_975               numeric not null,{PLACE},
            unique (batch_id, degrees_of_freedom)
        );
        comment on table reference.sampling_frames is
            'how many primary sampling units there are to draw from; without a row the finite '
            'population correction is left out, which widens the interval';
        """
    )


def create_frozen_methods() -> None:
    """The raw gate must know what releases used, and nothing else of them."""
    op.execute(
        """
        create view audit.frozen_methods as
        select release_id, method_rows
        from release.releases
        where status in ('approved', 'published', 'superseded', 'withdrawn');
        comment on view audit.frozen_methods is
            'the method rows that approved releases were made by: no later row may change them';
        grant select on audit.frozen_methods
            to sipas_ingest, sipas_transform, sipas_release, sipas_audit;
        """
    )


def downgrade() -> None:
    op.execute(
        f"""
        drop view audit.frozen_methods;
        drop table {", ".join(f"reference.{table}" for table in NEW_TABLES)};
        drop trigger an_answer_belongs_to_a_form on raw.survey_answers;
        drop function raw.refuse_answers_without_form();
        alter table raw.survey_answers
            add foreign key (batch_id, position) references raw.survey_forms;
        alter table raw.survey_forms
            drop column is_interlinked, drop column field_code, drop column procedure_code,
            drop column recheck_result, drop constraint survey_forms_weight_check;
        alter table reference.stated_figures
            drop column place_kind, drop column subject,
            alter column round_code set not null,
            alter column indicator_code set not null,
            add check (measure in (
                'index', 'rank', 'change', 'rank_change', 'share', 'national_value'
            ));
        alter table reference.rounds
            drop column round_kind, drop column population, drop column issued_by_vi,
            drop column mapping, drop column started_on, drop column ended_on;
        alter table reference.method_rollups drop column weight_total;
        alter table reference.method_indicators drop column scale_code, drop column note;
        alter table reference.methods
            drop column instrument, drop column population, drop column is_computable,
            drop column note,
            drop constraint methods_missing_child_rule_check,
            add check (missing_child_rule in ('null'));
        alter table reference.units
            drop constraint units_unit_level_check,
            add constraint units_unit_level_check check (
                unit_level in ('country', 'province', 'agency', 'district', 'commune')
            );
        """
    )
