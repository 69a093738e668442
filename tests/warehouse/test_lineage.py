"""Lineage events: kept whatever happens, never rewritten, and told column by column."""

import json
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from openlineage.client.event_v2 import Job, Run, RunEvent, RunState
from openlineage.client.serde import Serde
from openlineage.client.transport.file import FileConfig, FileTransport

from sipas.cli import main
from sipas.database import connect
from sipas.lineage import store
from sipas.lineage.columns import column_tree
from sipas.lineage.dbt import columns_of, events_of_last_run
from sipas.lineage.transport import WarehouseConfig, WarehouseTransport
from sipas.local.instance import PROJECT
from sipas.local.scratch import variables

RUN = "01933f5e-0000-7000-8000-00000000000{}"


def event(number: int) -> RunEvent:
    """Any event."""
    return RunEvent(
        eventType=RunState.COMPLETE,
        eventTime="2024-01-10T05:00:00Z",
        run=Run(RUN.format(number)),
        job=Job("sipas", f"job {number}"),
        producer="https://example.org",
    )


@pytest.fixture
def folder(warehouse) -> Path:
    """Where events wait while the database is away."""
    return warehouse.folder / "lineage"


@pytest.fixture
def away(warehouse) -> dict[str, str]:
    """The settings of a database that nobody answers at."""
    nowhere = warehouse.url("lineage").replace(str(warehouse.instance.ports["postgres"]), "1")
    return {"SIPAS_LINEAGE_DATABASE_URL": nowhere}


def jobs(warehouse) -> list[str]:
    """The jobs whose events are kept."""
    return [
        name
        for (name,) in warehouse.rows("select job_name from audit.lineage_events order by job_name")
    ]


def test_an_event_that_comes_twice_is_one_row(warehouse) -> None:
    transport = WarehouseTransport(WarehouseConfig())
    transport.emit(event(1))
    transport.emit(event(1))
    assert jobs(warehouse).count("job 1") == 1
    stored = warehouse.value("select event from audit.lineage_events where job_name = 'job 1'")
    assert stored == json.loads(Serde.to_json(event(1)))


def test_events_wait_while_the_database_is_away_and_none_is_lost(
    warehouse, folder: Path, away, caplog
) -> None:
    transport = WarehouseTransport(WarehouseConfig())
    with variables(away):
        transport.emit(event(2))
        transport.emit(event(3))
    assert store.waiting(folder) == 2
    assert "they wait in" in caplog.text
    assert not {"job 2", "job 3"} & set(jobs(warehouse))
    transport.emit(event(4))
    assert store.waiting(folder) == 0
    assert {"job 2", "job 3", "job 4"} <= set(jobs(warehouse))


def test_an_event_that_nobody_takes_is_told_and_fails_nothing(
    warehouse, folder: Path, away, caplog
) -> None:
    folder.mkdir(exist_ok=True)
    with variables(away | {"SIPAS_LINEAGE_DIR": str(folder / "no.json" / "folder")}):
        (folder / "no.json").write_text("no folder")
        WarehouseTransport(WarehouseConfig()).emit(event(5))
    assert "A lineage event is lost" in caplog.text
    (folder / "no.json").unlink()


def test_a_text_that_is_no_event_waits_and_stops_no_other(warehouse, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "broken.json").write_text("{")
    store.set_aside(Serde.to_json(event(6)), folder)
    result = CliRunner().invoke(main, ["lineage", "take-in"])
    assert "1 events stored, 1 still wait" in result.output
    assert "job 6" in jobs(warehouse)
    (folder / "broken.json").unlink()


def test_events_go_on_to_any_backend_by_configuration_alone(
    warehouse, tmp_path: Path, caplog
) -> None:
    settings = {"type": "file", "log_file_path": str(tmp_path / "events.jsonl"), "append": True}
    broken = {"type": "file", "log_file_path": str(tmp_path / "nowhere" / "events"), "append": True}
    onward = {"broken": broken, "theirs": settings}
    config = WarehouseConfig.from_dict({"onward": onward})
    transport = WarehouseTransport(config)
    assert isinstance(transport.onward["theirs"], FileTransport)
    assert isinstance(transport.onward["theirs"].config, FileConfig)
    transport.emit(event(7))
    assert json.loads((tmp_path / "events.jsonl").read_text())["job"]["name"] == "job 7"
    assert "job 7" in jobs(warehouse)
    assert "The backend 'broken' took no lineage event" in caplog.text
    caplog.clear()
    transport.emit(event(9))
    assert "broken" not in caplog.text, "a backend that is down is not asked for each event"


@pytest.mark.parametrize(
    "deed",
    [
        "update audit.lineage_events set job_name = 'x'",
        "delete from audit.lineage_events",
        "truncate audit.lineage_events",
    ],
)
def test_nobody_rewrites_an_event_the_owner_neither(warehouse, deed: str) -> None:
    WarehouseTransport(WarehouseConfig()).emit(event(8))
    with (
        warehouse.connect() as owner,
        pytest.raises(psycopg.errors.RestrictViolation, match="never changed or deleted"),
    ):
        owner.execute(deed)


def test_the_database_sees_through_every_star(built) -> None:
    select = """
        with forms as (select * from staging.stg_survey__forms),
        counted as (
            select round_code, count(*) as n, sum(weight) filter (where gender = 'x') as w
            from forms group by round_code
        ),
        final as (select *, w / n as mean, 1 as one from counted)
        select * from final
    """
    with connect("transform") as transform:
        found = columns_of(transform, select)
    forms = "staging.stg_survey__forms"
    assert found == {
        "round_code": [(forms, "round_code")],
        "n": [],
        "w": [(forms, "gender"), (forms, "weight")],
        "mean": [(forms, "gender"), (forms, "weight")],
        "one": [],
    }


@pytest.fixture(scope="module")
def told(demo_warehouse):
    """The events of the demo's build, kept."""
    with variables(demo_warehouse.variables()):
        with connect("transform") as transform:
            events = events_of_last_run(
                transform, PROJECT / "dbt_project", demo_warehouse.folder / "dbt", "sipas"
            )
        transport = WarehouseTransport(WarehouseConfig())
        for found in events:
            transport.emit(found)
        yield demo_warehouse


# Constants, words of a list in the model itself, and bare counts of rows.
MADE_OF_NO_COLUMN = {
    ("marts.agency_scorecard_series", "summed_unit_count"),
    ("marts.agency_scorecard_series", "unit_basis"),
    ("marts.fieldwork_progress", "collected_form_count"),
    ("marts.fieldwork_progress", "visited_point_count"),
    ("operational.data_quality", "open_count"),
    ("operational.late_dossiers", "action_vi"),
    ("operational.late_dossiers", "work_list_vi"),
}


def test_every_column_of_every_mart_has_its_lineage(told) -> None:
    wanted = set(
        told.rows(
            "select table_schema || '.' || table_name, column_name "
            "from information_schema.columns where table_schema in ('marts', 'operational')"
        )
    )
    told_of = set(
        told.rows("select table_name, jsonb_object_keys(fields) from audit.lineage_tables")
    )
    with_source = set(told.rows("select table_name, column_name from audit.column_lineage"))
    assert len(wanted) > 500
    assert wanted <= told_of
    assert wanted - with_source == MADE_OF_NO_COLUMN


def test_a_figure_leads_back_to_the_answers_that_were_loaded(told) -> None:
    with connect("audit") as auditor:
        tree = column_tree(auditor, "marts.criterion_results.index_rounded")
    sources = {step.from_column for step in tree.steps}
    assert "raw.survey_answers.score" in sources
    assert "reference.method_rollups.component_weight" in sources
    assert "reference.stated_figures.stated_value" in sources
    assert not any(name.startswith(("pii.", "marts.")) for name in sources)


def test_the_command_prints_the_way_back(told) -> None:
    column = "marts.agency_scorecards.on_time_rate"
    asked = CliRunner().invoke(main, ["lineage", "columns", column, "--json"])
    answer = json.loads(asked.output)
    assert answer["column"] == column
    assert {"depth", "column", "from_column"} == set(answer["steps"][0])
    asked = CliRunner().invoke(main, ["lineage", "columns", column, "--depth", "1"])
    assert asked.output.startswith(f"{column}\n  ← intermediate.")
    asked = CliRunner().invoke(main, ["lineage", "columns", "marts.agency_scorecards.nothing"])
    assert asked.exit_code == 1
    assert "it has " in asked.output
