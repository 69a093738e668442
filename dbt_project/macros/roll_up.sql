{#-
    The nodes of one level from anything below it: the mean of their components by the
    coefficients component_weight / weight_total. What a missing component does is the method's
    missing_child_rule: null (no value), renormalise (the others share its weight), or
    keep_in_maximum (it earns nothing, but its weight stays).
-#}
{% macro roll_up(indicator_level, lower_values) -%}
    select
        {{ lower_values }}.round_code,
        {{ lower_values }}.variant_code,
        {{ lower_values }}.unit_key,
        {{ lower_values }}.breakdown,
        {{ lower_values }}.breakdown_value,
        rollups.indicator_code,
        case max(rollups.missing_child_rule)
            when 'null'
                then
                    case
                        when count({{ lower_values }}.index_value) = max(rollups.component_count)
                            then
                                sum(rollups.component_weight * {{ lower_values }}.index_value)
                                / max(rollups.weight_total)
                    end
            when 'renormalise'
                then
                    sum(rollups.component_weight * {{ lower_values }}.index_value)
                    / sum(rollups.component_weight)
                        filter (where {{ lower_values }}.index_value is not null)
            when 'keep_in_maximum'
                then
                    sum(rollups.component_weight * {{ lower_values }}.index_value)
                    / max(rollups.weight_total)
        end as index_value
    from {{ lower_values }}
    inner join rollups
        on
            {{ lower_values }}.round_code = rollups.round_code
            and {{ lower_values }}.variant_code = rollups.variant_code
            and {{ lower_values }}.indicator_code = rollups.component_code
    where rollups.indicator_level = '{{ indicator_level }}'
    group by
        {{ lower_values }}.round_code,
        {{ lower_values }}.variant_code,
        {{ lower_values }}.unit_key,
        {{ lower_values }}.breakdown,
        {{ lower_values }}.breakdown_value,
        rollups.indicator_code
{%- endmacro %}

{#- The deviations of primary sampling units, rolled up by the coefficients of their indices. -#}
{% macro roll_up_deviations(indicator_level, lower_deviations) -%}
    select
        {{ lower_deviations }}.sample_key,
        {{ lower_deviations }}.psu_number,
        coefficients.indicator_code,
        sum(coefficients.coefficient * {{ lower_deviations }}.deviation) as deviation
    from {{ lower_deviations }}
    inner join coefficients
        on
            {{ lower_deviations }}.sample_key = coefficients.sample_key
            and {{ lower_deviations }}.indicator_code = coefficients.component_code
    where coefficients.indicator_level = '{{ indicator_level }}'
    group by
        {{ lower_deviations }}.sample_key,
        {{ lower_deviations }}.psu_number,
        coefficients.indicator_code
{%- endmacro %}
