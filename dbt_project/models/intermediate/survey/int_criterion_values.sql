with indicator_results as (

    select * from {{ ref('int_indicator_results') }}

),

samples as (

    select * from {{ ref('int_survey_samples') }}

),

stated_results as (

    select * from {{ ref('int_stated_results') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

methods as (

    select * from {{ ref('stg_reference__methods') }}

),

-- Divisions leave an error in the sixteenth decimal, which must not decide a half or a cut.
exact as (

    select
        *,
        round(index_value, 12) as printable_value
    from indicator_results

),

computed as (

    select
        exact.round_code,
        rounds.unit_key,
        exact.breakdown,
        exact.breakdown_value,
        exact.indicator_code,
        samples.method_version,
        'answers' as value_source,
        samples.data_nature,
        exact.sampled_count,
        exact.valid_count,
        exact.missing_count,
        exact.index_value,
        case methods.rounding
            when 'half_up' then round(exact.printable_value, methods.rounding_digits)
            when 'truncate' then trunc(exact.printable_value, methods.rounding_digits)
        end as index_rounded,
        null::integer as rank,
        null::integer as ranked_count
    from exact
    inner join samples
        on
            exact.round_code = samples.round_code
            and exact.breakdown = samples.breakdown
            and exact.breakdown_value = samples.breakdown_value
    inner join rounds
        on exact.round_code = rounds.round_code
    inner join methods
        on samples.method_version = methods.method_version

),

-- A document prints a rounded figure; the exact one behind it is not known.
stated as (

    select
        round_code,
        unit_key,
        'all' as breakdown,
        'all' as breakdown_value,
        indicator_code,
        method_version,
        'stated' as value_source,
        data_nature,
        null::bigint as sampled_count,
        null::bigint as valid_count,
        null::bigint as missing_count,
        null::numeric as index_value,
        index_rounded,
        rank,
        case when rank is not null then ranked_count end as ranked_count
    from stated_results

),

final as (

    select * from computed
    union all
    select * from stated

)

select * from final
