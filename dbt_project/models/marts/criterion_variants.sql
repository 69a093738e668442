with results as (

    select * from {{ ref('int_survey_results') }}

),

final as (

    select
        round_code,
        unit_key,
        breakdown,
        breakdown_value,
        indicator_code,
        variant_code,
        variant_label_vi,
        variant_label_en,
        method_version,
        unit_code,
        unit_name,
        unit_level,
        indicator_level,
        parent_code,
        sort_order,
        label_vi,
        label_en,
        responsible_vi,
        measure_type,
        scale_max,
        value_source,
        data_nature,
        sampled_count,
        valid_count,
        missing_count,
        index_value,
        index_rounded,
        ci_low,
        ci_high,
        ci_reason,
        rank,
        ranked_count,
        rank_source,
        rank_scope,
        previous_round_code,
        previous_index_rounded,
        change,
        previous_rank,
        rank_change,
        is_change_comparable,
        change_note,
        national_value,
        target_value,
        is_suppressed,
        suppression_reason,
        survey_year,
        round_kind,
        is_round_unit,
        source_label_vi,
        blank_count,
        dont_know_count,
        not_applicable_count,
        refused_count,
        distribution,
        rank_low,
        rank_high,
        caution_vi
    from results
    where
        block = 'satisfaction'
        and variant_code <> 'official'

)

select * from final
