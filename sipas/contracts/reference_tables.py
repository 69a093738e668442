"""The contracts of reference tables: one Struct a table, its fields the table's columns."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

CONTRACT_VERSION = "reference@1"

Text = Annotated[str, msgspec.Meta(min_length=1)]
DataNature = Literal["real", "simulated"]
# What fits a column of type integer or smallint.
Integer = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Small = Annotated[int, msgspec.Meta(ge=0, le=32767)]


class Unit(msgspec.Struct):
    """One version of an administrative unit or agency."""

    unit_key: Annotated[str, msgspec.Meta(pattern=r"^[a-z]+:[A-Za-z0-9.]+@\d{4}-\d{2}-\d{2}$")]
    unit_code: Annotated[str, msgspec.Meta(pattern=r"^[a-z]+:[A-Za-z0-9.]+$")]
    unit_name: Text
    unit_level: Literal["country", "province", "agency", "district", "commune"]
    valid_from: date
    parent_unit_key: str | None = None
    valid_to: date | None = None
    note: str | None = None


class Method(msgspec.Struct):
    """One version of a way to compute an index."""

    method_version: Text
    name_vi: Text
    name_en: Text
    valid_from_year: Integer
    rounding: Literal["half_up", "truncate"]
    rounding_digits: Annotated[int, msgspec.Meta(ge=0, le=6)]
    missing_child_rule: Literal["null"]
    decision: str | None = None
    valid_to_year: Integer | None = None


class MethodIndicator(msgspec.Struct):
    """One indicator or question of a method."""

    method_version: Text
    indicator_code: Text
    indicator_level: Literal["overall", "part", "factor", "item"]
    block: Literal["satisfaction", "perception", "expectation"]
    measure_type: Literal[
        "mean5",
        "mean4",
        "multiple_choice",
        "single_choice",
        "share_single",
        "share_top",
        "yes_no",
        "none",
    ]
    is_asked: bool
    sort_order: Integer
    label_vi: Text
    label_en: Text
    parent_code: str | None = None
    scale_min: Integer | None = None
    scale_max: Integer | None = None
    responsible_vi: str | None = None


class MethodRollup(msgspec.Struct):
    """One component of an indicator and its integer weight in the mean."""

    method_version: Text
    indicator_code: Text
    component_code: Text
    component_weight: Annotated[int, msgspec.Meta(gt=0)]


class IndicatorCrosswalk(msgspec.Struct):
    """What became of an indicator in another method."""

    from_method: Text
    from_code: Text
    to_method: Text
    relation: Literal["same", "reworded", "split", "dropped", "changed_items"]
    to_code: str | None = None
    note: str | None = None


class Round(msgspec.Struct):
    """One survey round."""

    round_code: Text
    round_name_vi: Text
    survey_year: Integer
    unit_key: Text
    method_version: Text
    value_source: Literal["answers", "stated"]
    data_nature: DataNature
    previous_round_code: str | None = None
    planned_form_count: Integer | None = None
    peer_count: Integer | None = None
    note: str | None = None


class StatedFigure(msgspec.Struct):
    """One figure that a document states, with its place there."""

    statement_key: Text
    document: Text
    place: Text
    round_code: Text
    unit_key: Text
    survey_year: Integer
    indicator_code: Text
    measure: Literal["index", "rank", "change", "rank_change", "share", "national_value"]
    stated_value: Decimal
    printed_text: Text


class DossierStatus(msgspec.Struct):
    """One status code of a dossier."""

    status_code: Small
    label_vi: Text
    label_en: Text
    is_ended: bool
    note: str | None = None


class CalendarDay(msgspec.Struct):
    """One day of a working-day calendar."""

    calendar_version: Text
    day_on: date
    is_working_day: bool
    working_day_number: Integer
    note: str | None = None


TABLES: dict[str, type[msgspec.Struct]] = {
    "units": Unit,
    "methods": Method,
    "method_indicators": MethodIndicator,
    "method_rollups": MethodRollup,
    "indicator_crosswalk": IndicatorCrosswalk,
    "rounds": Round,
    "stated_figures": StatedFigure,
    "dossier_statuses": DossierStatus,
    "calendar_days": CalendarDay,
}
