"""The world of the demo among many dossiers, beside a national round, built and published."""

import json

from bench.builds import opened_build, run_dbt
from bench.dossier_builds import tell_the_time
from bench.dossier_records import AGENCY_COUNT, SOURCE_CODE, write_agencies
from bench.dossier_steps import accept_batches
from bench.dossiers import take_in_dossiers
from bench.generate import ROUND, write_round
from simulator.agencies import PROVINCIAL_SYSTEM
from simulator.commune_survey import commune_workbook
from simulator.communes import COMMUNE_ROUND
from simulator.reference import ROUND_CODE, write_reference
from simulator.survey import survey_workbook
from simulator.world import Settings, Window, World
from sipas.database import connect
from sipas.landing import Incoming, register
from sipas.loading.batches import load, pending_deliveries
from sipas.loading.gate import decide
from sipas.local.instance import PROJECT
from sipas.local.scratch import Warehouse
from sipas.release.lifecycle import AUTOMATIC, approve, freeze_candidates, publish
from sipas.sources.inbox import land_reference, land_surveys


def fill(warehouse: Warehouse, dossiers: int, forms: int) -> None:
    """Hands over everything, builds and publishes it; inside `dossier_warehouse`."""
    simulated = warehouse.inbox / "reference" / "simulated"
    write_reference(simulated)
    write_agencies(simulated / "bench-agencies", AGENCY_COUNT)
    write_round(warehouse.inbox, forms)
    for round_code, body in (
        (ROUND_CODE, survey_workbook()),
        (COMMUNE_ROUND, commune_workbook()),
    ):
        path = warehouse.inbox / "surveys" / round_code / "phieu.xlsx"
        path.parent.mkdir(parents=True)
        path.write_bytes(body)
    take_in(warehouse)
    take_in_feedback(warehouse)
    take_in_dossiers(warehouse, dossiers)
    tell_the_time(warehouse)
    release(warehouse)


def take_in(warehouse: Warehouse) -> None:
    """Reference rows and forms: landed, loaded, accepted; raises RuntimeError naming a refusal."""
    with connect("ingest", autocommit=True) as ingest:
        land_reference(ingest, warehouse.landing, PROJECT / "reference", warehouse.inbox)
        for kind in ("reference", "survey_forms"):
            if kind == "survey_forms":
                land_surveys(ingest, warehouse.landing, warehouse.inbox)
            for manifest in list(pending_deliveries(ingest, warehouse.landing, kind)):
                result = load(ingest, warehouse.landing, manifest)
                if result.status != "loaded":
                    raise RuntimeError(f"{manifest.file_name}: {result.refusal_reason}")
            if refused := [reason for _, reason in decide(ingest, kind) if reason]:
                raise RuntimeError(f"{kind} refused: {refused}")


def take_in_feedback(warehouse: Warehouse) -> None:
    """What the simulated provincial system holds of feedback, as one page of it."""
    world = World(Settings())
    changes = world.changes(PROVINCIAL_SYSTEM, "feedback", Window())
    page = {"data": world.records(PROVINCIAL_SYSTEM, changes)}
    with connect("ingest", autocommit=True) as ingest:
        with Incoming(
            warehouse.landing,
            source_code=SOURCE_CODE,
            delivery_kind="feedback",
            data_nature="simulated",
        ) as incoming:
            incoming.add("page-00001.json", json.dumps(page).encode())
            manifest = incoming.commit(watermark=world.clock)
        register(ingest, warehouse.landing, manifest)
        result = load(ingest, warehouse.landing, manifest)
    if result.status != "loaded" or not result.loaded_count:
        raise RuntimeError(f"feedback was not loaded: {result}")
    accept_batches()


def release(warehouse: Warehouse) -> None:
    """One build of everything; every scope frozen, approved and published."""
    with opened_build() as build_id:
        run_dbt("run")
    with connect("release") as connection:
        for release_id in freeze_candidates(connection, build_id):
            approve(connection, release_id, AUTOMATIC)
            publish(connection, release_id)
    with warehouse.connect() as owner:
        (rounds,) = owner.execute(
            "select count(*) from published.criterion_results where round_code = %s", [ROUND]
        ).fetchone()
        if not rounds:
            raise RuntimeError(f"round {ROUND} was not published")
        owner.execute("analyze")
