"""The contracts of targets, tasks, notes and reports: one Struct a table of schema reference."""

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from sipas.contracts.field_types import Integer, Text


class Target(msgspec.Struct):
    """What a document wants an indicator to reach, and by which method it was set."""

    target_code: Text
    document: Text
    place: Text
    indicator_code: Text
    measure: Literal["index", "rank", "rate"]
    comparison: Literal["at_least", "at_most"]
    target_value: Decimal
    set_on: date
    target_year: Integer
    scope_vi: Text
    printed_text: Text
    unit_key: str | None = None
    method_version: str | None = None
    breakdown: Text = "all"
    breakdown_value: Text = "all"
    note: str | None = None

    def __post_init__(self) -> None:
        if (self.method_version is None) != (self.measure == "rate"):
            raise ValueError("method_version: index và rank phải ghi phương pháp, rate để trống")
        if self.set_on.year > self.target_year:
            raise ValueError("target_year: năm phải đạt trước ngày đặt chỉ tiêu (set_on)")


class ImprovementTask(msgspec.Struct):
    """One task that a document gives to agencies."""

    task_code: Text
    document: Text
    place: Text
    group_vi: Text
    sort_order: Integer
    plan_year: Integer
    task_vi: Text
    lead_vi: Text
    unit_key: str | None = None
    method_version: str | None = None
    indicator_code: str | None = None
    cooperating_vi: str | None = None
    time_vi: str | None = None
    due_on: date | None = None
    product_vi: str | None = None
    numeric_target: Decimal | None = None
    numeric_target_unit: str | None = None
    note: str | None = None


class TaskReport(msgspec.Struct):
    """What an agency reported of a task on one day."""

    task_code: Text
    reported_on: date
    status: Literal["not_started", "in_progress", "done", "cancelled"]
    reported_by_vi: Text
    progress_rate: Decimal | None = None
    product_vi: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        rate = self.progress_rate
        if rate is not None and not (rate.is_finite() and 0 <= rate <= 1):
            raise ValueError("progress_rate: tiến độ phải từ 0 đến 1")


class CriterionNote(msgspec.Struct):
    """A weakness, cause or solution that a document gives for a criterion of a unit."""

    note_key: Text
    document: Text
    place: Text
    unit_key: Text
    method_version: Text
    indicator_code: Text
    kind: Literal["weakness", "cause", "solution"]
    text_vi: Text
    round_code: str | None = None


class ReportObligation(msgspec.Struct):
    """A report that a document asks of agencies; without a date where it gives none."""

    obligation_code: Text
    document: Text
    place: Text
    agencies_vi: Text
    period_vi: Text
    content_vi: Text
    unit_key: str | None = None
    recipient_vi: str | None = None
    due_on: date | None = None
    note: str | None = None


class PeriodicReport(msgspec.Struct):
    """One agency that owes a report, and when it came; no date = nothing came."""

    obligation_code: Text
    agency_vi: Text
    unit_key: str | None = None
    due_on: date | None = None
    received_on: date | None = None
    note: str | None = None


class UnitSuccession(msgspec.Struct):
    """What became of a version of a unit."""

    from_unit_key: Text
    to_unit_key: Text
    relation: Literal["renamed", "merged", "split"]
    changed_on: date
    note: str | None = None
