"""The alerts file of a province: who is told of what, by e-mail or webhook.

A file beside the sources file and no reference rows: rows are kept for ever and read by many, and
an address is neither figure nor method.
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import yaml

from sipas.alerts.facts import Fact
from sipas.errors import UserError
from sipas.settings import required

Text = Annotated[str, msgspec.Meta(min_length=1)]
Kind = Literal[
    "failure",
    "gate_failure",
    "refused_delivery",
    "stale_source",
    "approval_waiting",
    "report_overdue",
]


class Recipient(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is told, by what, and of what; without `kinds` or `owners`: of all of them."""

    name: Text
    email: Annotated[str, msgspec.Meta(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    webhook: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$")] | None = None
    kinds: list[Kind] | None = None
    owners: list[Text] | None = None

    def __post_init__(self) -> None:
        if (self.email is None) == (self.webhook is None):
            raise ValueError("name either `email` or `webhook` (an Airflow connection)")

    def wants(self, fact: Fact) -> bool:
        """Whether the recipient asked for this kind and owner."""
        return (self.kinds is None or fact.kind in self.kinds) and (
            self.owners is None or fact.owner_vi in self.owners
        )


class AlertsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    recipients: list[Recipient]


def read_recipients() -> list[Recipient]:
    """The recipients of the file named by SIPAS_ALERTS_FILE; raises UserError naming the field."""
    path = Path(required("SIPAS_ALERTS_FILE"))
    try:
        told = msgspec.convert(yaml.safe_load(path.read_text(encoding="utf8")), AlertsFile)
    except (msgspec.ValidationError, yaml.YAMLError) as error:
        raise UserError(f"The alerts file {path} is wrong: {error}") from error
    except FileNotFoundError:
        raise UserError(f"The alerts file {path} is missing.") from None
    names = [recipient.name for recipient in told.recipients]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise UserError(f"The alerts file {path} names {', '.join(sorted(doubled))} twice.")
    return told.recipients
