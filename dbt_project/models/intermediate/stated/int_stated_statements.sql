with stated_figures as (

    -- What was implied from a stated value is not stated by any document.
    select * from {{ ref('stg_reference__stated_figures') }}
    where measure <> 'implied_index'

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

-- The figure of a table comes first; what says the same again is compared with it.
grouped as (

    select
        *,
        case
            when measure in ('number', 'name') then statement_key
            else first_value(statement_key) over (
                partition by round_code, unit_key, survey_year, indicator_code, subject, measure
                order by
                    array_position(array['table', 'table_repeat', 'annex', 'prose'], place_kind),
                    batch_id,
                    position
            )
        end as anchor_key
    from stated_figures

),

final as (

    select
        grouped.statement_key,
        grouped.document,
        grouped.place,
        grouped.place_kind,
        grouped.round_code,
        grouped.unit_key,
        grouped.survey_year,
        grouped.indicator_code,
        grouped.subject,
        grouped.measure,
        grouped.stated_value,
        grouped.printed_text,
        -- «81,29» has two digits, «5.09» too, «5.000» none.
        coalesce(
            length((regexp_match(grouped.printed_text, '[0-9],([0-9]+)'))[1]),
            length((regexp_match(grouped.printed_text, '[0-9]\.([0-9]{1,2})(?![0-9])'))[1]),
            0
        ) as printed_digits,
        grouped.anchor_key,
        grouped.statement_key = grouped.anchor_key as is_anchor,
        rounds.method_version,
        rounds.previous_round_code,
        rounds.peer_count,
        indicators.parent_code,
        indicators.indicator_level,
        indicators.measure_type,
        grouped.data_nature,
        grouped.batch_id,
        grouped.position
    from grouped
    left join rounds
        on grouped.round_code = rounds.round_code
    left join indicators
        on
            rounds.method_version = indicators.method_version
            and grouped.indicator_code = indicators.indicator_code

)

select * from final
