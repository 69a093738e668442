with rounds as (

    select * from {{ source('reference', 'rounds') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        rounds.round_code,
        rounds.round_name_vi,
        rounds.survey_year,
        rounds.unit_key,
        rounds.method_version,
        rounds.value_source,
        rounds.data_nature,
        rounds.round_kind,
        rounds.population,
        rounds.issued_by_vi,
        rounds.mapping,
        rounds.started_on,
        rounds.ended_on,
        rounds.previous_round_code,
        rounds.planned_form_count,
        rounds.peer_count,
        rounds.note,
        rounds.batch_id,
        rounds.position,
        visible_batches.data_nature as delivery_data_nature
    from rounds
    inner join visible_batches
        on rounds.batch_id = visible_batches.batch_id

)

select * from final
