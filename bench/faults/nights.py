"""Nightly runs of the real connector, loader and gate against failing systems."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain

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


@dataclass
class Night:
    """What people read in the morning: one line a thing that went wrong; and how far we are."""

    told: list[str] = field(default_factory=list)
    watermarks: dict[str, datetime | None] = field(default_factory=dict)


class Case:
    """A new world and an empty warehouse, and the nights between them."""

    def __init__(
        self, warehouse: Warehouse, one_stop: OneStop, settings: Settings = SMALL, **entries: dict
    ) -> None:
        """`entries` changes the entries of the sources file, by system."""
        self.warehouse, self.one_stop = warehouse, one_stop
        self.sources = [entry(system, **entries.get(system, {})) for system in SYSTEMS]
        one_stop.start(settings)
        empty(warehouse)
        path = warehouse.folder / "sources.yml"
        written = [
            {"kind": "http"} | msgspec.to_builtins(source) | {"kind": "http"}
            for source in self.sources
        ]
        path.write_text(
            yaml.safe_dump({"one_stop": written, "surveys": {"mapping": "contractor_wide"}}),
            encoding="utf8",
        )
        os.environ["SIPAS_SOURCES_FILE"] = str(path)

    def night(self) -> Night:
        """One run of ingest_one_stop, then one of reconcile_one_stop, for every source."""
        night = Night()
        for source in self.sources:
            self._land(source, night)
        self._load(night)
        for source in self.sources:
            self._reconcile(source, night)
        with connect("ingest") as connection:
            night.watermarks = {s.code: watermark(connection, s) for s in self.sources}
        return night

    def _land(self, source: HttpSource, night: Night) -> None:
        try:
            with connect("ingest") as connection:
                folders = self.warehouse.landing, self.warehouse.inbox
                land_news(connection, *folders, source, self.one_stop.access)
        except UserError as error:
            night.told.append(str(error))

    def _load(self, night: Night) -> None:
        landing = self.warehouse.landing
        with connect("ingest", autocommit=True) as connection:
            register_all(connection, landing, "dossiers")
            for manifest in pending_deliveries(connection, landing, "dossiers"):
                result = load(connection, landing, manifest)
                if result.refusal_reason:
                    night.told.append(result.refusal_reason)
            decided = decide(connection, "dossiers")
        night.told += [reason for _, reason in decided if reason]

    def _reconcile(self, source: HttpSource, night: Night) -> None:
        landing = self.warehouse.landing
        try:
            with connect("ingest") as connection:
                days = reconcile(connection, landing, source, self.one_stop.access(""))
            if not days:
                return
            self._load(night)
            with connect("ingest") as connection:
                left = confirm(connection, source, self.one_stop.access(""), days)
            night.told += map(str, left)
        except UserError as error:
            night.told.append(str(error))

    def fetch_days_of_quarantined(self) -> None:
        """What a person does when the vendor has repaired: asks for the days of all records that
        were quarantined once more."""
        with connect("ingest") as connection:
            for source in self.sources:
                days = quarantined_days(connection, source)
                if not days:
                    continue
                act = Act(source.code, min(days), max(days), "tester", "the vendor has repaired")
                access = self.one_stop.access("")
                backfill(connection, self.warehouse.landing, source, access, act)
        self._load(Night())

    def differences(self) -> list[str]:
        """Whatever the warehouse holds otherwise than the sources."""
        key = os.environ["SIPAS_HASH_KEY"].encode()
        with self.warehouse.connect() as connection:
            return list(
                chain.from_iterable(
                    differences(connection, self.one_stop.world, system, key)
                    for system in SYSTEMS
                )
            )

    def quarantined(self) -> list[tuple[str, str]]:
        """Field and reason code of what was quarantined, once each."""
        return self.warehouse.rows(
            "select field, reason_code from quarantine.records group by 1, 2 order by 1, 2"
        )


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
    """Nothing was ever received: no delivery, no row, no file."""
    with warehouse.connect() as connection:
        connection.execute("truncate audit.deliveries cascade")
    for folder in (warehouse.landing, warehouse.inbox):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
