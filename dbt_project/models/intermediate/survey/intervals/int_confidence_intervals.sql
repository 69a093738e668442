with results as (

    select * from {{ ref('int_indicator_results') }}

),

deviations as (

    select * from {{ ref('int_psu_deviations') }}

),

psus as (

    select * from {{ ref('int_sampled_psus') }}

),

strata as (

    select * from {{ ref('int_unit_strata') }}

),

indicators as (

    select * from {{ ref('int_reckoned_indicators') }}

),

reckonings as (

    select * from {{ ref('int_reckonings') }}

),

samples as (

    select * from {{ ref('int_survey_samples') }}
    where variant_code = 'official'

),

t_quantiles as (

    select * from {{ ref('stg_reference__t_quantiles') }}

),

-- Primary sampling units without a form of the group count with a deviation of 0.
stratum_sums as (

    select
        deviations.sample_key,
        deviations.indicator_code,
        psus.round_code,
        psus.unit_key,
        psus.stratum_key,
        sum(deviations.deviation) as deviation_sum,
        sum(deviations.deviation * deviations.deviation) as square_sum
    from deviations
    inner join psus
        on deviations.psu_number = psus.psu_number
    group by
        deviations.sample_key,
        deviations.indicator_code,
        psus.round_code,
        psus.unit_key,
        psus.stratum_key

),

-- v = Σ (1 − f) · n/(n − 1) · Σ (z − z̄)²
variances as (

    select
        stratum_sums.sample_key,
        stratum_sums.indicator_code,
        sum(
            (1 - coalesce(strata.psu_count::numeric / strata.psu_population, 0))
            * strata.psu_count / (strata.psu_count - 1)
            * greatest(
                stratum_sums.square_sum
                - stratum_sums.deviation_sum * stratum_sums.deviation_sum / strata.psu_count,
                0
            )
        ) as variance
    from stratum_sums
    inner join strata
        on
            stratum_sums.round_code = strata.round_code
            and stratum_sums.unit_key = strata.unit_key
            and stratum_sums.stratum_key = strata.stratum_key
    where strata.psu_count > 1
    group by
        stratum_sums.sample_key,
        stratum_sums.indicator_code

),

designs as (

    select
        round_code,
        unit_key,
        min(psu_count) as fewest_psus,
        (sum(psu_count) - count(*))::integer as degrees_of_freedom
    from strata
    group by
        round_code,
        unit_key

),

-- The table thins out: the next smaller entry gives the wider interval.
unit_designs as (

    select
        designs.round_code,
        designs.unit_key,
        designs.fewest_psus,
        designs.degrees_of_freedom,
        (
            select t_quantiles.t_975
            from t_quantiles
            where t_quantiles.degrees_of_freedom <= designs.degrees_of_freedom
            order by t_quantiles.degrees_of_freedom desc
            limit 1
        ) as t_975
    from designs

),

judged as (

    select
        results.round_code,
        results.unit_key,
        results.breakdown,
        results.breakdown_value,
        results.indicator_code,
        results.valid_count,
        results.index_value,
        results.index_value / 100 as share,
        indicators.figure,
        coalesce(100.0 * indicators.scale_min / indicators.scale_max, 0) as lowest_index,
        unit_designs.degrees_of_freedom,
        unit_designs.t_975,
        sqrt(variances.variance) as standard_error,
        case
            when reckonings.round_kind = 'panel'
                then 'Người trả lời tự chọn tham gia: không suy ra được cho cả đơn vị'
            when results.index_value is null then 'Không có giá trị'
            when unit_designs.unit_key is null
                then 'Chưa có thiết kế chọn mẫu cho đơn vị này'
            when unit_designs.fewest_psus < 2
                then 'Có tầng chỉ một đơn vị chọn mẫu cấp một'
            when
                unit_designs.degrees_of_freedom < {{ var('fewest_degrees_of_freedom') }}
                then 'Quá ít đơn vị chọn mẫu cấp một'
        end as ci_reason
    from results
    inner join samples
        on {{ same_sample('results', 'samples') }}
    inner join reckonings
        on
            results.round_code = reckonings.round_code
            and results.variant_code = reckonings.variant_code
    inner join indicators
        on
            results.round_code = indicators.round_code
            and results.variant_code = indicators.variant_code
            and results.indicator_code = indicators.indicator_code
    left join unit_designs
        on
            results.round_code = unit_designs.round_code
            and results.unit_key = unit_designs.unit_key
    left join variances
        on
            samples.sample_key = variances.sample_key
            and results.indicator_code = variances.indicator_code
    where results.variant_code = 'official'

),

-- A share keeps inside 0–100 on the logit scale; where all or nobody said it, Wilson's interval
-- on as many answers as there are, widened by Student's t.
bounds as (

    select
        *,
        case
            when ci_reason is not null then null
            when figure = 'share' and share > 0 and share < 1
                then ln(share / (1 - share))
        end as logit,
        case
            when figure = 'share' and share > 0 and share < 1
                then t_975 * standard_error / (100 * share * (1 - share))
        end as logit_margin,
        t_975 * t_975 / (valid_count + t_975 * t_975) as wilson_margin
    from judged

),

final as (

    select
        round_code,
        unit_key,
        breakdown,
        breakdown_value,
        indicator_code,
        case
            when ci_reason is not null then null
            when logit is not null then 100 / (1 + exp(-(logit - logit_margin)))
            when figure = 'share' and share = 0 then 0
            when figure = 'share' then 100 * (1 - wilson_margin)
            else greatest(index_value - t_975 * standard_error, lowest_index)
        end as ci_low,
        case
            when ci_reason is not null then null
            when logit is not null then 100 / (1 + exp(-(logit + logit_margin)))
            when figure = 'share' and share = 0 then 100 * wilson_margin
            when figure = 'share' then 100
            when figure = 'count' then index_value + t_975 * standard_error
            else least(index_value + t_975 * standard_error, 100)
        end as ci_high,
        ci_reason,
        standard_error,
        degrees_of_freedom
    from bounds

)

select * from final
