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
from sipas.sources.ask import land_news
from sipas.sources.backfill import Act, backfill
from sipas.sources.configuration import HttpSource
from sipas.sources.one_stop_http import watermark
from sipas.sources.reconcile import confirm, reconcile

SYSTEMS = ("mot_cua_tinh", "mot_cua_xa")
TABLES = (
    "raw.dossiers",
    "raw.dossier_removals",
    "pii.applicants",
    "quarantine.records",
    "audit.validations",
    "audit.reconciliations",
    "audit.backfills",
    "audit.batches",
    "audit.deliveries",
)


@dataclass
class Night:
    """What people read in the morning: one line a thing that went wrong; and how far we are."""

    told: list[str] = field(default_factory=list)
    watermarks: dict[str, datetime | None] = field(default_factory=dict)


class Case:
    """A new world and an empty warehouse, and the nights between them."""

    def __init__(
        self,
        warehouse: Warehouse,
        one_stop: OneStop,
        settings: Settings = SMALL,
        changes: dict | None = None,
    ) -> None:
        """`changes` are settings of both entries in the sources file."""
        self.warehouse, self.one_stop = warehouse, one_stop
        one_stop.start(settings)
        empty(warehouse)
        self.configure(changes or {})
        # One connection for what the DAGs' tasks open one each.
        self.asking, self.loading = connect("ingest"), connect("ingest", autocommit=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.asking.close()
        self.loading.close()

    def configure(self, changes: dict, **of_one: dict) -> None:
        """Writes the sources file: `changes` in both entries, `of_one` in that of a system."""
        self.sources = [entry(s, **changes, **of_one.get(s, {})) for s in SYSTEMS]
        path = self.warehouse.folder / "sources.yml"
        entries = [{"kind": "http", **msgspec.to_builtins(source)} for source in self.sources]
        written = {"one_stop": entries, "surveys": {"mapping": "contractor_wide"}}
        path.write_text(yaml.safe_dump(written), encoding="utf8")
        os.environ["SIPAS_SOURCES_FILE"] = str(path)

    def night(self) -> Night:
        """One run of ingest_one_stop, then one of reconcile_one_stop, for every source."""
        night = Night()
        for source in self.sources:
            self._land(source, night)
        self._load(night)
        for source in self.sources:
            self._reconcile(source, night)
        night.watermarks = {s.code: watermark(self.asking, s) for s in self.sources}
        self.asking.commit()
        return night

    def _land(self, source: HttpSource, night: Night) -> None:
        folders = self.warehouse.landing, self.warehouse.inbox
        try:
            land_news(self.asking, *folders, source, self.one_stop.access)
            self.asking.commit()
        except UserError as error:
            self.asking.rollback()
            night.told.append(str(error))

    def _load(self, night: Night) -> None:
        landing = self.warehouse.landing
        register_all(self.loading, landing, "dossiers")
        for manifest in pending_deliveries(self.loading, landing, "dossiers"):
            result = load(self.loading, landing, manifest)
            if result.refusal_reason:
                night.told.append(result.refusal_reason)
        night.told += [
            f"{source_of(self.loading, batch_id)}, batch {batch_id}: {reason}"
            for batch_id, reason in decide(self.loading, "dossiers")
            if reason
        ]

    def _reconcile(self, source: HttpSource, night: Night) -> None:
        access = self.one_stop.access("")
        try:
            days = reconcile(self.asking, self.warehouse.landing, source, access)
            if days:
                self._load(night)
                night.told += map(str, confirm(self.asking, source, access, days))
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
                access = self.one_stop.access("")
                backfill(self.asking, self.warehouse.landing, source, access, act)
        self.asking.commit()
        self._load(Night())

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
