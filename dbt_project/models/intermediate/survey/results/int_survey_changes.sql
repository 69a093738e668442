with survey_values as (

    select * from {{ ref('int_survey_values') }}

),

ranks as (

    select * from {{ ref('int_survey_ranks') }}

),

reckonings as (

    select * from {{ ref('int_reckonings') }}

),

indicators as (

    select * from {{ ref('int_reckoned_indicators') }}

),

crosswalk as (

    select * from {{ ref('stg_reference__indicator_crosswalk') }}

),

suppressions as (

    select * from {{ ref('int_survey_suppressions') }}

),

-- What was hidden in the former round is not told by the next one.
tellable_values as (

    select survey_values.*
    from survey_values
    left join suppressions
        on
            {{ same_sample('survey_values', 'suppressions') }}
            and survey_values.indicator_code = suppressions.indicator_code
    where suppressions.indicator_code is null

),

pairs as (

    select
        reckonings.round_code,
        reckonings.variant_code,
        reckonings.method_version,
        reckonings.population,
        previous.round_code as previous_round_code,
        previous.variant_code as previous_variant_code,
        previous.method_version as previous_method_version,
        previous.population as previous_population
    from reckonings
    inner join reckonings as previous
        on
            reckonings.previous_round_code = previous.round_code
            and reckonings.previous_variant_code = previous.variant_code

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
    where to_code is not null
    group by
        from_method,
        to_method,
        to_code
    having count(*) = 1

),

-- Within one method a code keeps its meaning; between methods the crosswalk decides.
predecessors_of_pairs as (

    select
        pairs.round_code,
        pairs.variant_code,
        pairs.previous_round_code,
        pairs.previous_variant_code,
        indicators.indicator_code,
        indicators.figure,
        indicators.scale_max,
        case
            when pairs.method_version = pairs.previous_method_version
                then indicators.indicator_code
            else predecessors.from_code
        end as previous_indicator_code,
        case
            when pairs.method_version = pairs.previous_method_version then 'same'
            else predecessors.relation
        end as relation,
        predecessors.note as relation_note,
        coalesce(pairs.population <> pairs.previous_population, false) as is_other_population
    from pairs
    inner join indicators
        on
            pairs.round_code = indicators.round_code
            and pairs.variant_code = indicators.variant_code
    left join predecessors
        on
            pairs.previous_method_version = predecessors.from_method
            and pairs.method_version = predecessors.to_method
            and indicators.indicator_code = predecessors.to_code

),

compared as (

    select
        survey_values.round_code,
        survey_values.variant_code,
        survey_values.unit_key,
        survey_values.breakdown,
        survey_values.breakdown_value,
        survey_values.indicator_code,
        predecessors_of_pairs.previous_round_code,
        previous.index_rounded as previous_index_rounded,
        survey_values.index_rounded - previous.index_rounded as change,
        coalesce(previous_ranks.rank, previous.stated_rank) as previous_rank,
        coalesce(ranks.rank, survey_values.stated_rank)
        - coalesce(previous_ranks.rank, previous.stated_rank) as rank_drop,
        case
            when predecessors_of_pairs.relation <> 'same'
                then coalesce(predecessors_of_pairs.relation_note, 'Tiêu chí khác với kỳ trước')
        end as relation_fault,
        case
            when
                coalesce(predecessors_of_pairs.figure, '')
                <> coalesce(previous_indicators.figure, '')
                or (
                    predecessors_of_pairs.figure = 'mean'
                    and predecessors_of_pairs.scale_max <> previous_indicators.scale_max
                )
                then 'Thước đo hoặc thang điểm khác với kỳ trước'
        end as measure_fault,
        case
            when predecessors_of_pairs.is_other_population
                then 'Đối tượng khảo sát khác với kỳ trước'
        end as population_fault,
        case
            when survey_values.value_source <> previous.value_source
                then 'So sánh giữa giá trị tính từ phiếu và số liệu công bố'
        end as source_caution,
        case
            when survey_values.data_nature <> previous.data_nature
                then 'So sánh giữa dữ liệu mô phỏng và dữ liệu thật'
        end as nature_caution
    from survey_values
    inner join predecessors_of_pairs
        on
            survey_values.round_code = predecessors_of_pairs.round_code
            and survey_values.variant_code = predecessors_of_pairs.variant_code
            and survey_values.indicator_code = predecessors_of_pairs.indicator_code
    left join tellable_values as previous
        on
            predecessors_of_pairs.previous_round_code = previous.round_code
            and predecessors_of_pairs.previous_variant_code = previous.variant_code
            and predecessors_of_pairs.previous_indicator_code = previous.indicator_code
            and survey_values.unit_key = previous.unit_key
            and survey_values.breakdown = previous.breakdown
            and survey_values.breakdown_value = previous.breakdown_value
    left join indicators as previous_indicators
        on
            predecessors_of_pairs.previous_round_code = previous_indicators.round_code
            and predecessors_of_pairs.previous_variant_code = previous_indicators.variant_code
            and predecessors_of_pairs.previous_indicator_code
            = previous_indicators.indicator_code
    left join ranks
        on
            survey_values.round_code = ranks.round_code
            and survey_values.unit_key = ranks.unit_key
            and survey_values.indicator_code = ranks.indicator_code
            and survey_values.breakdown = 'all'
            and survey_values.variant_code = 'official'
    left join ranks as previous_ranks
        on
            predecessors_of_pairs.previous_round_code = previous_ranks.round_code
            and survey_values.unit_key = previous_ranks.unit_key
            and predecessors_of_pairs.previous_indicator_code = previous_ranks.indicator_code
            and survey_values.breakdown = 'all'
            and survey_values.variant_code = 'official'

),

final as (

    select
        round_code,
        variant_code,
        unit_key,
        breakdown,
        breakdown_value,
        indicator_code,
        previous_round_code,
        previous_index_rounded,
        change,
        previous_rank,
        -rank_drop as rank_change,
        case
            when change is not null
                then coalesce(relation_fault, measure_fault, population_fault) is null
        end as is_change_comparable,
        case
            when previous_index_rounded is null
                then 'Kỳ trước không có giá trị của tiêu chí tương ứng'
            else nullif(concat_ws(
                '; ', relation_fault, measure_fault, population_fault, source_caution,
                nature_caution
            ), '')
        end as change_note
    from compared

)

select * from final
