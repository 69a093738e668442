-- depends_on: {{ ref('int_changed_dossiers') }}
-- depends_on: {{ ref('int_dossier_updates') }}
{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=[
            'agency_code', 'period_type', 'period_start', 'breakdown', 'breakdown_value',
            'working_day_count'
        ],
        meta={'grows_with': 'counts'},
        indexes=[
            {
                'columns': [
                    'agency_code', 'period_type', 'period_start', 'breakdown', 'breakdown_value',
                    'working_day_count'
                ],
                'unique': true
            },
            {'columns': ['build_id']}
        ],
        post_hook=["{{ forget_empty_counts('dossier_count') }}", "{{ note_build() }}"]
    )
}}
{%- set in_full = counts_in_full() %}

with field_areas as (

    select * from {{ ref('stg_reference__field_areas') }}

),

build as (

    select * from {{ ref('int_dossier_build') }}

),

changed as (

    {{ changed_outcomes(in_full) }}

),

cells as (

    select
        agency_code,
        date_trunc('month', {{ local_time('ended_at') }})::date as month_start,
        field_code,
        procedure_group,
        channel::text as channel,
        is_interlinked::text as is_interlinked,
        working_day_count,
        sum(sign) as dossier_count
    from changed
    where working_day_count is not null
    group by
        agency_code,
        date_trunc('month', {{ local_time('ended_at') }})::date,
        field_code,
        procedure_group,
        channel,
        is_interlinked,
        working_day_count
    having sum(sign) <> 0

),

grouped_cells as (

    select
        cells.*,
        coalesce(field_areas.field_area, 'other') as field_area
    from cells
    left join field_areas
        on cells.field_code = field_areas.field_code

),

by_month as (

    select
        agency_code,
        month_start,
        working_day_count,
        {{ dossier_breakdown_name() }} as breakdown,
        {{ dossier_breakdown_value() }} as breakdown_value,
        sum(dossier_count) as dossier_count
    from grouped_cells
    group by {{ dossier_breakdown_sets('agency_code, month_start, working_day_count') }}

),

period_types (period_type) as (

    values
    ('month'),
    ('quarter'),
    ('year')

),

changes as (

    select
        by_month.agency_code,
        period_types.period_type,
        date_trunc(period_types.period_type, by_month.month_start::timestamp)::date
            as period_start,
        by_month.breakdown,
        by_month.breakdown_value,
        by_month.working_day_count,
        sum(by_month.dossier_count)::bigint as dossier_count
    from by_month
    cross join period_types
    group by
        by_month.agency_code,
        period_types.period_type,
        date_trunc(period_types.period_type, by_month.month_start::timestamp)::date,
        by_month.breakdown,
        by_month.breakdown_value,
        by_month.working_day_count

),

final as (

    select
        changes.agency_code,
        changes.period_type,
        changes.period_start,
        changes.breakdown,
        changes.breakdown_value,
        changes.working_day_count,
        {{ brought_forward(['dossier_count'], in_full) }},
        build.build_id
    from changes
    cross join build
    {%- if not in_full %}
        left join {{ this }} as before
            on
                changes.agency_code = before.agency_code
                and changes.period_type = before.period_type
                and changes.period_start = before.period_start
                and changes.breakdown = before.breakdown
                and changes.breakdown_value = before.breakdown_value
                and changes.working_day_count = before.working_day_count
    {%- endif %}

)

select * from final
