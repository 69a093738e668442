with survey_values as (

    select * from {{ ref('int_survey_values') }}

),

reckonings as (

    select * from {{ ref('int_reckonings') }}

),

indicators as (

    select * from {{ ref('int_reckoned_indicators') }}

),

units as (

    select * from {{ ref('stg_reference__units') }}

),

intervals as (

    select * from {{ ref('int_confidence_intervals') }}

),

ranks as (

    select * from {{ ref('int_survey_ranks') }}

),

changes as (

    select * from {{ ref('int_survey_changes') }}

),

suppressions as (

    select * from {{ ref('int_survey_suppressions') }}

),

stated_figures as (

    select * from {{ ref('stg_reference__stated_figures') }}

),

targets as (

    select * from {{ ref('stg_reference__targets') }}

),

-- Where documents disagree there is no single national value, and none is shown.
national_values as (

    select
        survey_year,
        indicator_code,
        max(stated_value) as national_value
    from stated_figures
    where measure = 'national_value'
    group by
        survey_year,
        indicator_code
    having max(stated_value) = min(stated_value)

),

-- Only a target that was set by the method of the round says something about its index; where a
-- unit has several for the year, the highest one holds.
target_values as (

    select
        unit_key,
        method_version,
        indicator_code,
        breakdown,
        breakdown_value,
        target_year,
        data_nature,
        max(target_value) as target_value
    from targets
    where
        measure = 'index'
        and comparison = 'at_least'
    group by
        unit_key,
        method_version,
        indicator_code,
        breakdown,
        breakdown_value,
        target_year,
        data_nature

),

final as (

    select
        survey_values.round_code,
        survey_values.variant_code,
        survey_values.unit_key,
        survey_values.breakdown,
        survey_values.breakdown_value,
        survey_values.indicator_code,
        reckonings.method_version,
        reckonings.variant_label_vi,
        reckonings.variant_label_en,
        reckonings.round_kind,
        reckonings.survey_year,
        reckonings.round_unit_key,
        survey_values.unit_key = reckonings.round_unit_key as is_round_unit,
        units.unit_code,
        units.unit_name,
        units.unit_level,
        units.parent_unit_key,
        indicators.indicator_level,
        indicators.block,
        indicators.parent_code,
        indicators.sort_order,
        indicators.label_vi,
        indicators.label_en,
        indicators.responsible_vi,
        indicators.measure_type,
        indicators.scale_max,
        survey_values.value_source,
        case
            when survey_values.value_source = 'stated'
                then coalesce(reckonings.issued_by_vi, 'Số liệu công bố')
            when reckonings.round_kind = 'panel' then 'Đánh giá tự nguyện (không phải mẫu)'
            else 'Tính từ phiếu khảo sát'
        end as source_label_vi,
        survey_values.data_nature,
        survey_values.sampled_count,
        survey_values.valid_count,
        survey_values.missing_count,
        survey_values.blank_count,
        survey_values.dont_know_count,
        survey_values.not_applicable_count,
        survey_values.refused_count,
        survey_values.distribution,
        survey_values.index_value,
        survey_values.index_rounded,
        intervals.ci_low,
        intervals.ci_high,
        case
            when survey_values.value_source = 'stated' then 'Chỉ có số liệu công bố'
            when survey_values.variant_code <> 'official'
                then 'Khoảng tin cậy chỉ tính cho phương pháp chính thức'
            else intervals.ci_reason
        end as ci_reason,
        coalesce(ranks.rank, survey_values.stated_rank) as rank,
        coalesce(ranks.ranked_count, survey_values.stated_ranked_count) as ranked_count,
        ranks.rank_low,
        ranks.rank_high,
        case
            when ranks.rank is not null then 'computed'
            when survey_values.stated_rank is not null then 'stated'
        end as rank_source,
        case
            when ranks.rank is not null then ranks.rank_scope
            when survey_values.stated_rank is not null then 'Toàn quốc'
        end as rank_scope,
        changes.previous_round_code,
        changes.previous_index_rounded,
        changes.change,
        changes.previous_rank,
        changes.rank_change,
        changes.is_change_comparable,
        changes.change_note,
        national_values.national_value,
        target_values.target_value,
        suppressions.suppression_reason is not null as is_suppressed,
        suppressions.suppression_reason,
        case
            when
                survey_values.value_source = 'answers'
                and survey_values.valid_count < {{ var('smallest_reliable_base') }}
                then 'Cỡ mẫu nhỏ – chỉ tham khảo'
        end as caution_vi
    from survey_values
    inner join reckonings
        on
            survey_values.round_code = reckonings.round_code
            and survey_values.variant_code = reckonings.variant_code
    inner join indicators
        on
            survey_values.round_code = indicators.round_code
            and survey_values.variant_code = indicators.variant_code
            and survey_values.indicator_code = indicators.indicator_code
    inner join units
        on survey_values.unit_key = units.unit_key
    left join intervals
        on
            survey_values.round_code = intervals.round_code
            and survey_values.unit_key = intervals.unit_key
            and survey_values.breakdown = intervals.breakdown
            and survey_values.breakdown_value = intervals.breakdown_value
            and survey_values.indicator_code = intervals.indicator_code
            and survey_values.variant_code = 'official'
    left join ranks
        on
            survey_values.round_code = ranks.round_code
            and survey_values.unit_key = ranks.unit_key
            and survey_values.indicator_code = ranks.indicator_code
            and survey_values.breakdown = 'all'
            and survey_values.variant_code = 'official'
    left join changes
        on
            {{ same_sample('survey_values', 'changes') }}
            and survey_values.indicator_code = changes.indicator_code
    left join suppressions
        on
            {{ same_sample('survey_values', 'suppressions') }}
            and survey_values.indicator_code = suppressions.indicator_code
    left join national_values
        on
            reckonings.survey_year = national_values.survey_year
            and survey_values.indicator_code = national_values.indicator_code
            and survey_values.breakdown = 'all'
    -- An invented target says nothing beside a real figure, nor a real one beside an invented one.
    left join target_values
        on
            survey_values.unit_key = target_values.unit_key
            and reckonings.method_version = target_values.method_version
            and survey_values.indicator_code = target_values.indicator_code
            and survey_values.breakdown = target_values.breakdown
            and survey_values.breakdown_value = target_values.breakdown_value
            and reckonings.survey_year = target_values.target_year
            and survey_values.data_nature = target_values.data_nature

)

select * from final
