with cells as (

    select * from {{ ref('int_answer_cells') }}

),

samples as (

    select * from {{ ref('int_survey_samples') }}

),

reckonings as (

    select * from {{ ref('int_reckonings') }}

),

reckoned_indicators as (

    select * from {{ ref('int_reckoned_indicators') }}

),

items as (

    select *
    from reckoned_indicators
    where item_code is not null

),

sample_items as (

    select
        samples.sample_key,
        samples.group_key,
        samples.round_code,
        samples.variant_code,
        samples.unit_key,
        samples.breakdown,
        samples.breakdown_value,
        samples.sampled_count,
        reckonings.is_weighted,
        reckonings.is_recheck_failure_excluded,
        items.indicator_code,
        items.item_code,
        items.figure,
        items.first_counted_score,
        items.last_counted_score,
        items.multiplier,
        items.divisor
    from samples
    inner join reckonings
        on
            samples.round_code = reckonings.round_code
            and samples.variant_code = reckonings.variant_code
    inner join items
        on
            samples.round_code = items.round_code
            and samples.variant_code = items.variant_code

),

valued_cells as (

    select
        sample_items.sample_key,
        sample_items.indicator_code,
        cells.score,
        cells.missing_kind,
        cells.form_count,
        case
            when sample_items.first_counted_score is null then cells.score
            when
                cells.score between
                sample_items.first_counted_score and sample_items.last_counted_score
                then 1
            else 0
        end as value,
        case when sample_items.is_weighted then cells.weight_sum else cells.form_count end
            as weight
    from sample_items
    inner join cells
        on
            sample_items.group_key = cells.group_key
            and sample_items.item_code = cells.item_code
    where not (sample_items.is_recheck_failure_excluded and cells.is_recheck_failure)

),

scores as (

    select
        sample_key,
        indicator_code,
        score,
        sum(form_count) as form_count
    from valued_cells
    where score is not null
    group by
        sample_key,
        indicator_code,
        score

),

distributions as (

    select
        sample_key,
        indicator_code,
        jsonb_object_agg(score, form_count)::text as distribution
    from scores
    group by
        sample_key,
        indicator_code

),

sums as (

    select
        sample_key,
        indicator_code,
        sum(form_count) filter (where score is not null) as valid_count,
        sum(form_count) filter (where missing_kind = 'blank') as blank_count,
        sum(form_count) filter (where missing_kind = 'dont_know') as dont_know_count,
        sum(form_count) filter (where missing_kind = 'not_applicable') as not_applicable_count,
        sum(form_count) filter (where missing_kind = 'refused') as refused_count,
        sum(weight) filter (where score is not null) as weight_sum,
        sum(weight * value) filter (where score is not null) as value_sum
    from valued_cells
    group by
        sample_key,
        indicator_code

),

final as (

    select
        sample_items.sample_key,
        sample_items.round_code,
        sample_items.variant_code,
        sample_items.unit_key,
        sample_items.breakdown,
        sample_items.breakdown_value,
        sample_items.indicator_code,
        sample_items.figure,
        sample_items.multiplier,
        sample_items.divisor,
        sample_items.sampled_count,
        coalesce(sums.valid_count, 0)::bigint as valid_count,
        coalesce(sums.blank_count, 0)::bigint as blank_count,
        coalesce(sums.dont_know_count, 0)::bigint as dont_know_count,
        coalesce(sums.not_applicable_count, 0)::bigint as not_applicable_count,
        coalesce(sums.refused_count, 0)::bigint as refused_count,
        distributions.distribution,
        case
            when sample_items.figure is not null
                then
                    sample_items.multiplier * sums.value_sum
                    / (sample_items.divisor * sums.weight_sum)
        end as index_value
    from sample_items
    left join sums
        on
            sample_items.sample_key = sums.sample_key
            and sample_items.indicator_code = sums.indicator_code
    left join distributions
        on
            sample_items.sample_key = distributions.sample_key
            and sample_items.indicator_code = distributions.indicator_code

)

select * from final
