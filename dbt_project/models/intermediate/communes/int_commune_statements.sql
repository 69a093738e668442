with stated_figures as (

    select * from {{ ref('stg_reference__stated_figures') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

criteria as (

    select * from {{ ref('int_commune_criteria') }}

),

-- A total, and a desk, are named by the subject: «total», «desk Tư pháp - Hộ tịch».
figures as (

    select
        rounds.round_code,
        stated_figures.unit_key,
        case
            when stated_figures.subject like 'desk %' then substring(stated_figures.subject from 6)
            else 'all'
        end as desk,
        criteria.criterion_code,
        rounds.method_version,
        rounds.value_source,
        rounds.data_nature = 'simulated' or stated_figures.data_nature = 'simulated'
            as is_simulated,
        stated_figures.measure,
        stated_figures.stated_value
    from stated_figures
    inner join rounds
        on stated_figures.round_code = rounds.round_code
    inner join criteria
        on
            rounds.method_version = criteria.method_version
            and (
                (
                    stated_figures.indicator_code = criteria.criterion_code
                    and stated_figures.subject is null
                )
                or (
                    criteria.is_total
                    and (
                        stated_figures.subject = 'total'
                        or stated_figures.subject like 'desk %'
                    )
                )
            )
    where
        stated_figures.measure in ('score', 'self_score', 'appraised_score', 'max_score', 'rate')

),

measures as (

    select
        round_code,
        unit_key,
        desk,
        criterion_code,
        method_version,
        value_source,
        case when bool_or(is_simulated) then 'simulated' else 'real' end as data_nature,
        max(stated_value) filter (where measure = 'score') as score,
        max(stated_value) filter (where measure = 'self_score') as self_score,
        max(stated_value) filter (where measure = 'appraised_score') as appraised_score,
        max(stated_value) filter (where measure = 'max_score') as max_score,
        max(stated_value) filter (where measure = 'rate') as rate
    from figures
    group by
        round_code,
        unit_key,
        desk,
        criterion_code,
        method_version,
        value_source

),

-- A commune has points out of the method's maximum; a desk has the points of its forms.
final as (

    select
        round_code,
        unit_key,
        desk,
        criterion_code,
        method_version,
        value_source,
        data_nature,
        case when desk = 'all' then coalesce(score, appraised_score) end as score,
        self_score,
        appraised_score,
        case when desk <> 'all' then score end as points,
        case when desk <> 'all' then max_score end as max_points,
        case when desk <> 'all' then rate end as points_percent
    from measures

)

select * from final
