with notes as (

    select * from {{ ref('stg_reference__criterion_notes') }}

),

units as (

    select * from {{ ref('stg_reference__units') }}

),

indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}
    where round_kind = 'official'

),

results as (

    select * from {{ ref('criterion_results') }}
    where breakdown = 'all' and not is_suppressed

),

-- A note on real figures stands beside real figures only.
ranked_results as (

    select
        notes.note_key,
        results.round_code,
        results.index_rounded,
        results.rank,
        results.ranked_count,
        results.data_nature,
        row_number() over (
            partition by notes.note_key
            order by
                rounds.survey_year desc,
                results.data_nature = notes.data_nature desc,
                rounds.round_code
        ) as age
    from notes
    inner join results
        on
            notes.unit_key = results.unit_key
            and notes.method_version = results.method_version
            and notes.indicator_code = results.indicator_code
    inner join rounds
        on results.round_code = rounds.round_code
    where results.data_nature = 'real' or notes.data_nature = 'simulated'

),

final as (

    select
        notes.note_key,
        notes.document,
        notes.place,
        notes.unit_key,
        units.unit_code,
        units.unit_name,
        notes.round_code,
        notes.method_version,
        notes.indicator_code,
        indicators.label_vi,
        indicators.sort_order,
        indicators.responsible_vi,
        notes.kind,
        case notes.kind
            when 'weakness' then 'Hạn chế'
            when 'cause' then 'Nguyên nhân'
            when 'solution' then 'Giải pháp'
        end as kind_vi,
        notes.text_vi,
        ranked_results.round_code as latest_round_code,
        ranked_results.index_rounded as latest_index_rounded,
        ranked_results.rank as latest_rank,
        ranked_results.ranked_count as latest_ranked_count,
        case
            when 'simulated' in (notes.data_nature, coalesce(ranked_results.data_nature, 'real'))
                then 'simulated'
            else 'real'
        end as data_nature
    from notes
    inner join units
        on notes.unit_key = units.unit_key
    inner join indicators
        on
            notes.method_version = indicators.method_version
            and notes.indicator_code = indicators.indicator_code
    left join ranked_results
        on notes.note_key = ranked_results.note_key and ranked_results.age = 1

)

select * from final
