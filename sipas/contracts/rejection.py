"""Why a record or a whole delivery is not taken, in words for the person who sent it."""

from dataclasses import dataclass

from sipas.errors import UserError


@dataclass(frozen=True)
class Rejection:
    """One reason why one record goes to quarantine; never holds a value of personal data."""

    position: int  # 1-based over the whole delivery
    place: str  # where its sender finds it: file and row, or page and record
    record_code: str | None
    field: str
    reason_code: str
    reason_vi: str


class DeliveryRefused(Exception):
    """The delivery cannot be taken as a whole; the text names file, field and what to do."""


class NotReady(UserError):
    """Something that must be loaded first is not there yet; the delivery stays untouched."""
