with indicator_results as (

    select * from {{ ref('int_indicator_results') }}

),

samples as (

    select * from {{ ref('int_survey_samples') }}

),

stated_results as (

    select * from {{ ref('int_stated_results') }}

),

indicator_values as (

    select * from {{ ref('int_indicator_values') }}

),

reckonings as (

    select * from {{ ref('int_reckonings') }}

),

indicators as (

    select * from {{ ref('int_reckoned_indicators') }}

),

roundings as (

    select * from {{ ref('stg_reference__method_roundings') }}

),

computed as (

    select
        indicator_results.round_code,
        indicator_results.variant_code,
        indicator_results.unit_key,
        indicator_results.breakdown,
        indicator_results.breakdown_value,
        indicator_results.indicator_code,
        indicator_results.sampled_count,
        indicator_results.valid_count,
        indicator_results.missing_count,
        indicator_results.blank_count,
        indicator_results.dont_know_count,
        indicator_results.not_applicable_count,
        indicator_results.refused_count,
        indicator_results.distribution,
        indicator_results.index_value,
        'answers' as value_source,
        samples.data_nature
    from indicator_results
    inner join samples
        on {{ same_sample('indicator_results', 'samples') }}

),

-- Another reckoning of what a document prints, from the items that it prints.
restated as (

    select
        indicator_values.round_code,
        indicator_values.variant_code,
        indicator_values.unit_key,
        indicator_values.breakdown,
        indicator_values.breakdown_value,
        indicator_values.indicator_code,
        null::bigint as sampled_count,
        null::bigint as valid_count,
        null::bigint as missing_count,
        null::bigint as blank_count,
        null::bigint as dont_know_count,
        null::bigint as not_applicable_count,
        null::bigint as refused_count,
        null as distribution,
        indicator_values.index_value,
        'stated' as value_source,
        reckonings.data_nature
    from indicator_values
    inner join reckonings
        on
            indicator_values.round_code = reckonings.round_code
            and indicator_values.variant_code = reckonings.variant_code
    where reckonings.value_source = 'stated'

),

exact as (

    select * from computed
    union all
    select * from restated

),

-- Divisions leave an error in the sixteenth decimal, which must not decide a half or a cut.
printed as (

    select
        exact.round_code,
        exact.variant_code,
        exact.unit_key,
        exact.breakdown,
        exact.breakdown_value,
        exact.indicator_code,
        exact.sampled_count,
        exact.valid_count,
        exact.missing_count,
        exact.blank_count,
        exact.dont_know_count,
        exact.not_applicable_count,
        exact.refused_count,
        exact.distribution,
        exact.index_value,
        exact.value_source,
        exact.data_nature,
        case coalesce(roundings.rounding, reckonings.rounding)
            when 'half_up'
                then
                    round(
                        round(exact.index_value, 12),
                        coalesce(roundings.rounding_digits, reckonings.rounding_digits)
                    )
            when 'truncate'
                then
                    trunc(
                        round(exact.index_value, 12),
                        coalesce(roundings.rounding_digits, reckonings.rounding_digits)
                    )
        end as index_rounded
    from exact
    inner join reckonings
        on
            exact.round_code = reckonings.round_code
            and exact.variant_code = reckonings.variant_code
    inner join indicators
        on
            exact.round_code = indicators.round_code
            and exact.variant_code = indicators.variant_code
            and exact.indicator_code = indicators.indicator_code
    left join roundings
        on
            reckonings.method_version = roundings.method_version
            and coalesce(indicators.figure, 'mean')
            = case roundings.figure when 'index' then 'mean' else roundings.figure end

),

-- A document prints a rounded figure; the exact one behind it is not known.
stated as (

    select
        round_code,
        'official' as variant_code,
        unit_key,
        'all' as breakdown,
        'all' as breakdown_value,
        indicator_code,
        null::bigint as sampled_count,
        null::bigint as valid_count,
        null::bigint as missing_count,
        null::bigint as blank_count,
        null::bigint as dont_know_count,
        null::bigint as not_applicable_count,
        null::bigint as refused_count,
        null as distribution,
        null::numeric as index_value,
        'stated' as value_source,
        data_nature,
        index_rounded,
        rank as stated_rank,
        case when rank is not null then ranked_count end as stated_ranked_count
    from stated_results

),

final as (

    select
        round_code,
        variant_code,
        unit_key,
        breakdown,
        breakdown_value,
        indicator_code,
        sampled_count,
        valid_count,
        missing_count,
        blank_count,
        dont_know_count,
        not_applicable_count,
        refused_count,
        distribution,
        index_value,
        value_source,
        data_nature,
        index_rounded,
        null::integer as stated_rank,
        null::integer as stated_ranked_count
    from printed
    union all
    select * from stated

)

select * from final
