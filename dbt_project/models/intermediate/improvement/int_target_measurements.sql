with targets as (

    select * from {{ ref('stg_reference__targets') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}
    where round_kind = 'official'

),

results as (

    select * from {{ ref('criterion_results') }}

),

scorecards as (

    select * from {{ ref('agency_scorecards') }}
    where period_type = 'year'

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

-- A round that does not measure what the target is of stays, without a value.
of_rounds as (

    select
        targets.target_code,
        rounds.round_code as measurement_key,
        rounds.round_name_vi as measurement_vi,
        rounds.survey_year as measured_year,
        rounds.method_version,
        case
            when results.is_suppressed then null
            when targets.measure = 'rank' then results.rank::numeric
            else results.index_rounded
        end as actual_value,
        coalesce(results.is_suppressed, false) as is_suppressed,
        true as is_final,
        rounds.data_nature
    from targets
    inner join rounds
        on targets.unit_key = rounds.unit_key
    left join results
        on
            rounds.round_code = results.round_code
            and targets.unit_key = results.unit_key
            and targets.indicator_code = results.indicator_code
            and targets.breakdown = results.breakdown
            and targets.breakdown_value = results.breakdown_value
    where targets.measure in ('index', 'rank')

),

-- A year that is not over may still end otherwise.
of_scorecards as (

    select
        targets.target_code,
        'year-' || extract(year from scorecards.period_start)::text as measurement_key,
        'Hồ sơ năm ' || extract(year from scorecards.period_start)::text as measurement_vi,
        extract(year from scorecards.period_start)::integer as measured_year,
        null::text as method_version,
        case targets.indicator_code
            when 'on_time_rate' then scorecards.on_time_rate
            when 'feedback_on_time_rate' then scorecards.feedback_on_time_rate
        end as actual_value,
        false as is_suppressed,
        (scorecards.period_start + interval '1 year')::date
        <= {{ local_time('current_build.as_of_at') }}::date as is_final,
        scorecards.data_nature
    from targets
    inner join scorecards
        on
            targets.unit_key = scorecards.agency_key
            and targets.breakdown = scorecards.breakdown
            and targets.breakdown_value = scorecards.breakdown_value
    cross join current_build
    where targets.measure = 'rate'

),

final as (

    select * from of_rounds
    union all
    select * from of_scorecards

)

select * from final
