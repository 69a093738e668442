{#- The words for a volume of work; agencies of one volume are peers. -#}
{% macro peer_volume(finished_count) -%}
    {%- set bounds = var('peer_volume_bounds') | map('int') | list -%}
    case
        when {{ finished_count }} < {{ bounds[0] }} then 'dưới {{ bounds[0] }} hồ sơ'
        {% for bound in bounds[1:] %}
            when {{ finished_count }} < {{ bound }}
                then 'từ {{ bounds[loop.index0] }} đến {{ bound - 1 }} hồ sơ'
        {% endfor %}
        else 'từ {{ bounds[-1] }} hồ sơ trở lên'
    end
{%- endmacro %}
