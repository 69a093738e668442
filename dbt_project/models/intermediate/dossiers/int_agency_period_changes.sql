-- depends_on: {{ ref('int_dossier_build') }}
-- depends_on: {{ ref('int_changed_dossiers') }}
-- depends_on: {{ ref('int_dossier_updates') }}
{%- set in_full = counts_in_full('int_agency_period_counts') %}

with field_areas as (

    select * from {{ ref('stg_reference__field_areas') }}

),

changed as (

    {{ changed_outcomes(in_full) }}

),

period_types (period_type, month_count) as (

    values
    ('month', 1),
    ('quarter', 3),
    ('year', 12)

),

-- From the period in which it was taken in to the one in which it ended, or to the as-of.
touched as (

    select
        changed.*,
        period_types.period_type,
        numbers.period_number * period_types.month_count as first_month,
        (numbers.period_number + 1) * period_types.month_count as next_month
    from changed
    cross join period_types
    cross join lateral generate_series(
        {{ month_number('changed.taken_in_at') }} / period_types.month_count,
        {{ month_number('coalesce(changed.ended_at, changed.as_of_at)') }}
        / period_types.month_count
    ) as numbers (period_number)

),

dated as (

    select
        *,
        make_date(first_month / 12, first_month % 12 + 1, 1) as start_on,
        make_date(next_month / 12, next_month % 12 + 1, 1) as end_on
    from touched

),

bounded as (

    select
        *,
        start_on::timestamp at time zone 'Asia/Ho_Chi_Minh' as start_at,
        end_on::timestamp at time zone 'Asia/Ho_Chi_Minh' as end_at
    from dated

),

-- Whether a dossier was overdue at the end of a past period is judged by the due time known now.
judged as (

    select
        sign,
        agency_code,
        period_type,
        start_on,
        end_on,
        start_at,
        end_at,
        field_code,
        procedure_group,
        channel::text as channel,
        is_interlinked::text as is_interlinked,
        data_nature,
        is_postal,
        is_paid_online,
        late_notice_at,
        first_apology_on,
        repeated_supplement_at,
        taken_in_at >= start_at as is_received,
        case
            when ended_at < end_at then outcome
            when
                effective_due_at < least(end_at, as_of_at)
                and (clock_stopped_at is null or clock_stopped_at > least(end_at, as_of_at))
                then 'in_progress_overdue'
            else 'in_progress_on_time'
        end as outcome
    from bounded

),

flagged as (

    select
        *,
        outcome in ('finished_late', 'in_progress_overdue') as is_late
    from judged

),

cells as (

    select
        agency_code,
        period_type,
        start_on as period_start,
        field_code,
        procedure_group,
        channel,
        is_interlinked,
        {{ count_dossiers() }}
    from flagged
    group by
        agency_code,
        period_type,
        start_on,
        field_code,
        procedure_group,
        channel,
        is_interlinked

),

grouped_cells as (

    select
        cells.*,
        coalesce(field_areas.field_area, 'other') as field_area
    from cells
    left join field_areas
        on cells.field_code = field_areas.field_code

),

final as (

    select
        agency_code,
        period_type,
        period_start,
        {{ dossier_breakdown_name() }} as breakdown,
        {{ dossier_breakdown_value() }} as breakdown_value,
        {{ sum_dossier_counts() }}
    from grouped_cells
    group by {{ dossier_breakdown_sets('agency_code, period_type, period_start') }}

)

select * from final
