with obligations as (

    select * from {{ ref('stg_reference__report_obligations') }}

),

register as (

    select * from {{ ref('stg_reference__periodic_reports') }}

),

units as (

    select * from {{ ref('stg_reference__units') }}

),

current_build as (

    select
        as_of_at,
        {{ local_time('as_of_at') }}::date as as_of_on
    from {{ ref('stg_audit__current_build') }}

),

-- Without a register the obligation stands alone, under the words of its document.
owed as (

    select
        obligations.obligation_code,
        coalesce(register.agency_vi, obligations.agencies_vi) as agency_vi,
        register.unit_key as agency_key,
        register.obligation_code is not null as has_register,
        obligations.document,
        obligations.place,
        obligations.unit_key,
        obligations.recipient_vi,
        obligations.period_vi,
        obligations.content_vi,
        coalesce(register.due_on, obligations.due_on) as due_on,
        case
            when register.received_on <= current_build.as_of_on then register.received_on
        end as received_on,
        coalesce(register.note, obligations.note) as note,
        current_build.as_of_at,
        current_build.as_of_on,
        'simulated' in (obligations.data_nature, coalesce(register.data_nature, 'real'))
            as is_simulated
    from obligations
    left join register
        on obligations.obligation_code = register.obligation_code
    cross join current_build

),

judged as (

    select
        *,
        case
            when not has_register then 'no_register'
            when received_on is not null and due_on is null then 'received'
            when received_on <= due_on then 'on_time'
            when received_on > due_on then 'late'
            when due_on is null then 'no_due_date'
            when due_on >= as_of_on then 'not_due'
            else 'silent'
        end as status
    from owed

),

final as (

    select
        judged.obligation_code,
        judged.agency_vi,
        judged.agency_key,
        judged.document,
        judged.place,
        judged.unit_key,
        units.unit_name,
        judged.recipient_vi,
        judged.period_vi,
        judged.content_vi,
        judged.due_on,
        judged.received_on,
        judged.as_of_at,
        judged.status,
        case judged.status
            when 'no_register' then 'Chưa có sổ theo dõi'
            when 'received' then 'Đã nhận, không có hạn'
            when 'on_time' then 'Đúng hạn'
            when 'late' then 'Trễ hạn'
            when 'no_due_date' then 'Chưa nhận, không có hạn'
            when 'not_due' then 'Chưa đến hạn'
            when 'silent' then 'Không báo cáo'
        end as status_vi,
        case judged.status
            when 'late' then judged.received_on - judged.due_on
            when 'silent' then judged.as_of_on - judged.due_on
        end as late_days,
        judged.note,
        case when judged.is_simulated then 'simulated' else 'real' end as data_nature
    from judged
    left join units
        on judged.unit_key = units.unit_key

)

select * from final
