"""The contracts of the tables that hold what documents state, and how it is checked."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from sipas.contracts.field_types import Integer, Positive, Text

CheckKind = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(sum|product|ratio|min|max|sign|count_of|at_most|less_than|position_from_(top"
        r"|bottom)|(added_)?indicator_count|unavailable)$"
    ),
]


class StatedFigure(msgspec.Struct):
    """One figure that a document states, with its place there."""

    statement_key: Text
    document: Text
    place: Text
    unit_key: Text
    survey_year: Integer
    measure: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]+$")]
    stated_value: Decimal
    printed_text: Text
    place_kind: Literal["table", "table_repeat", "prose", "annex"] = "table"
    round_code: str | None = None
    indicator_code: str | None = None
    subject: str | None = None


class StatedCheck(msgspec.Struct):
    """What a stated figure must agree with where that does not follow from the figures alone."""

    check_key: Text
    statement_key: Text
    kind: CheckKind
    rule_vi: Text
    scope_indicator: str | None = None
    scope_level: Literal["part", "factor", "item"] | None = None
    scope_measure: str | None = None
    relation: Literal["<", ">"] | None = None
    constant: Decimal | None = None


class StatedCheckOperand(msgspec.Struct):
    """One figure that a check reckons with."""

    check_key: Text
    operand_number: Positive
    operand_key: Text
    coefficient: Decimal = Decimal(1)
