"""The world of `make demo`, taken in and built without the scheduler."""

from datetime import datetime
from pathlib import Path

from fastapi.testclient import TestClient
from handover import REFERENCE, load_pending, run_dbt

from simulator.commune_survey import commune_workbook
from simulator.communes import COMMUNE_ROUND
from simulator.one_stop import Settings, create_app
from simulator.reference import ROUND_CODE, write_reference
from simulator.survey import survey_workbook
from sipas.builds import close_build, open_build
from sipas.landing import Incoming, register
from sipas.loading.gate import decide
from sipas.sources.inbox import land_reference, land_surveys


def land_dossiers(connection, landing: Path) -> None:
    """Both systems' pages, as the connector would land them."""
    client = TestClient(create_app(Settings(), "sipas", "secret"))
    for system in ("mot_cua_tinh", "mot_cua_xa"):
        token = client.post(
            f"/systems/{system}/token", json={"username": "sipas", "password": "secret"}
        ).json()["access_token"]
        with Incoming(
            landing, source_code=system, delivery_kind="dossiers", data_nature="simulated"
        ) as incoming:
            page, total = 1, 1
            while page <= total:
                answer = client.get(
                    f"/systems/{system}/dossiers",
                    params={"page": page, "page_size": 1000},
                    headers={"Authorization": f"Bearer {token}"},
                )
                incoming.add(f"page-{page:05d}.json", answer.content)
                page, total = page + 1, answer.json()["total_pages"]
            manifest = incoming.commit(datetime.fromisoformat(answer.json()["as_of"]))
        register(connection, landing, manifest)


def build_the_demo(warehouse) -> None:
    """Reference rows, forms of both rounds, dossiers: landed, loaded, accepted, built."""
    write_reference(warehouse.inbox / "reference" / "simulated")
    for round_code, body in (
        (ROUND_CODE, survey_workbook()),
        (COMMUNE_ROUND, commune_workbook()),
    ):
        path = warehouse.inbox / "surveys" / round_code / "phieu.xlsx"
        path.parent.mkdir(parents=True)
        path.write_bytes(body)
    warehouse.landing.mkdir()
    with warehouse.connect("ingest") as ingest:
        land_reference(ingest, warehouse.landing, REFERENCE, warehouse.inbox)
        for kind in ("reference", "survey_forms", "dossiers"):
            if kind == "survey_forms":
                land_surveys(ingest, warehouse.landing, warehouse.inbox)
            if kind == "dossiers":
                land_dossiers(ingest, warehouse.landing)
            results = load_pending(ingest, warehouse.landing, kind)
            assert {(r.status, r.quarantined_count) for r in results} == {("loaded", 0)}
            assert [reason for _, reason in decide(ingest, kind) if reason] == []
    with warehouse.connect("transform") as transform:
        build_id = open_build(transform, "test")
        run_dbt()
        close_build(transform, build_id, succeeded=True)
