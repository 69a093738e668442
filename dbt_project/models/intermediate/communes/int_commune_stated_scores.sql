with statements as (

    select * from {{ ref('int_commune_statements') }}

),

criteria as (

    select * from {{ ref('int_commune_criteria') }}

),

stated_places as (

    select
        round_code,
        unit_key,
        desk,
        method_version,
        data_nature
    from statements
    where value_source = 'stated'
    group by
        round_code,
        unit_key,
        desk,
        method_version,
        data_nature

),

final as (

    select
        stated_places.round_code,
        stated_places.unit_key,
        stated_places.desk,
        criteria.criterion_code,
        stated_places.method_version,
        'stated' as value_source,
        stated_places.data_nature,
        null::bigint as sampled_count,
        null::bigint as valid_count,
        statements.points,
        statements.max_points,
        statements.points_percent,
        statements.score,
        coalesce(statements.score, statements.points) is not null as is_scored,
        case
            when coalesce(statements.score, statements.points) is null
                then
                    'Tài liệu không chấm điểm tiêu chí này; '
                    || 'điểm tối đa vẫn nằm trong tổng điểm tối đa.'
        end as reason
    from stated_places
    inner join criteria
        on stated_places.method_version = criteria.method_version
    left join statements
        on
            stated_places.round_code = statements.round_code
            and stated_places.unit_key = statements.unit_key
            and stated_places.desk = statements.desk
            and criteria.criterion_code = statements.criterion_code
    -- Of a desk documents state the total only.
    where stated_places.desk = 'all' or statements.criterion_code is not null

)

select * from final
