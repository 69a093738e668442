{#- A moment, unless it lies after the build's as-of: what had not happened yet is not known. -#}
{% macro known_by(moment, as_of) -%}
    case when {{ moment }} <= {{ as_of }} then {{ moment }} end
{%- endmacro %}
