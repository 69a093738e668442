with commune_points as (

    select * from {{ ref('int_commune_points') }}

),

criteria as (

    select * from {{ ref('int_commune_criteria') }}

),

roundings as (

    select * from {{ ref('stg_reference__method_roundings') }}

),

-- Points out of six are the commune's; of a desk only the points of its forms are known.
final as (

    select
        commune_points.round_code,
        commune_points.unit_key,
        commune_points.desk,
        commune_points.criterion_code,
        commune_points.method_version,
        'answers' as value_source,
        commune_points.data_nature,
        commune_points.sampled_count,
        commune_points.valid_count,
        commune_points.points,
        commune_points.max_points,
        {{ printed_value(
            '100 * commune_points.points / nullif(commune_points.max_points, 0)',
            'roundings.rounding',
            'roundings.rounding_digits',
        ) }} as points_percent,
        case
            when commune_points.desk = 'all' and commune_points.valid_count > 0
                then
                    {{ printed_value(
                        'criteria.max_score * commune_points.index_value / 100',
                        'criteria.rounding',
                        'criteria.rounding_digits',
                    ) }}
        end as score,
        commune_points.valid_count > 0 as is_scored,
        case
            when commune_points.valid_count > 0 then null
            when commune_points.is_without_cases
                then
                    'Trong kỳ không phát sinh trường hợp nào nên không chấm điểm; '
                    || 'điểm tối đa vẫn nằm trong tổng điểm tối đa.'
            else 'Không có trả lời hợp lệ nào; điểm tối đa vẫn nằm trong tổng điểm tối đa.'
        end as reason
    from commune_points
    inner join criteria
        on
            commune_points.method_version = criteria.method_version
            and commune_points.criterion_code = criteria.criterion_code
    left join roundings
        on
            commune_points.method_version = roundings.method_version
            and roundings.figure = 'desk_rate'

)

select * from final
