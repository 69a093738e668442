"""The contracts of rules about feedback, and of who may read what only an agency's head may."""

from datetime import date
from typing import Annotated

import msgspec

from sipas.contracts.field_types import Text

WorkingDays = Annotated[int, msgspec.Meta(ge=0, le=366)]


class FeedbackRule(msgspec.Struct):
    """One version of the deadlines of feedback, in working days; in force until the next one."""

    rule_version: Text
    valid_from: date
    refuse_working_days: WorkingDays
    ask_more_working_days: WorkingDays
    answer_working_days: WorkingDays
    publish_working_days: WorkingDays
    label_vi: Text
    note: str | None = None


class AgencyHead(msgspec.Struct):
    """One database role by which the head of an agency reads who handles late dossiers."""

    # Never a role of the pipeline or of the dashboards.
    role_name: Annotated[str, msgspec.Meta(pattern=r"^head_[a-z0-9_]{1,58}$")]
    agency_code: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.]+$")]
    note: str | None = None
