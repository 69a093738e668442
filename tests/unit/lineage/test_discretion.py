"""What a lineage event does not carry."""

import json

import pytest
from openlineage.client.event_v2 import Job, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    RunFacet,
    error_message_run,
    source_code_job,
    sql_job,
)
from openlineage.client.serde import Serde

from sipas.lineage.discretion import NO_MESSAGE, without_what_nobody_needs

PERSON = "Nguyễn Văn Thử 0905000001"


@pytest.fixture
def event() -> RunEvent:
    """A failed task: the database quoted the row that it refused."""
    import attr

    @attr.define
    class Airflow(RunFacet):
        dagRun: dict = attr.field(factory=dict)
        task: dict = attr.field(factory=dict)

    return RunEvent(
        eventType=RunState.FAIL,
        eventTime="2024-01-10T05:00:00Z",
        run=Run(
            "01933f5e-0000-7000-8000-000000000000",
            {
                "errorMessage": error_message_run.ErrorMessageRunFacet(
                    f"Failing row contains ({PERSON})", "PYTHON", f"Traceback … {PERSON}"
                ),
                "airflow": Airflow(
                    dagRun={"conf": {"who": PERSON}, "note": PERSON, "run_id": "manual"},
                    task={"task_id": "load", "op_kwargs": {"row": [PERSON]}},
                ),
            },
        ),
        job=Job(
            "sipas",
            "ingest.load",
            {
                "sourceCode": source_code_job.SourceCodeJobFacet("python", f"row = '{PERSON}'"),
                "sql": sql_job.SQLJobFacet("select 1"),
            },
        ),
        producer="https://example.org",
    )


def test_no_message_argument_or_code_of_a_task_stays(event) -> None:
    assert PERSON in str(Serde.to_dict(event))
    assert PERSON not in str(Serde.to_dict(without_what_nobody_needs(event)))


def test_what_says_where_data_come_from_stays(event) -> None:
    kept = json.loads(Serde.to_json(without_what_nobody_needs(event)))
    assert kept["eventType"] == "FAIL"
    assert kept["job"]["name"] == "ingest.load"
    assert kept["job"]["facets"]["sql"]["query"] == "select 1"
    assert kept["run"]["facets"]["errorMessage"]["message"] == NO_MESSAGE
    assert kept["run"]["facets"]["airflow"]["dagRun"]["run_id"] == "manual"
    assert kept["run"]["facets"]["airflow"]["task"]["task_id"] == "load"
