{#- Days and periods are those of Viet Nam, wherever the server stands. -#}
{% macro local_time(moment) -%}
    ({{ moment }} at time zone 'Asia/Ho_Chi_Minh')
{%- endmacro %}
