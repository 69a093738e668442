{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['agency_code', 'period_type', 'period_start', 'breakdown', 'breakdown_value'],
        meta={'grows_with': 'counts'},
        indexes=[
            {
                'columns': [
                    'agency_code', 'period_type', 'period_start', 'breakdown', 'breakdown_value'
                ],
                'unique': true
            },
            {'columns': ['build_id']}
        ],
        post_hook=[
            "{{ forget_empty_counts('carried_in_count + received_count') }}", "{{ note_build() }}"
        ]
    )
}}
{%- set in_full = counts_in_full() %}

with changes as (

    select * from {{ ref('int_agency_period_changes') }}

),

working_days as (

    select * from {{ ref('int_agency_working_days') }}

),

build as (

    select * from {{ ref('int_dossier_build') }}

),

cumulated as (

    select
        working_days.agency_code,
        working_days.period_type,
        working_days.period_start,
        working_days.breakdown,
        working_days.breakdown_value,
        working_days.working_day_count,
        sum(working_days.dossier_count) over (
            cells_of_period
            order by working_days.working_day_count
        ) as dossiers_so_far,
        sum(working_days.dossier_count) over cells_of_period as dossier_count
    from working_days
    {%- if not in_full %}
        inner join changes
            on
                working_days.agency_code = changes.agency_code
                and working_days.period_type = changes.period_type
                and working_days.period_start = changes.period_start
                and working_days.breakdown = changes.breakdown
                and working_days.breakdown_value = changes.breakdown_value
    {%- endif %}
    window
        cells_of_period as (
            partition by
                working_days.agency_code,
                working_days.period_type,
                working_days.period_start,
                working_days.breakdown,
                working_days.breakdown_value
        )

),

-- The mean of the two dossiers in the middle, who are one when their number is odd.
medians as (

    select
        agency_code,
        period_type,
        period_start,
        breakdown,
        breakdown_value,
        trim_scale(
            (
                min(working_day_count) filter (where 2 * dossiers_so_far >= dossier_count)
                + min(working_day_count) filter (where 2 * dossiers_so_far > dossier_count)
            )::numeric / 2
        ) as median_working_days
    from cumulated
    group by
        agency_code,
        period_type,
        period_start,
        breakdown,
        breakdown_value

),

final as (

    select
        changes.agency_code,
        changes.period_type,
        changes.period_start,
        changes.breakdown,
        changes.breakdown_value,
        {{ brought_forward(dossier_counts(), in_full) }},
        medians.median_working_days,
        build.build_id
    from changes
    cross join build
    left join medians
        on
            changes.agency_code = medians.agency_code
            and changes.period_type = medians.period_type
            and changes.period_start = medians.period_start
            and changes.breakdown = medians.breakdown
            and changes.breakdown_value = medians.breakdown_value
    {%- if not in_full %}
        left join {{ this }} as before
            on
                changes.agency_code = before.agency_code
                and changes.period_type = before.period_type
                and changes.period_start = before.period_start
                and changes.breakdown = before.breakdown
                and changes.breakdown_value = before.breakdown_value
    {%- endif %}

)

select * from final
