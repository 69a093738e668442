"""The contract of who may approve what."""

from typing import Annotated

import msgspec

from sipas.contracts.field_types import Text


class Approver(msgspec.Struct):
    """One account that may approve the releases of a unit's rounds."""

    # * stands for what belongs to no round: scorecards, statements, targets.
    unit_key: Annotated[str, msgspec.Meta(pattern=r"^(\*|[a-z]+:[A-Za-z0-9.]+@\d{4}-\d{2}-\d{2})$")]
    # The name of the account in Airflow; never a person's name.
    account: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$")]
    position_vi: Text
    note: str | None = None
