with forms as (

    select * from {{ ref('stg_survey__forms') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

final as (

    select
        rounds.round_code,
        'all' as breakdown,
        'all' as breakdown_value,
        rounds.method_version,
        count(*) as sampled_count,
        case
            when
                rounds.data_nature = 'simulated'
                or bool_or(forms.data_nature = 'simulated')
                then 'simulated'
            else 'real'
        end as data_nature
    from forms
    inner join rounds
        on forms.round_code = rounds.round_code
    where rounds.value_source = 'answers'
    group by
        rounds.round_code,
        rounds.method_version,
        rounds.data_nature

)

select * from final
