{#- Two relations speak of the same round, reckoning, unit and group of people. -#}
{% macro same_sample(left, right) -%}
    {{ left }}.round_code = {{ right }}.round_code
            and {{ left }}.variant_code = {{ right }}.variant_code
            and {{ left }}.unit_key = {{ right }}.unit_key
            and {{ left }}.breakdown = {{ right }}.breakdown
            and {{ left }}.breakdown_value = {{ right }}.breakdown_value
{%- endmacro %}
