with stated_figures as (

    select * from {{ ref('stg_reference__stated_figures') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

final as (

    select
        rounds.round_code,
        stated_figures.unit_key,
        stated_figures.indicator_code,
        rounds.method_version,
        case
            when
                rounds.data_nature = 'simulated'
                or bool_or(stated_figures.data_nature = 'simulated')
                then 'simulated'
            else 'real'
        end as data_nature,
        max(stated_figures.stated_value) filter (where stated_figures.measure = 'index')
            as index_rounded,
        max(stated_figures.stated_value) filter (where stated_figures.measure = 'rank')::integer
            as rank,
        rounds.peer_count as ranked_count
    from stated_figures
    inner join rounds
        on stated_figures.round_code = rounds.round_code
    where
        rounds.value_source = 'stated'
        and stated_figures.place_kind = 'table'
        and stated_figures.measure in ('index', 'rank')
    group by
        rounds.round_code,
        stated_figures.unit_key,
        stated_figures.indicator_code,
        rounds.method_version,
        rounds.data_nature,
        rounds.peer_count

)

select * from final
