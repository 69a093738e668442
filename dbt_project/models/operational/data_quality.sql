with open_records as (

    select * from {{ ref('stg_quarantine__open_records') }}

),

agencies as (

    select * from {{ ref('int_agencies') }}

),

owners as (

    select * from {{ ref('stg_reference__source_owners') }}

),

reasons as (

    select * from {{ ref('stg_reference__quarantine_reasons') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

previous_build as (

    select * from {{ ref('stg_audit__previous_build') }}

),

counted as (

    select
        coalesce(agencies.agency_code, 'unknown') as agency_code,
        agencies.agency_name,
        open_records.source_code,
        open_records.delivery_kind,
        open_records.field,
        open_records.reason_code,
        open_records.data_nature,
        count(*) as open_count,
        min(open_records.arrived_at) as oldest_at,
        max(open_records.arrived_at) as newest_at,
        coalesce(max(open_records.loaded_at) > max(previous_build.started_at), true)
            as is_new_since_last_build
    from open_records
    left join agencies
        on open_records.agency_code = agencies.agency_code
    cross join previous_build
    group by
        agencies.agency_code,
        agencies.agency_name,
        open_records.source_code,
        open_records.delivery_kind,
        open_records.field,
        open_records.reason_code,
        open_records.data_nature

),

agencies_of_sources as (

    select
        agency_code,
        source_code
    from counted
    group by agency_code, source_code

),

-- A row for the agency itself goes before the one for all others of its source.
named_owners as (

    select
        agencies_of_sources.agency_code,
        agencies_of_sources.source_code,
        coalesce(own.owner_vi, others.owner_vi) as owner_vi,
        coalesce(own.contact_channel, others.contact_channel) as contact_channel
    from agencies_of_sources
    left join owners as own
        on
            agencies_of_sources.source_code = own.source_code
            and agencies_of_sources.agency_code = own.agency_code
    left join owners as others
        on
            agencies_of_sources.source_code = others.source_code
            and others.agency_code = '*'

),

final as (

    select
        counted.agency_code,
        counted.source_code,
        counted.delivery_kind,
        counted.field,
        counted.reason_code,
        counted.data_nature,
        coalesce(
            counted.agency_name, 'Không xác định được cơ quan'
        ) as agency_name,
        coalesce(reasons.label_vi, counted.reason_code) as reason_vi,
        reasons.to_do_vi,
        coalesce(named_owners.owner_vi, 'Chưa giao đơn vị phụ trách') as owner_vi,
        named_owners.contact_channel,
        counted.open_count,
        counted.oldest_at,
        counted.newest_at,
        -- Sources have clocks of their own: what came after the as-of is of that day.
        greatest(
            {{ local_time('current_build.as_of_at') }}::date
            - {{ local_time('counted.oldest_at') }}::date,
            0
        ) as age_days,
        counted.is_new_since_last_build,
        current_build.as_of_at
    from counted
    inner join named_owners
        on
            counted.agency_code = named_owners.agency_code
            and counted.source_code = named_owners.source_code
    left join reasons
        on counted.reason_code = reasons.reason_code
    cross join current_build

)

select * from final
