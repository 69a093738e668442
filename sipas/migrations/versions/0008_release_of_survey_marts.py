"""release and published: the survey's other marts, frozen like the criteria."""

from alembic import op

from sipas.migrations.released import create_released, create_view, drop_released

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# What the results of any block tell, in the order of the marts.
RESULT_COLUMNS = """
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
            survey_year             integer not null,
            round_kind              text not null,
            is_round_unit           boolean not null,
            source_label_vi         text not null,
            blank_count             bigint,
            dont_know_count         bigint,
            not_applicable_count    bigint,
            refused_count           bigint,
            distribution            text,
            rank_low                integer,
            rank_high               integer,
            caution_vi              text"""

KEY = """
            round_code              text not null,
            unit_key                text not null,
            breakdown               text not null,
            breakdown_value         text not null,
            indicator_code          text not null,"""

VARIANT = """
            variant_code            text not null,
            variant_label_vi        text not null,
            variant_label_en        text not null,"""

MARTS = {
    "perception_results": (
        KEY + RESULT_COLUMNS,
        "round_code, unit_key, breakdown, breakdown_value, indicator_code",
    ),
    "expectation_results": (
        KEY + RESULT_COLUMNS,
        "round_code, unit_key, breakdown, breakdown_value, indicator_code",
    ),
    "criterion_variants": (
        KEY + VARIANT + RESULT_COLUMNS,
        "round_code, unit_key, breakdown, breakdown_value, indicator_code, variant_code",
    ),
}


def upgrade() -> None:
    extend_criterion_results()
    for mart, (columns, key) in MARTS.items():
        create_released(mart, columns, key)


def extend_criterion_results() -> None:
    """The columns that the survey engine adds; older releases have none of them."""
    op.execute(
        """
        drop view published.criterion_results;
        alter table release.criterion_results
            add column survey_year           integer,
            add column round_kind            text,
            add column is_round_unit         boolean,
            add column source_label_vi       text,
            add column blank_count           bigint,
            add column dont_know_count       bigint,
            add column not_applicable_count  bigint,
            add column refused_count         bigint,
            add column distribution          text,
            add column rank_low              integer,
            add column rank_high             integer,
            add column caution_vi            text;
        """
    )
    create_view("criterion_results")


def downgrade() -> None:
    for mart in MARTS:
        drop_released(mart)
    op.execute(
        """
        drop view published.criterion_results;
        alter table release.criterion_results
            drop column survey_year, drop column round_kind, drop column is_round_unit,
            drop column source_label_vi, drop column blank_count, drop column dont_know_count,
            drop column not_applicable_count, drop column refused_count,
            drop column distribution, drop column rank_low, drop column rank_high,
            drop column caution_vi;
        """
    )
    create_view("criterion_results")
