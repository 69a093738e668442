"""The contracts of the tables about rejected records: who mends them, and what to do."""

import re
from typing import Annotated

import msgspec

from sipas.contracts.field_types import Text


class SourceOwner(msgspec.Struct):
    """The department that answers for what a source, or one agency of it, sends."""

    source_code: Text
    # As in dossier codes; * stands for every other agency of the source.
    agency_code: Annotated[str, msgspec.Meta(pattern=r"^(\*|[A-Za-z0-9.]+)$")]
    owner_vi: Text
    contact_channel: Text
    note: str | None = None

    def __post_init__(self) -> None:
        if re.search(r"@|[0-9]{7}", self.contact_channel):
            raise ValueError(
                "contact_channel: ghi kênh của đơn vị, không ghi thư điện tử hay số điện thoại"
            )


class QuarantineReason(msgspec.Struct):
    """What a reason code means and what its sender does about it."""

    reason_code: Text
    label_vi: Text
    to_do_vi: Text
