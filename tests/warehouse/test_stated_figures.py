"""What documents state, against answers, against itself and against rules."""

import handover
import pytest

from simulator.reference import write_reference
from simulator.survey import survey_workbook
from sipas.builds import close_build, open_build
from sipas.loading.gate import decide
from sipas.sources.inbox import land_surveys


@pytest.fixture(scope="module")
def built(warehouse):
    """Reference rows and the 558 simulated forms: landed, loaded, accepted, built."""
    write_reference(warehouse.inbox / "reference" / "simulated")
    workbook = warehouse.inbox / "surveys" / "hue-2023-sim" / "phieu.xlsx"
    workbook.parent.mkdir(parents=True)
    workbook.write_bytes(survey_workbook())
    warehouse.landing.mkdir()
    with warehouse.connect("ingest") as ingest:
        for result in handover.take_in_reference(ingest, warehouse):
            assert result.status == "loaded"
        land_surveys(ingest, warehouse.landing, warehouse.inbox)
        handover.load_pending(ingest, warehouse.landing, "survey_forms")
        assert all(reason is None for _, reason in decide(ingest, "survey_forms"))
    with warehouse.connect("transform") as transform:
        build_id = open_build(transform, "test")
        handover.run_dbt(warehouse)
        close_build(transform, build_id, succeeded=True)
    return warehouse
