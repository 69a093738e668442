with indicator_results as (

    select * from {{ ref('int_indicator_results') }}

),

samples as (

    select * from {{ ref('int_survey_samples') }}

),

methods as (

    select * from {{ ref('stg_reference__methods') }}

),

indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

units as (

    select * from {{ ref('stg_reference__units') }}

),

-- A desk is a part of its commune, and its rows stand below the commune's.
places as (

    select
        unit_key as place_key,
        case unit_level when 'desk' then parent_unit_key else unit_key end as unit_key,
        case unit_level when 'desk' then unit_name else 'all' end as desk
    from units
    where unit_level in ('commune', 'desk')

),

results as (

    select
        indicator_results.round_code,
        places.unit_key,
        places.desk,
        places.place_key,
        samples.method_version,
        samples.data_nature,
        indicators.indicator_code,
        indicators.parent_code,
        indicators.indicator_level,
        indicators.scale_max,
        indicator_results.sampled_count,
        indicator_results.valid_count,
        indicator_results.not_applicable_count,
        indicator_results.index_value
    from indicator_results
    inner join samples
        on
            indicator_results.round_code = samples.round_code
            and indicator_results.variant_code = samples.variant_code
            and indicator_results.unit_key = samples.unit_key
            and indicator_results.breakdown = samples.breakdown
            and indicator_results.breakdown_value = samples.breakdown_value
    inner join methods
        on samples.method_version = methods.method_version
    inner join indicators
        on
            samples.method_version = indicators.method_version
            and indicator_results.indicator_code = indicators.indicator_code
    inner join places
        on indicator_results.unit_key = places.place_key
    where
        methods.instrument = 'commune_score'
        and indicator_results.variant_code = 'official'
        and indicator_results.breakdown = 'all'

),

-- The sum of whole scores behind an item's index: rounding takes back the error of a division.
item_points as (

    select
        round_code,
        place_key,
        parent_code as criterion_code,
        coalesce(round(index_value * scale_max * valid_count / 100), 0) as points,
        scale_max * valid_count as max_points,
        not_applicable_count = sampled_count as is_without_cases
    from results
    where indicator_level = 'item'

),

criterion_points as (

    select
        round_code,
        place_key,
        criterion_code,
        sum(points) as points,
        sum(max_points) as max_points,
        bool_and(is_without_cases) as is_without_cases
    from item_points
    group by
        round_code,
        place_key,
        criterion_code

),

total_points as (

    select
        criterion_points.round_code,
        criterion_points.place_key,
        results.parent_code as criterion_code,
        sum(criterion_points.points) as points,
        sum(criterion_points.max_points) as max_points,
        bool_and(criterion_points.is_without_cases) as is_without_cases
    from criterion_points
    inner join results
        on
            criterion_points.round_code = results.round_code
            and criterion_points.place_key = results.place_key
            and criterion_points.criterion_code = results.indicator_code
    group by
        criterion_points.round_code,
        criterion_points.place_key,
        results.parent_code

),

all_points as (

    select * from criterion_points
    union all
    select * from total_points

),

final as (

    select
        results.round_code,
        results.unit_key,
        results.desk,
        results.place_key,
        results.indicator_code as criterion_code,
        results.method_version,
        results.data_nature,
        results.sampled_count,
        results.valid_count,
        results.index_value,
        all_points.points,
        all_points.max_points,
        all_points.is_without_cases
    from results
    inner join all_points
        on
            results.round_code = all_points.round_code
            and results.place_key = all_points.place_key
            and results.indicator_code = all_points.criterion_code

)

select * from final
