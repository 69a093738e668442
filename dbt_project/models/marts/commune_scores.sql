with computed_scores as (

    select * from {{ ref('int_commune_computed_scores') }}

),

stated_scores as (

    select * from {{ ref('int_commune_stated_scores') }}

),

statements as (

    select * from {{ ref('int_commune_statements') }}

),

criteria as (

    select * from {{ ref('int_commune_criteria') }}

),

units as (

    select * from {{ ref('stg_reference__units') }}

),

scores as (

    select * from computed_scores
    union all
    select * from stated_scores

),

criterion_scores as (

    select
        scores.*,
        case when scores.desk = 'all' then criteria.max_score end as max_score,
        criteria.is_total,
        criteria.sort_order,
        criteria.label_vi,
        criteria.label_en
    from scores
    inner join criteria
        on
            scores.method_version = criteria.method_version
            and scores.criterion_code = criteria.criterion_code

),

scored_maxima as (

    select
        round_code,
        unit_key,
        sum(max_score) as max_score
    from criterion_scores
    where
        is_scored
        and not is_total
    group by
        round_code,
        unit_key

),

maxima (is_scored_only, code_suffix, suffix_vi, suffix_en, sort_offset) as (

    values
    (false, '', '', '', 0),
    (true, '_scored', ' (chỉ các tiêu chí được chấm)', ' (scored criteria only)', 1)

),

-- A criterion without cases adds nothing to the total: beside the official maximum stands that
-- of the criteria scored.
rows_with_maxima as (

    select
        criterion_scores.*,
        maxima.is_scored_only,
        maxima.sort_offset,
        criterion_scores.criterion_code || maxima.code_suffix as row_code,
        criterion_scores.label_vi || maxima.suffix_vi as row_label_vi,
        criterion_scores.label_en || maxima.suffix_en as row_label_en,
        case
            when maxima.is_scored_only then scored_maxima.max_score
            else criterion_scores.max_score
        end as row_max_score
    from criterion_scores
    left join scored_maxima
        on
            criterion_scores.round_code = scored_maxima.round_code
            and criterion_scores.unit_key = scored_maxima.unit_key
    inner join maxima
        on
            not maxima.is_scored_only
            or (
                criterion_scores.is_total
                and criterion_scores.desk = 'all'
                and criterion_scores.is_scored
            )

),

final as (

    select
        scored.round_code,
        scored.unit_key,
        scored.desk,
        scored.row_code as criterion_code,
        scored.method_version,
        units.unit_code,
        units.unit_name,
        units.unit_level,
        scored.row_label_vi as label_vi,
        scored.row_label_en as label_en,
        scored.sort_order + scored.sort_offset as sort_order,
        scored.value_source,
        scored.data_nature,
        scored.sampled_count,
        scored.valid_count,
        scored.score,
        scored.row_max_score as max_score,
        scored.is_scored,
        scored.reason,
        replace(scored.score::text, '.', ',')
        || '/'
        || replace(trim_scale(scored.row_max_score)::text, '.', ',') as score_printed,
        scored.points,
        scored.max_points,
        scored.points_percent,
        replace(scored.points_percent::text, '.', ',') || '%' as points_percent_printed,
        statements.self_score,
        case
            when statements.self_score is not null then null
            when scored.desk <> 'all' then 'Không chấm theo bộ phận.'
            else 'Không có tài liệu nêu điểm tự chấm của đợt này.'
        end as self_score_reason,
        statements.appraised_score,
        case
            when statements.appraised_score is not null then null
            when scored.desk <> 'all' then 'Không chấm theo bộ phận.'
            else 'Không có tài liệu nêu điểm thẩm định của đợt này.'
        end as appraised_score_reason
    from rows_with_maxima as scored
    inner join units
        on scored.unit_key = units.unit_key
    left join statements
        on
            scored.round_code = statements.round_code
            and scored.unit_key = statements.unit_key
            and scored.desk = statements.desk
            and scored.criterion_code = statements.criterion_code

)

select * from final
