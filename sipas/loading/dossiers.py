"""Loads pages of dossiers: every new version is kept, repeats are counted, persons split off."""

import json

import msgspec

from sipas.contracts import dossier as contract
from sipas.contracts.dossier import Accepted, Dossier
from sipas.contracts.mapping import load_mapping
from sipas.contracts.rejection import DeliveryRefused, NotReady, Rejection
from sipas.database import copy_rows
from sipas.loading.loader import Loader
from sipas.settings import required
from sipas.sources.configuration import source_by_code

DOSSIER_COLUMNS = tuple(field.name for field in msgspec.structs.fields(Dossier))
OWN_COLUMNS = ("batch_id", "position", "source_code", "record_sha256", "handler_hash", "extra")
APPLICANT_COLUMNS = (
    "agency_code",
    "dossier_code",
    "batch_id",
    "position",
    "full_name",
    "phone",
)


class DossierLoader(Loader):
    """One batch of raw.dossiers and pii.applicants."""

    contract_version = contract.CONTRACT_VERSION

    def prepare(self) -> None:
        source = source_by_code(self.manifest.source_code)
        if source is None:
            raise NotReady(
                f"The source {self.manifest.source_code} is no longer configured, and a delivery "
                "of it waits to be loaded: add it to the sources file again."
            )
        self.mapping = load_mapping(source.mapping)
        self.mapping_version = self.mapping.label

    def load(self, batch_id: int) -> None:
        hash_key = required("SIPAS_HASH_KEY").encode()
        accepted: list[Accepted] = []
        for name, body in self.bodies():
            for number, record in enumerate(self.records(name, body), start=1):
                self.received_count += 1
                place = f"{name}, bản ghi {number}"
                result = contract.read_record(
                    record, self.mapping, self.received_count, place, hash_key
                )
                if isinstance(result, Rejection):
                    self.rejections.append(result)
                else:
                    accepted.append(result)
        self.copy(batch_id, accepted)

    def records(self, name: str, body: bytes) -> list:
        """The records of one page; raises DeliveryRefused when the page is not one."""
        try:
            page = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DeliveryRefused(
                f"{self.manifest.source_code}, {name}: không phải JSON hợp lệ ({error}). "
                "Đề nghị hệ thống nguồn gửi lại."
            ) from error
        if not isinstance(page, dict) or not isinstance(page.get("data"), list):
            raise DeliveryRefused(
                f"{self.manifest.source_code}, {name}: thiếu danh sách «data». "
                "Đề nghị hệ thống nguồn kiểm tra giao diện."
            )
        return page["data"]

    def copy(self, batch_id: int, accepted: list[Accepted]) -> None:
        """Copies through a temporary table, so that versions known already are not stored."""
        self.connection.execute(
            "create temporary table incoming (like raw.dossiers including defaults) on commit drop"
        )
        columns = (*DOSSIER_COLUMNS, *OWN_COLUMNS)
        copy_rows(
            self.connection,
            "pg_temp",
            "incoming",
            columns,
            (self.row(batch_id, item) for item in accepted),
        )
        names = ", ".join(columns)
        loaded = self.connection.execute(
            f"""
            insert into raw.dossiers ({names})
            select {names} from (
                select incoming.*, row_number() over (
                    partition by agency_code, dossier_code, record_sha256 order by position
                ) as repeat_number
                from incoming
            ) as numbered
            where repeat_number = 1
            and not exists (
                select from raw.dossiers as known
                inner join audit.batches as batches using (batch_id)
                where known.agency_code = numbered.agency_code
                and known.dossier_code = numbered.dossier_code
                and known.record_sha256 = numbered.record_sha256
                and batches.status = 'accepted'
            )
            returning position
            """  # noqa: S608 - column names of our own Struct
        ).fetchall()
        kept = {position for (position,) in loaded}
        self.loaded_count = len(kept)
        self.unchanged_count = len(accepted) - len(kept)
        copy_rows(
            self.connection,
            "pii",
            "applicants",
            APPLICANT_COLUMNS,
            (
                (
                    item.dossier.agency_code,
                    item.dossier.dossier_code,
                    batch_id,
                    item.position,
                    item.applicant_name,
                    item.applicant_phone,
                )
                for item in accepted
                if item.position in kept
            ),
        )

    def row(self, batch_id: int, item: Accepted) -> tuple:
        """The values of one row in the order of the columns."""
        values = msgspec.structs.asdict(item.dossier)
        for name in ("supplements", "apologies"):
            values[name] = json.dumps(msgspec.to_builtins(values[name]))
        return (
            *values.values(),
            batch_id,
            item.position,
            self.manifest.source_code,
            item.record_sha256,
            item.handler_hash,
            item.extra or None,
        )
