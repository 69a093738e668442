"""Nightly runs of the real connector, loader and gate against failing systems."""

import os
import shutil
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Self

import msgspec
import yaml

from bench.faults.oracle import differences
from bench.faults.source import SMALL, OneStop, entry
from simulator.world import Settings
from sipas.database import connect
from sipas.errors import UserError
from sipas.landing import register_all
from sipas.loading.batches import load, pending_deliveries
from sipas.loading.gate import decide
from sipas.local.scratch import Warehouse
from sipas.settings import directory
from sipas.sources.ask import land_news
from sipas.sources.backfill import Act, backfill
from sipas.sources.configuration import HttpSource, read_sources
from sipas.sources.one_stop_http import watermark
from sipas.sources.reconcile import confirm, reconcile
from sipas.sources.session import Access

SYSTEMS = ("mot_cua_tinh", "mot_cua_xa")
TABLES = (
    "raw.dossiers",
    "raw.dossier_removals",
    "pii.applicants",
    "quarantine.records",
    "audit.batch_profiles",
    "audit.validations",
    "audit.reconciliations",
    "audit.backfills",
    "audit.batches",
    "audit.deliveries",
)


@dataclass
class Night:
    """What people read in the morning: one line a thing that went wrong, what was taken although
    it is new, and how far we are."""

    told: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    watermarks: dict[str, datetime | None] = field(default_factory=dict)


class Pipeline:
    """What the tasks of ingest_one_stop and reconcile_one_stop do, with the settings of the
    environment; used as a context manager."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.sources = read_sources().one_stop
        self.landing, self.inbox = directory("SIPAS_LANDING_DIR"), directory("SIPAS_INBOX_DIR")
        # One connection for what the tasks open one each.
        self.asking, self.loading = connect("ingest"), connect("ingest", autocommit=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.asking.close()
        self.loading.close()

    def night(self) -> Night:
        """One run of ingest_one_stop, then one of reconcile_one_stop, for every source."""
        night = Night()
        for source in self.sources:
            self._land(source, night)
        self.load(night)
        for source in self.sources:
            self._reconcile(source, night)
        night.watermarks = {s.code: watermark(self.asking, s) for s in self.sources}
        self.asking.commit()
        return night

    def _land(self, source: HttpSource, night: Night) -> None:
        try:
            land_news(self.asking, self.landing, self.inbox, source, lambda _: self.access)
            self.asking.commit()
        except UserError as error:
            self.asking.rollback()
            night.told.append(str(error))

    def load(self, night: Night) -> None:
        """Loads what is landed and decides it at the gate."""
        register_all(self.loading, self.landing, "dossiers")
        for manifest in pending_deliveries(self.loading, self.landing, "dossiers"):
            result = load(self.loading, self.landing, manifest)
            night.told += [result.refusal_reason] if result.refusal_reason else []
            night.warned += result.warnings
        night.told += [
            f"{source_of(self.loading, batch_id)}, batch {batch_id}: {reason}"
            for batch_id, reason in decide(self.loading, "dossiers")
            if reason
        ]

    def _reconcile(self, source: HttpSource, night: Night) -> None:
        try:
            days = reconcile(self.asking, self.landing, source, self.access)
            if days:
                self.load(night)
                night.told += map(str, confirm(self.asking, source, self.access))
            self.asking.commit()
        except UserError as error:
            self.asking.rollback()
            night.told.append(str(error))

    def fetch_days_of_quarantined(self) -> None:
        """What a person does when the vendor has repaired: asks for the days of all records that
        were quarantined once more."""
        for source in self.sources:
            if days := quarantined_days(self.asking, source):
                act = Act(source.code, min(days), max(days), "tester", "the vendor has repaired")
                backfill(self.asking, self.landing, source, self.access, act)
        self.asking.commit()
        self.load(Night())


class Case:
    """A new world and an empty warehouse, and the nights between them."""

    def __init__(
        self,
        warehouse: Warehouse,
        one_stop: OneStop,
        settings: Settings = SMALL,
        **changes: object,
    ) -> None:
        """`changes` are settings of both entries in the sources file."""
        self.warehouse, self.one_stop = warehouse, one_stop
        one_stop.start(settings)
        empty(warehouse)
        self.configure(**changes)

    def configure(self, **changes: object) -> None:
        """Writes the sources file; `changes` are settings of both entries."""
        path = self.warehouse.folder / "sources.yml"
        entries = [msgspec.to_builtins(entry(system, **changes)) for system in SYSTEMS]
        written = {"one_stop": entries, "surveys": {"mapping": "contractor_wide"}}
        path.write_text(yaml.safe_dump(written), encoding="utf8")
        os.environ["SIPAS_SOURCES_FILE"] = str(path)

    def night(self) -> Night:
        """One night of all sources."""
        with Pipeline(self.one_stop.access) as pipeline:
            return pipeline.night()

    def fetch_days_of_quarantined(self) -> None:
        """See Pipeline."""
        with Pipeline(self.one_stop.access) as pipeline:
            pipeline.fetch_days_of_quarantined()

    def differences(self) -> list[str]:
        """Whatever the warehouse holds otherwise than the sources."""
        key = os.environ["SIPAS_HASH_KEY"].encode()
        with self.warehouse.connect() as connection:
            return list(
                chain.from_iterable(
                    differences(connection, self.one_stop.world, system, key) for system in SYSTEMS
                )
            )

    def quarantined(self) -> list[tuple[str, str]]:
        """Field and reason code of what was quarantined, once each."""
        return self.warehouse.rows(
            "select field, reason_code from quarantine.records group by 1, 2 order by 1, 2"
        )


def source_of(connection, batch_id: int) -> str:
    """The source of a batch."""
    return connection.execute(
        "select source_code from audit.deliveries inner join audit.batches using (delivery_id) "
        "where batch_id = %s",
        [batch_id],
    ).fetchone()[0]


def quarantined_days(connection, source: HttpSource) -> list[date]:
    """The days of filing in the codes of a source's quarantined dossiers."""
    rows = connection.execute(
        """
        select records.record_code
        from quarantine.records as records
        inner join audit.batches as batches using (batch_id)
        inner join audit.deliveries as deliveries using (delivery_id)
        where deliveries.source_code = %s and records.record_code is not null
        group by records.record_code
        """,
        [source.code],
    )
    return [datetime.strptime(code.split("-")[1], "%y%m%d").date() for (code,) in rows]


def empty(warehouse: Warehouse) -> None:
    """Nothing was ever received: no delivery, no row, no file. (`truncate` takes longer than a
    night for tables as small as these.)"""
    with warehouse.connect() as connection, connection.transaction():
        for table in TABLES:
            connection.execute(f"delete from {table}")  # noqa: S608 - names of our own
    for folder in (warehouse.landing, warehouse.inbox):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
