with indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

crosswalk as (

    select * from {{ ref('stg_reference__indicator_crosswalk') }}
    where to_code is not null

),

-- An indicator that was split, or made of several, has no single other half.
single_pairs as (

    select
        from_method,
        from_code,
        to_method,
        to_code,
        relation,
        count(*) over (partition by from_method, to_method, from_code) as to_count,
        count(*) over (partition by from_method, to_method, to_code) as from_count
    from crosswalk

),

-- Within one method a code keeps its meaning.
themselves as (

    select
        method_version,
        indicator_code,
        method_version as other_method,
        indicator_code as other_code,
        'same' as relation
    from indicators

),

final as (

    select * from themselves
    union all
    select
        from_method as method_version,
        from_code as indicator_code,
        to_method as other_method,
        to_code as other_code,
        relation
    from single_pairs
    where to_count = 1 and from_count = 1
    union all
    select
        to_method as method_version,
        to_code as indicator_code,
        from_method as other_method,
        from_code as other_code,
        relation
    from single_pairs
    where to_count = 1 and from_count = 1

)

select * from final
