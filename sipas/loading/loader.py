"""What every loader has: the delivery, its counts, and the way rows enter the database."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from sipas.contracts.rejection import Rejection
from sipas.database import copy_rows
from sipas.landing import Manifest, read_object


class Loader(ABC):
    """Loads one kind of delivery; `sipas.loading.batches` calls prepare, then load."""

    contract_version: str
    mapping_version: str = "none"

    def __init__(self, connection: psycopg.Connection, landing: Path, manifest: Manifest) -> None:
        self.connection = connection
        self.landing = landing
        self.manifest = manifest
        self.received_count = 0
        self.loaded_count = 0
        self.unchanged_count = 0
        self.quarantined_count = 0
        self.rejections: list[Rejection] = []  # not written yet
        self.warnings: list[str] = []  # what its sender should know, although it was taken

    @abstractmethod
    def prepare(self) -> None:
        """Reads what the load needs; raises NotReady or DeliveryRefused."""

    @abstractmethod
    def load(self, batch_id: int) -> None:
        """Copies good records and collects rejections; raises DeliveryRefused."""

    def bodies(self) -> Iterable[tuple[str, bytes]]:
        """Name and bytes of each landed object, hashes checked."""
        for item in self.manifest.objects:
            yield item.name, read_object(self.landing, self.manifest, item)

    def all_records(self) -> Iterator[Any]:
        """Every record as it was sent, in the order of positions; nothing for kinds of delivery
        whose records are no objects with fields of their own. Raises DeliveryRefused."""
        return iter(())

    def quarantine(self, batch_id: int) -> None:
        """Copies the reasons into quarantine.records, one row a field and reason, and forgets
        them; all reasons of a record must be there."""
        unique: dict[tuple, Rejection] = {}
        for item in self.rejections:
            unique.setdefault((item.position, item.field, item.reason_code), item)
        copy_rows(
            self.connection,
            "quarantine",
            "records",
            ("batch_id", "position", "place", "record_code", "field", "reason_code", "reason_vi"),
            (
                (batch_id, r.position, r.place, r.record_code, r.field, r.reason_code, r.reason_vi)
                for r in unique.values()
            ),
        )
        self.quarantined_count += len({item.position for item in self.rejections})
        self.rejections = []
