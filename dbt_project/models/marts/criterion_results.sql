with criterion_values as (

    select * from {{ ref('int_criterion_values') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

units as (

    select * from {{ ref('stg_reference__units') }}

),

indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}
    where block = 'satisfaction'

),

crosswalk as (

    select * from {{ ref('stg_reference__indicator_crosswalk') }}
    where to_code is not null

),

stated_figures as (

    select * from {{ ref('stg_reference__stated_figures') }}

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

previous_rounds as (

    select
        rounds.round_code,
        rounds.method_version,
        previous.round_code as previous_round_code,
        previous.method_version as previous_method_version
    from rounds
    inner join rounds as previous
        on rounds.previous_round_code = previous.round_code

),

-- An indicator made of several former ones has no single predecessor to compare with.
predecessors as (

    select
        from_method,
        to_method,
        to_code,
        max(from_code) as from_code,
        max(relation) as relation,
        max(note) as note
    from crosswalk
    group by
        from_method,
        to_method,
        to_code
    having count(*) = 1

),

-- Within one method a code keeps its meaning; between methods the crosswalk decides.
comparisons as (

    select
        previous_rounds.round_code,
        previous_rounds.previous_round_code,
        indicators.indicator_code,
        case
            when previous_rounds.method_version = previous_rounds.previous_method_version
                then indicators.indicator_code
            else predecessors.from_code
        end as previous_indicator_code,
        case
            when previous_rounds.method_version = previous_rounds.previous_method_version
                then 'same'
            else predecessors.relation
        end as relation,
        predecessors.note as relation_note
    from previous_rounds
    inner join indicators
        on previous_rounds.method_version = indicators.method_version
    left join predecessors
        on
            previous_rounds.previous_method_version = predecessors.from_method
            and previous_rounds.method_version = predecessors.to_method
            and indicators.indicator_code = predecessors.to_code

),

compared as (

    select
        criterion_values.*,
        comparisons.previous_round_code,
        comparisons.relation,
        comparisons.relation_note,
        previous.value_source as previous_value_source,
        previous.data_nature as previous_data_nature,
        previous.index_rounded as previous_index_rounded,
        previous.rank as previous_rank,
        criterion_values.index_rounded - previous.index_rounded as change
    from criterion_values
    left join comparisons
        on
            criterion_values.round_code = comparisons.round_code
            and criterion_values.indicator_code = comparisons.indicator_code
    left join criterion_values as previous
        on
            comparisons.previous_round_code = previous.round_code
            and comparisons.previous_indicator_code = previous.indicator_code
            and criterion_values.unit_key = previous.unit_key
            and criterion_values.breakdown = previous.breakdown
            and criterion_values.breakdown_value = previous.breakdown_value

),

final as (

    select
        compared.round_code,
        compared.unit_key,
        compared.breakdown,
        compared.breakdown_value,
        compared.indicator_code,
        compared.method_version,
        units.unit_code,
        units.unit_name,
        units.unit_level,
        indicators.indicator_level,
        indicators.parent_code,
        indicators.sort_order,
        indicators.label_vi,
        indicators.label_en,
        indicators.responsible_vi,
        indicators.measure_type,
        indicators.scale_max,
        compared.value_source,
        compared.data_nature,
        compared.sampled_count,
        compared.valid_count,
        compared.missing_count,
        compared.index_value,
        compared.index_rounded,
        null::numeric as ci_low,
        null::numeric as ci_high,
        case compared.value_source
            when 'answers' then 'Chưa nạp thiết kế chọn mẫu của cuộc khảo sát'
            else 'Chỉ có số liệu công bố'
        end as ci_reason,
        compared.rank,
        compared.ranked_count,
        case when compared.rank is not null then 'stated' end as rank_source,
        case when compared.rank is not null then 'Toàn quốc' end as rank_scope,
        compared.previous_round_code,
        compared.previous_index_rounded,
        compared.change,
        compared.previous_rank,
        compared.previous_rank - compared.rank as rank_change,
        case when compared.change is not null then compared.relation = 'same' end
            as is_change_comparable,
        case
            when compared.previous_round_code is null then null
            when compared.previous_index_rounded is null
                then 'Kỳ trước không có giá trị của tiêu chí tương ứng'
            else nullif(concat_ws(
                '; ',
                case
                    when compared.relation <> 'same'
                        then coalesce(compared.relation_note, 'Tiêu chí khác với kỳ trước')
                end,
                case
                    when compared.value_source <> compared.previous_value_source
                        then 'So sánh giữa giá trị tính từ phiếu và số liệu công bố'
                end,
                case
                    when compared.data_nature <> compared.previous_data_nature
                        then 'So sánh giữa dữ liệu mô phỏng và dữ liệu thật'
                end
            ), '')
        end as change_note,
        national_values.national_value,
        null::numeric as target_value,
        compared.value_source = 'answers' and compared.valid_count < 5 as is_suppressed,
        case
            when compared.value_source = 'answers' and compared.valid_count < 5
                then 'Dưới 5 người trả lời'
        end as suppression_reason
    from compared
    inner join rounds
        on compared.round_code = rounds.round_code
    inner join units
        on compared.unit_key = units.unit_key
    inner join indicators
        on
            compared.method_version = indicators.method_version
            and compared.indicator_code = indicators.indicator_code
    left join national_values
        on
            rounds.survey_year = national_values.survey_year
            and compared.indicator_code = national_values.indicator_code

)

select * from final
