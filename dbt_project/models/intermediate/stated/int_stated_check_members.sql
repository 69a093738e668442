with checks as (

    select * from {{ ref('stg_reference__stated_checks') }}

),

operands as (

    select * from {{ ref('stg_reference__stated_check_operands') }}

),

statements as (

    select * from {{ ref('int_stated_statements') }}

),

ancestors as (

    select * from {{ ref('int_stated_indicator_ancestors') }}

),

listed as (

    select
        operands.check_key,
        operands.operand_number,
        operands.coefficient,
        operands.operand_key as member_key
    from operands

),

-- All figures of one measure of the indicators of a level below another indicator.
in_scope as (

    select
        checks.check_key,
        null::integer as operand_number,
        1::numeric as coefficient,
        members.statement_key as member_key
    from checks
    inner join statements
        on checks.statement_key = statements.statement_key
    inner join statements as members
        on
            statements.round_code = members.round_code
            and statements.unit_key = members.unit_key
            and checks.scope_measure = members.measure
            and checks.scope_level = members.indicator_level
            and members.is_anchor
            and members.subject is null
    inner join ancestors
        on
            members.method_version = ancestors.method_version
            and members.indicator_code = ancestors.indicator_code
            and checks.scope_indicator = ancestors.ancestor_code

),

members as (

    select * from listed
    union all
    select * from in_scope

),

final as (

    select
        members.check_key,
        members.operand_number,
        members.coefficient,
        members.member_key,
        statements.indicator_code,
        statements.measure_type,
        statements.stated_value
    from members
    inner join statements
        on members.member_key = statements.statement_key

)

select * from final
