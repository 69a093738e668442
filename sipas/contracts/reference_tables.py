"""The contracts of reference tables: one Struct a table, its fields the table's columns."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from sipas.contracts.field_types import Integer, Positive, Text
from sipas.contracts.improvement_tables import (
    CriterionNote,
    ImprovementTask,
    PeriodicReport,
    ReportObligation,
    Target,
    TaskReport,
    UnitSuccession,
)
from sipas.contracts.one_stop_tables import AgencyHead, FeedbackRule
from sipas.contracts.quarantine_tables import QuarantineReason, SourceOwner
from sipas.contracts.release_tables import Approver
from sipas.contracts.stated_tables import StatedCheck, StatedCheckOperand, StatedFigure

CONTRACT_VERSION = "reference@1"

UnitLevel = Literal["country", "province", "agency", "district", "commune", "village", "desk"]
# Scores as in «1 2 3».
Scores = Annotated[str, msgspec.Meta(pattern=r"^[0-9]+( [0-9]+)*$")]
DataNature = Literal["real", "simulated"]
Digits = Annotated[int, msgspec.Meta(ge=0, le=6)]
Rounding = Literal["half_up", "truncate"]
Population = Literal["households", "service_users"]
Block = Literal["satisfaction", "perception", "expectation"]
# mean5 = mean score of a scale whose best answer is 5, as a share of it.
MeasureType = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(mean[1-9][0-9]?|multiple_choice|single_choice|share_single|share_top2?|yes_no"
        r"|count|category|none)$"
    ),
]
# Each at most once, as in «processed returned refused status».
EndMoments = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(?!.*\b(\w+)\b.*\b\1\b)(processed|returned|refused|status)"
        r"( (processed|returned|refused|status)){0,3}$"
    ),
]
Small = Annotated[int, msgspec.Meta(ge=0, le=32767)]


class Unit(msgspec.Struct):
    """One version of an administrative unit or agency."""

    unit_key: Annotated[str, msgspec.Meta(pattern=r"^[a-z]+:[A-Za-z0-9.]+@\d{4}-\d{2}-\d{2}$")]
    unit_code: Annotated[str, msgspec.Meta(pattern=r"^[a-z]+:[A-Za-z0-9.]+$")]
    unit_name: Text
    unit_level: UnitLevel
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
    rounding: Rounding
    rounding_digits: Digits
    missing_child_rule: Literal["null", "renormalise", "keep_in_maximum"]
    instrument: Literal["sipas", "commune_score", "sector", "panel"] = "sipas"
    is_computable: bool = True
    population: Population | None = None
    decision: str | None = None
    valid_to_year: Integer | None = None
    note: str | None = None


class MethodRounding(msgspec.Struct):
    """How one kind of figure is rounded where it differs from the method's rule."""

    method_version: Text
    figure: Literal["index", "share", "count", "score", "desk_rate"]
    rounding: Rounding
    rounding_digits: Digits


class MethodScale(msgspec.Struct):
    """One answer of a scale, with its words."""

    method_version: Text
    scale_code: Text
    score: Integer
    label_vi: Text
    label_en: Text
    note: str | None = None


class MethodSkipRule(msgspec.Struct):
    """An item that is asked only after certain answers to another one."""

    method_version: Text
    item_code: Text
    depends_on_code: Text
    asked_when_scores: Scores
    note: str | None = None


class MethodIndicator(msgspec.Struct):
    """One indicator or question of a method."""

    method_version: Text
    indicator_code: Text
    indicator_level: Literal["overall", "part", "factor", "item"]
    block: Block
    measure_type: MeasureType
    is_asked: bool
    sort_order: Integer
    label_vi: Text
    label_en: Text
    parent_code: str | None = None
    scale_min: Integer | None = None
    scale_max: Integer | None = None
    scale_code: str | None = None
    responsible_vi: str | None = None
    note: str | None = None


class MethodRollup(msgspec.Struct):
    """One component of an indicator; its coefficient is component_weight / weight_total."""

    method_version: Text
    indicator_code: Text
    component_code: Text
    component_weight: Positive
    weight_total: Positive


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
    round_kind: Literal["official", "agency", "continuous", "panel"] = "official"
    previous_round_code: str | None = None
    planned_form_count: Integer | None = None
    peer_count: Integer | None = None
    population: Population | None = None
    issued_by_vi: str | None = None
    mapping: str | None = None
    started_on: date | None = None
    ended_on: date | None = None
    note: str | None = None


class RoundItem(msgspec.Struct):
    """An agency's own question beside the method of its round."""

    round_code: Text
    indicator_code: Annotated[str, msgspec.Meta(pattern=r"^X[0-9]+(\.[0-9]+)*$")]
    block: Block
    measure_type: MeasureType
    sort_order: Integer
    label_vi: Text
    label_en: Text
    scale_min: Integer | None = None
    scale_max: Integer | None = None
    scale_code: str | None = None


class RoundVariant(msgspec.Struct):
    """A second reckoning of a round beside the official one."""

    round_code: Text
    variant_code: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]+$")]
    label_vi: Text
    label_en: Text
    method_version: Text
    weighting: Literal["unweighted", "weighted"]
    is_recheck_failure_excluded: bool
    previous_round_code: str | None = None
    previous_variant_code: str | None = None
    note: str | None = None


class SamplingPoint(msgspec.Struct):
    """Where forms of a round were collected: villages, or a one-stop desk."""

    round_code: Text
    sampling_point_code: Text
    point_name_vi: Text
    unit_key: Text
    planned_form_count: Integer | None = None
    note: str | None = None


class SamplingDesign(msgspec.Struct):
    """What was drawn below the units of one level."""

    round_code: Text
    unit_level: UnitLevel
    psu_level: Literal["agency", "district", "commune", "village", "desk", "point", "form"]
    has_breakdowns: bool
    stratum_level: (
        Literal["province", "agency", "district", "commune", "village", "desk"] | None
    ) = None
    note: str | None = None


class SamplingFrame(msgspec.Struct):
    """How many primary sampling units a stratum of a unit has to draw from."""

    round_code: Text
    unit_key: Text
    stratum_unit_key: Text
    psu_population: Positive


class TQuantile(msgspec.Struct):
    """The 97.5 % quantile of Student's distribution."""

    degrees_of_freedom: Positive
    t_975: Decimal


class PointRule(msgspec.Struct):
    """Points of an indicator: maximum × index ÷ 100."""

    rule_code: Text
    purpose: Literal["commune_score", "reform_index"]
    method_version: Text
    indicator_code: Text
    max_points: Decimal
    rounding: Rounding
    rounding_digits: Digits
    label_vi: Text
    document: str | None = None
    place: str | None = None
    note: str | None = None


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


class OnTimeRule(msgspec.Struct):
    """One version of the rule that says when a dossier is on time.

    `end_moments` are tried in order: the end is the first that is known. More requests for
    supplements than `most_supplement_requests` make an ended dossier late (empty: no limit).
    """

    rule_version: Text
    label_vi: Text
    end_moments: EndMoments
    compares: Literal["moment", "day"]
    pauses_count: bool
    without_appointment: Literal["procedure_limit", "never_late"]
    source_note: Text
    most_supplement_requests: Small | None = None


class OnTimeRuleUse(msgspec.Struct):
    """From when on dossiers of everybody, a source or an agency are judged by a rule version."""

    applies_to: Annotated[
        str, msgspec.Meta(pattern=r"^(\*|source:[a-z0-9_]+|agency:[A-Za-z0-9]+(\.[A-Za-z0-9]+)*)$")
    ]
    rule_version: Text
    valid_from: date
    note: str | None = None


class FieldArea(msgspec.Struct):
    """A field that belongs to one of the areas with targets of their own."""

    field_code: Text
    field_area: Literal["land", "construction", "investment"]
    note: str | None = None


class ProcedureGroup(msgspec.Struct):
    """The group that a procedure is counted in."""

    procedure_code: Text
    procedure_group: Text
    label_vi: Text
    note: str | None = None


TABLES: dict[str, type[msgspec.Struct]] = {
    "units": Unit,
    "methods": Method,
    "method_indicators": MethodIndicator,
    "method_rollups": MethodRollup,
    "method_roundings": MethodRounding,
    "method_scales": MethodScale,
    "method_skip_rules": MethodSkipRule,
    "indicator_crosswalk": IndicatorCrosswalk,
    "rounds": Round,
    "round_items": RoundItem,
    "round_variants": RoundVariant,
    "sampling_points": SamplingPoint,
    "sampling_designs": SamplingDesign,
    "sampling_frames": SamplingFrame,
    "t_quantiles": TQuantile,
    "point_rules": PointRule,
    "targets": Target,
    "improvement_tasks": ImprovementTask,
    "task_reports": TaskReport,
    "criterion_notes": CriterionNote,
    "report_obligations": ReportObligation,
    "periodic_reports": PeriodicReport,
    "unit_successions": UnitSuccession,
    "stated_figures": StatedFigure,
    "stated_checks": StatedCheck,
    "stated_check_operands": StatedCheckOperand,
    "source_owners": SourceOwner,
    "quarantine_reasons": QuarantineReason,
    "dossier_statuses": DossierStatus,
    "calendar_days": CalendarDay,
    "feedback_rules": FeedbackRule,
    "agency_heads": AgencyHead,
    "on_time_rules": OnTimeRule,
    "on_time_rule_uses": OnTimeRuleUse,
    "field_areas": FieldArea,
    "procedure_groups": ProcedureGroup,
    "approvers": Approver,
}
