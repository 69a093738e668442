"""What goes wrong with one-stop systems, one class a fault, each seeded and limited.

A fault hits requests of one part of a system: it lets `skip` of them through, then hits `times`
of them, or all until `days` of simulated time have passed. It ends by itself or when the vendor
repairs it (DELETE /faults).
"""

from typing import Annotated

from pydantic import Field

from simulator.faults.content import (
    ChangedCodes,
    ClockSkew,
    LateUpdate,
    NewField,
    RemovedDossiers,
    RenamedField,
    RetypedField,
)
from simulator.faults.paging import (
    MovingPages,
    OverlappingPages,
    ReorderedPages,
    ReorderedRecords,
    RepeatedPage,
)
from simulator.faults.transport import (
    DroppedConnection,
    ExpiredToken,
    MalformedJson,
    ServerError,
    SlowPage,
    SourceDown,
    TooManyRequests,
    TruncatedJson,
)

AnyFault = Annotated[
    TooManyRequests
    | ServerError
    | SlowPage
    | DroppedConnection
    | TruncatedJson
    | MalformedJson
    | RepeatedPage
    | OverlappingPages
    | ReorderedRecords
    | ReorderedPages
    | ClockSkew
    | LateUpdate
    | RenamedField
    | NewField
    | RetypedField
    | ChangedCodes
    | ExpiredToken
    | SourceDown
    | MovingPages
    | RemovedDossiers,
    Field(discriminator="kind"),
]
