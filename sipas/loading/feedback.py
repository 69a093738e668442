"""Loads pages of feedback: every new version is kept, repeats are counted, persons are dropped."""

from collections.abc import Iterator
from typing import Any

import msgspec

from sipas.contracts import feedback as contract
from sipas.contracts.feedback import Accepted, Feedback
from sipas.contracts.rejection import NotReady, Rejection
from sipas.database import copy_rows
from sipas.loading.dossier_files import read_data
from sipas.loading.loader import Loader
from sipas.settings import required
from sipas.sources.configuration import source_by_code

COLUMNS = (
    *(field.name for field in msgspec.structs.fields(Feedback)),
    "batch_id",
    "position",
    "source_code",
    "record_sha256",
    "handler_hash",
    "extra",
)


class FeedbackLoader(Loader):
    """One batch of raw.feedback; some thousands of records a year and agency, held in memory."""

    contract_version = contract.CONTRACT_VERSION

    def prepare(self) -> None:
        source = source_by_code(self.manifest.source_code)
        if source is None:
            raise NotReady(
                f"The source {self.manifest.source_code} is no longer configured, and a delivery "
                "of it waits to be loaded: add it to the sources file again."
            )
        self.mapping = contract.load_mapping(source.mapping)
        self.mapping_version = self.mapping.label

    def load(self, batch_id: int) -> None:
        hash_key = required("SIPAS_HASH_KEY").encode()
        accepted: list[Accepted] = []
        for name, body in self.bodies():
            records = read_data(self.manifest.source_code, name, body)
            for number, record in enumerate(records, start=1):
                self.received_count += 1
                place = f"{name}, bản ghi {number}"
                result = contract.read_record(
                    record, self.mapping, self.received_count, place, hash_key
                )
                if isinstance(result, Rejection):
                    self.rejections.append(result)
                else:
                    accepted.append(result)
        self.loaded_count = self.copy(batch_id, accepted)
        self.unchanged_count = len(accepted) - self.loaded_count

    def all_records(self) -> Iterator[Any]:
        """Every record as it was sent, in the order of positions."""
        for name, body in self.bodies():
            yield from read_data(self.manifest.source_code, name, body)

    def copy(self, batch_id: int, accepted: list[Accepted]) -> int:
        """Copies through a temporary table, so that versions known already are not stored;
        returns how many were new."""
        self.connection.execute(
            "create temporary table incoming_feedback (like raw.feedback) on commit drop"
        )
        rows = (self.row(batch_id, item) for item in accepted)
        copy_rows(self.connection, "pg_temp", "incoming_feedback", COLUMNS, rows)
        return self.connection.execute(
            """
            insert into raw.feedback
            select distinct on (agency_code, feedback_code, record_sha256) incoming.*
            from incoming_feedback as incoming
            where not exists (
                select from raw.feedback as known
                inner join audit.batches as batches using (batch_id)
                where known.agency_code = incoming.agency_code
                and known.feedback_code = incoming.feedback_code
                and known.record_sha256 = incoming.record_sha256
                and batches.status = 'accepted'
                -- What only a superseded load of a delivery tells is not known.
                and not exists (
                    select from audit.batches as newer
                    where newer.delivery_id = batches.delivery_id
                    and newer.status = 'accepted'
                    and newer.batch_id > batches.batch_id
                )
            )
            order by agency_code, feedback_code, record_sha256, position
            """
        ).rowcount

    def row(self, batch_id: int, item: Accepted) -> tuple:
        """The values of one row in the order of COLUMNS."""
        return (
            *msgspec.structs.astuple(item.feedback),
            batch_id,
            item.position,
            self.manifest.source_code,
            item.record_sha256,
            item.handler_hash,
            item.extra or None,
        )
