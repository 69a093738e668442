{#-
    The nodes of one level from anything below it: weighted mean of their components.
    A node with a component missing has no value (missing_child_rule 'null').
-#}
{% macro roll_up(indicator_level, lower_results) -%}
    select
        {{ lower_results }}.round_code,
        {{ lower_results }}.breakdown,
        {{ lower_results }}.breakdown_value,
        rollups.indicator_code,
        case
            when count({{ lower_results }}.index_value) = max(rollups.component_count)
                then
                    sum(rollups.component_weight * {{ lower_results }}.index_value)
                    / sum(rollups.component_weight)
        end as index_value
    from {{ lower_results }}
    inner join rounds
        on {{ lower_results }}.round_code = rounds.round_code
    inner join rollups
        on
            rounds.method_version = rollups.method_version
            and {{ lower_results }}.indicator_code = rollups.component_code
    where rollups.indicator_level = '{{ indicator_level }}'
    group by
        {{ lower_results }}.round_code,
        {{ lower_results }}.breakdown,
        {{ lower_results }}.breakdown_value,
        rollups.indicator_code
{%- endmacro %}
