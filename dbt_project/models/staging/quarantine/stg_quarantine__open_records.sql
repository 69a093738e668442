with record_states as (

    select * from {{ source('quarantine', 'record_states') }}

),

final as (

    select
        batch_id,
        position,
        record_code,
        field,
        reason_code,
        agency_code,
        source_code,
        delivery_kind,
        arrived_at,
        loaded_at,
        data_nature
    from record_states
    where state = 'open'

)

select * from final
