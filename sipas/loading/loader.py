"""What every loader has: the delivery, its counts, and the way rows enter the database."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path

import psycopg

from sipas.contracts.rejection import Rejection
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
        self.rejections: list[Rejection] = []

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
