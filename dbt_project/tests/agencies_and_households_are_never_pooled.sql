-- People served by agencies and households of districts are different populations.
with sampling_units as (

    select * from {{ ref('int_sampling_units') }}

),

final as (

    select
        round_code,
        count(*) filter (where unit_level = 'agency') as agency_points,
        count(*) filter (where unit_level in ('district', 'commune')) as household_points
    from sampling_units
    group by round_code
    having
        count(*) filter (where unit_level = 'agency') > 0
        and count(*) filter (where unit_level in ('district', 'commune')) > 0

)

select * from final
