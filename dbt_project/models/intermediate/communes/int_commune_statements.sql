with stated_figures as (

    select * from {{ ref('stg_reference__stated_figures') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

methods as (

    select * from {{ ref('stg_reference__methods') }}

),

final as (

    select
        rounds.round_code,
        stated_figures.unit_key,
        coalesce(stated_figures.subject, 'all') as desk,
        stated_figures.indicator_code as criterion_code,
        rounds.method_version,
        rounds.value_source,
        case
            when
                rounds.data_nature = 'simulated'
                or bool_or(stated_figures.data_nature = 'simulated')
                then 'simulated'
            else 'real'
        end as data_nature,
        max(stated_figures.stated_value) filter (where stated_figures.measure = 'score')
            as score,
        max(stated_figures.stated_value) filter (where stated_figures.measure = 'self_score')
            as self_score,
        max(stated_figures.stated_value) filter (where stated_figures.measure = 'appraised_score')
            as appraised_score,
        max(stated_figures.stated_value) filter (where stated_figures.measure = 'points')
            as points,
        max(stated_figures.stated_value) filter (where stated_figures.measure = 'max_points')
            as max_points,
        max(stated_figures.stated_value) filter (where stated_figures.measure = 'desk_rate')
            as points_percent
    from stated_figures
    inner join rounds
        on stated_figures.round_code = rounds.round_code
    inner join methods
        on rounds.method_version = methods.method_version
    where methods.instrument = 'commune_score'
    group by
        rounds.round_code,
        stated_figures.unit_key,
        coalesce(stated_figures.subject, 'all'),
        stated_figures.indicator_code,
        rounds.method_version,
        rounds.value_source,
        rounds.data_nature

)

select * from final
