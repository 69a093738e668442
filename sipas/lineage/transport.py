"""The OpenLineage transport of this warehouse: events go into audit.lineage_events, and on.

Airflow's configuration names it (`sipas/local/environment.py`, or `[openlineage] transport`):

    {"type": "sipas.lineage.transport.WarehouseTransport", "onward": {"ours": {"type": "http", …}}}

Lineage never fails a run: what the database does not take is kept in a folder and taken in with a
later event; a backend of somebody else's that is down is a warning in the log, and is not asked
again for some minutes, since each try may last seconds.
"""

import logging
import time
from typing import Any

import attr
from openlineage.client.serde import Serde
from openlineage.client.transport import get_default_factory
from openlineage.client.transport.transport import Config, Transport

from sipas.lineage import store
from sipas.lineage.discretion import without_what_nobody_needs
from sipas.settings import directory

log = logging.getLogger(__name__)

REST_SECONDS = 300


@attr.define
class WarehouseConfig(Config):
    """`onward`: transports of other backends by name, each as OpenLineage configures it."""

    onward: dict[str, dict[str, Any]] = attr.field(factory=dict)

    @classmethod
    def from_dict(cls, params: dict[str, Any]) -> "WarehouseConfig":
        """Reads the part of the configuration that is ours."""
        return cls(onward=params.get("onward") or {})


class WarehouseTransport(Transport):
    """Keeps every event, freed of what may hold data of people, and hands it on."""

    kind = "warehouse"
    config_class = WarehouseConfig

    def __init__(self, config: WarehouseConfig) -> None:
        self.onward = {
            name: get_default_factory().create({**settings, "name": name})
            for name, settings in config.onward.items()
        }
        self.resting_until: dict[str, float] = {}

    def emit(self, event: Any) -> None:
        """Stores the event, or sets it aside, and hands it on; never raises."""
        try:
            discreet = without_what_nobody_needs(event)
            store.keep(Serde.to_json(discreet), directory(store.FOLDER_SETTING))
        except Exception:  # lineage never fails a run
            log.exception("A lineage event is lost: neither the database nor the folder took it")
            return
        for name in self.onward:
            self.hand_on(name, discreet)

    def hand_on(self, name: str, event: Any) -> None:
        """Gives an event to the backend `name` unless it rests."""
        if time.monotonic() < self.resting_until.get(name, 0):
            return
        try:
            self.onward[name].emit(event)
        except Exception:  # somebody else's backend
            self.resting_until[name] = time.monotonic() + REST_SECONDS
            log.warning(
                "The backend '%s' took no lineage event and is left alone for %d seconds; "
                "audit.lineage_events has what it misses",
                *(name, REST_SECONDS),
                exc_info=True,
            )

    def close(self, timeout: float = -1) -> bool:
        """Whether every backend was done within `timeout` seconds."""
        return all([transport.close(timeout) for transport in self.onward.values()])
