"""The dbt part of build_warehouse: the task that runs dbt, those that watch it, and the step that
makes sure of the whole."""

import logging
import subprocess
import sys
from pathlib import Path

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException
from cosmos import (
    DbtTaskGroup,
    ExecutionConfig,
    ExecutionMode,
    InvocationMode,
    LoadMode,
    ProfileConfig,
    ProjectConfig,
    RenderConfig,
    TestBehavior,
)
from cosmos.constants import PRODUCER_WATCHER_TASK_ID, DbtResourceType

from sipas.orchestration.defaults import WRITER_POOL
from sipas.orchestration.lineage import emit_dbt_lineage
from sipas.orchestration.watch import draw_watchers
from sipas.settings import required

log = logging.getLogger(__name__)

GROUP = "dbt"
PRODUCER = f"{GROUP}.dbt_producer_watcher"
# Data tests with every build; unit tests guard the code and run where the code is tested.
WITH_TESTS = ["--resource-type", "test"]


def dbt_models() -> DbtTaskGroup:
    """The task group of all models: dbt runs once, in one task, and others watch it."""
    project = Path(required("SIPAS_DBT_PROJECT_DIR"))
    group = DbtTaskGroup(
        group_id=GROUP,
        project_config=ProjectConfig(
            dbt_project_path=project,
            manifest_path=Path(required("DBT_TARGET_PATH")) / "manifest.json",
            install_dbt_deps=False,
        ),
        profile_config=ProfileConfig(
            profile_name=required("DBT_PROFILE"),
            target_name=required("DBT_TARGET"),
            profiles_yml_filepath=project / "profiles.yml",
        ),
        # Only the producer writes. It runs the tests too; a task of its own for each test would
        # cost more than dbt itself. As a process of its own dbt tells a result a node; inside the
        # task it would tell six events a node, each a request to Airflow while dbt waits.
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.WATCHER,
            invocation_mode=InvocationMode.SUBPROCESS,
            setup_operator_args={"pool": WRITER_POOL, "dbt_cmd_flags": WITH_TESTS},
        ),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            test_behavior=TestBehavior.NONE,
            emit_datasets=False,
            node_converters={DbtResourceType.MODEL: drawn_by_us},
        ),
        operator_args={"install_deps": False},
        default_args={"retries": 0},
    )
    # Otherwise a test is told only when all tests of its models have run, which is the end.
    group.tasks_map[PRODUCER_WATCHER_TASK_ID].tests_per_model = {}
    draw_watchers(group, PRODUCER)
    return group


def drawn_by_us(**_) -> None:
    """Cosmos draws no task for a model: watch.py draws one for a folder."""


def build_again_unless_whole() -> None:
    """Returns when dbt's own run succeeded, tests included; else fails, naming the red models.

    Somebody who has mended the cause clears this task (alone, or with a red one above it): then dbt
    runs here once more as a whole. Cosmos cannot: it never repeats dbt's run.
    Raises AirflowFailException naming the tasks, models or tests that failed.
    """
    context = get_current_context()
    instance, run_id = context["ti"], context["run_id"]
    states = instance.get_task_states(
        dag_id=instance.dag_id, task_group_id=GROUP, run_ids=[run_id]
    )[run_id]
    if states.get(PRODUCER) == "success":
        log.info("dbt's own run succeeded, tests included")
        emit_dbt_lineage()
        return
    if instance.try_number == 1:
        failed = sorted(task for task, state in states.items() if state == "failed")
        raise AirflowFailException(f"These tasks failed, their logs say why: {', '.join(failed)}")
    run_dbt_build()


def run_dbt_build() -> None:
    """One `dbt build` with data tests, in a process of its own.

    Raises AirflowFailException with the end of dbt's output when something failed.
    """
    result = subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"),
            "--quiet",
            "build",
            "--exclude-resource-type",
            "unit_test",
            "--project-dir",
            required("SIPAS_DBT_PROJECT_DIR"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    log.info("dbt build said: %s", result.stdout)
    emit_dbt_lineage()
    if result.returncode:
        raise AirflowFailException(
            f"dbt build failed:\n{result.stdout[-2000:]}{result.stderr[-500:]}"
        )
