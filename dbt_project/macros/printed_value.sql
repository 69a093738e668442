{#-
    An exact value as its rule prints it ('half_up' or 'truncate' to so many digits).
    Divisions leave an error in the sixteenth decimal, which must not decide a half or a cut.
-#}
{% macro printed_value(value, rounding, digits) -%}
    case {{ rounding }}
            when 'half_up' then round(round({{ value }}, 12), {{ digits }})
            when 'truncate' then trunc(round({{ value }}, 12), {{ digits }})
        end
{%- endmacro %}
