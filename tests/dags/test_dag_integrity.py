"""DAG files: the exact set, their manners, and every model and test of dbt watched by a task."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sipas.local import environment, services
from sipas.local.demo import DAG_IDS
from sipas.local.instance import PROJECT, Instance

PROBE = """
import json, sys, time
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
print("RESULT" + json.dumps({
    "errors": bag.import_errors,
    "seconds": {stat.file: stat.duration.total_seconds() for stat in bag.dagbag_stats},
    "dags": {
        dag.dag_id: {
            "file": dag.fileloc, "tags": sorted(dag.tags), "doc": bool(dag.doc_md),
            "noted_by": type(dag.on_failure_callback).__name__,
            "catchup": dag.catchup, "max_active_runs": dag.max_active_runs,
            "tasks": {
                task.task_id: {
                    "owner": task.owner, "retries": task.retries,
                    "timeout": task.execution_timeout and task.execution_timeout.total_seconds(),
                    "doc": bool(task.doc_md or task.doc), "pool": task.pool,
                    "watches": getattr(task, "nodes", []),
                    "outlets": [getattr(o, "name", None) or o.uri for o in task.outlets],
                } for task in dag.tasks
            },
        } for dag in bag.dags.values()
    },
}))
"""


def airflow_variables(instance: Instance) -> dict[str, str]:
    """Airflow as the instance runs it, with any version inflation made an error."""
    return (
        environment.common(instance)
        | services.airflow_environment(instance)
        | {"AIRFLOW__DAG_PROCESSOR__DAG_VERSION_INFLATION_CHECK_LEVEL": "error"}
    )


@pytest.fixture(scope="module")
def bag(instance: Instance) -> dict:
    """What Airflow itself reads from the folder `dags/`, named by its absolute path."""
    from sipas.local.prepare import prepare_dbt

    prepare_dbt(instance)
    result = subprocess.run(
        [sys.executable, "-c", PROBE, str(PROJECT / "dags")],
        env=airflow_variables(instance),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.split("RESULT", 1)[1])


def test_the_dags_are_exactly_these_and_each_lies_in_the_file_of_its_name(bag: dict) -> None:
    assert bag["errors"] == {}
    assert set(bag["dags"]) == DAG_IDS
    for dag_id, dag in bag["dags"].items():
        assert Path(dag["file"]) == PROJECT / "dags" / f"{dag_id}.py"
    assert {path.stem for path in (PROJECT / "dags").glob("*.py")} == DAG_IDS


def test_every_dag_is_documented_tagged_from_the_closed_set_and_runs_once_at_a_time(
    bag: dict,
) -> None:
    from sipas.orchestration.defaults import MOST_WAITING_CANDIDATES, TAGS

    for dag_id, dag in bag["dags"].items():
        assert dag["doc"], dag_id
        assert len(dag["tags"]) == 1, dag_id
        assert set(dag["tags"]) <= set(TAGS), dag_id
        assert not dag["catchup"], dag_id
        # Candidates wait for people beside each other; everything else runs once at a time.
        most = MOST_WAITING_CANDIDATES if dag_id == "approve_release" else 1
        assert dag["max_active_runs"] == most, dag_id


def test_every_dag_notes_its_failed_runs_but_the_one_that_tells_of_them(bag: dict) -> None:
    """A mail server that is down would fill the next mail with its own failures."""
    noted = {dag_id for dag_id, dag in bag["dags"].items() if dag["noted_by"] == "NoteFailure"}
    assert noted == DAG_IDS - {"send_alerts"}


def test_every_task_has_an_owner_a_timeout_and_retries_where_trying_again_can_help(
    bag: dict,
) -> None:
    for dag_id, dag in bag["dags"].items():
        for task_id, task in dag["tasks"].items():
            name = f"{dag_id}.{task_id}"
            assert task["owner"] == "data-engineering", name
            # People take weeks, and nothing runs meanwhile.
            assert bool(task["timeout"]) == (name != "approve_release.ask"), name
            without_retry = task_id.startswith("dbt.") or task_id in (
                "report_failures",
                "fail_build",
            )
            assert task["retries"] == (0 if without_retry else 2), name


def test_dag_files_are_thin(bag: dict) -> None:
    for dag in bag["dags"].values():
        text = Path(dag["file"]).read_text()
        assert len(text.splitlines()) <= 80, dag["file"]
        assert "select " not in text, dag["file"]


def test_every_model_and_test_of_the_project_is_watched_by_one_task(
    instance: Instance, bag: dict
) -> None:
    project = set(listed(instance, "--resource-type", "model", "--resource-type", "test"))
    assert project
    tasks = bag["dags"]["build_warehouse"]["tasks"]
    watched = [node for task in tasks.values() for node in task["watches"]]
    assert sorted(watched) == sorted(project)


def test_what_is_published_is_a_task_each_and_below_it_a_folder_is_one(bag: dict) -> None:
    tasks = bag["dags"]["build_warehouse"]["tasks"]
    models = PROJECT / "dbt_project" / "models"
    shown = {f"dbt.{path.parent.name}.{path.stem}" for path in models.glob("marts/*.sql")}
    shown |= {f"dbt.{path.parent.name}.{path.stem}" for path in models.glob("operational/*.sql")}
    watchers = {name for name, task in tasks.items() if task["watches"]}
    assert shown < watchers
    assert {name for name in watchers - shown if "survey" in name} == {
        f"dbt.intermediate.survey_{part}"
        for part in ("sample", "cells", "indices", "intervals", "results")
    }
    assert len(tasks) < 45, "an engineer reads the graph at a glance"


def test_only_the_tasks_that_write_hold_the_slot_of_the_writer(bag: dict) -> None:
    tasks = bag["dags"]["build_warehouse"]["tasks"]
    holders = [task_id for task_id, task in tasks.items() if task["pool"] == "warehouse_writer"]
    assert sorted(holders) == ["confirm_build", "dbt.dbt_producer_watcher"]


def test_every_asset_that_a_dag_waits_for_is_announced_by_another(bag: dict) -> None:
    announced = {
        asset
        for dag in bag["dags"].values()
        for task in dag["tasks"].values()
        for asset in task["outlets"]
    }
    assert {
        "sipas://batches/dossiers",
        "sipas://batches/survey_forms",
        "sipas://batches/reference",
        "sipas://builds/warehouse",
    } <= announced


def test_parsing_twice_gives_the_same_dags(instance: Instance, bag: dict) -> None:
    """No clock, no random order: each parse of a changed text would be a new DAG version."""
    code = (
        "import sys; from airflow.dag_processing.dagbag import DagBag;"
        "from airflow.serialization.serialized_objects import DagSerialization;"
        "from airflow.models.serialized_dag import SerializedDagModel;"
        "bag = DagBag(sys.argv[1]);"
        "print('RESULT' + '\\n'.join(sorted(f'{d.dag_id} '"
        " f'{SerializedDagModel.hash(DagSerialization.to_dict(d))}' for d in bag.dags.values())))"
    )
    seen = set()
    for seed in ("1", "2"):
        result = subprocess.run(
            [sys.executable, "-c", code, str(PROJECT / "dags")],
            env=airflow_variables(instance) | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        seen.add(result.stdout.split("RESULT", 1)[1])
    assert len(seen) == 1


def test_no_dag_file_imports_what_is_slow(instance: Instance, bag: dict) -> None:
    """Each task begins by reading its DAG file."""
    code = (
        "import json, sys\n"
        "from airflow.dag_processing.dagbag import DagBag\n"
        "DagBag(sys.argv[1])\n"
        "print('RESULT' + json.dumps(sorted(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(PROJECT / "dags")],
        env=airflow_variables(instance),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    modules = set(json.loads(result.stdout.split("RESULT", 1)[1]))
    assert "sipas.orchestration.build" in modules
    assert {"great_expectations", "scipy", "sipas.release.lifecycle"}.isdisjoint(modules)


def listed(instance: Instance, *selection: str) -> list[str]:
    """Ids of the nodes of the project that a selection finds."""
    dbt = [str(Path(sys.executable).parent / "dbt"), "--quiet", "ls", "--output", "json"]
    keys = ["--output-keys", "unique_id", "--project-dir", str(PROJECT / "dbt_project")]
    result = subprocess.run(
        [*dbt, *keys, *selection],
        env=airflow_variables(instance),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line)["unique_id"] for line in result.stdout.splitlines()]
