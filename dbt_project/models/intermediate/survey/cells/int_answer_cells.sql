with psu_cells as (

    select * from {{ ref('int_psu_cells') }}

),

groups as (

    select * from {{ ref('int_form_groups') }}

),

counted as (

    select
        group_key,
        is_recheck_failure,
        item_code,
        score,
        missing_kind,
        sum(form_count) as form_count,
        sum(weight_sum) as weight_sum
    from psu_cells
    group by
        group_key,
        is_recheck_failure,
        item_code,
        score,
        missing_kind

),

final as (

    select
        counted.group_key,
        groups.round_code,
        groups.unit_key,
        groups.breakdown,
        counted.is_recheck_failure,
        counted.item_code,
        counted.score,
        counted.missing_kind,
        counted.form_count,
        counted.weight_sum
    from counted
    inner join groups
        on counted.group_key = groups.group_key

)

select * from final
