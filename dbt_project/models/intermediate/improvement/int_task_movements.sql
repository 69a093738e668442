with tasks as (

    select
        *,
        coalesce(extract(year from due_on)::integer, plan_year) as end_year
    from {{ ref('stg_reference__improvement_tasks') }}

),

equivalents as (

    select * from {{ ref('int_indicator_equivalents') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}
    where round_kind = 'official'

),

results as (

    select * from {{ ref('criterion_results') }}
    where breakdown = 'all' and not is_suppressed and index_rounded is not null

),

-- What simulated forms say is no effect of a real task.
measured as (

    select
        tasks.task_code,
        tasks.plan_year,
        tasks.end_year,
        tasks.data_nature as task_data_nature,
        rounds.round_code,
        rounds.survey_year,
        results.method_version,
        results.index_rounded,
        results.data_nature,
        equivalents.relation
    from tasks
    inner join equivalents
        on
            tasks.method_version = equivalents.method_version
            and tasks.indicator_code = equivalents.indicator_code
    inner join results
        on
            tasks.unit_key = results.unit_key
            and equivalents.other_method = results.method_version
            and equivalents.other_code = results.indicator_code
    inner join rounds
        on results.round_code = rounds.round_code
    where results.data_nature = 'real' or tasks.data_nature = 'simulated'

),

ranked_before as (

    select
        *,
        row_number() over (
            partition by task_code
            order by survey_year desc, data_nature = task_data_nature desc, round_code asc
        ) as nearness
    from measured
    where survey_year < plan_year

),

ranked_after as (

    select
        *,
        row_number() over (
            partition by task_code
            order by survey_year asc, data_nature = task_data_nature desc, round_code asc
        ) as nearness
    from measured
    where survey_year >= end_year

),

final as (

    select
        tasks.task_code,
        before.round_code as before_round_code,
        before.index_rounded as before_value,
        after.round_code as after_round_code,
        after.index_rounded as after_value,
        after.index_rounded - before.index_rounded as movement,
        case
            when after.index_rounded - before.index_rounded is not null
                then
                    before.method_version = after.method_version
                    or (before.relation = 'same' and after.relation = 'same')
        end as is_movement_comparable,
        coalesce('simulated' in (before.data_nature, after.data_nature), false) as is_simulated
    from tasks
    left join ranked_before as before
        on tasks.task_code = before.task_code and before.nearness = 1
    left join ranked_after as after
        on tasks.task_code = after.task_code and after.nearness = 1

)

select * from final
