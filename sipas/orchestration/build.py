"""The dbt part of build_warehouse: staging, one task a model, and the step that makes sure of the
whole."""

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
    LoadMode,
    ProfileConfig,
    ProjectConfig,
    RenderConfig,
    TestBehavior,
)

from sipas.orchestration.defaults import WRITER_POOL
from sipas.orchestration.lineage import emit_dbt_lineage
from sipas.settings import required

log = logging.getLogger(__name__)

GROUP = "dbt"
PRODUCER = f"{GROUP}.dbt_producer_watcher"
STAGING = "path:models/staging"
# Data tests with every build; unit tests guard the code and run where the code is tested.
WITH_TESTS = ["--resource-type", "test"]
# A test of staging and of a model above it belongs to the model: dbt would leave it out with the
# staging views otherwise.
CAUTIOUS = ["--indirect-selection", "cautious"]


def build_staging() -> None:
    """Builds the staging views with the tests that ask nothing else.

    Raises AirflowFailException with dbt's words when one fails.
    """
    run_dbt_build("--select", STAGING, *CAUTIOUS)


def dbt_models() -> DbtTaskGroup:
    """The task group of all models above staging: dbt runs once, in one task, and a task a model
    watches it."""
    project = Path(required("SIPAS_DBT_PROJECT_DIR"))
    return DbtTaskGroup(
        group_id=GROUP,
        project_config=ProjectConfig(
            dbt_project_path=project,
            manifest_path=Path(required("DBT_TARGET_PATH")) / "manifest.json",
            install_dbt_deps=False,
        ),
        profile_config=ProfileConfig(
            profile_name="sipas",
            target_name="warehouse",
            profiles_yml_filepath=project / "profiles.yml",
        ),
        # Only the producer writes. It runs the tests too; a task of its own for each test would
        # cost more than dbt itself.
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.WATCHER,
            setup_operator_args={"pool": WRITER_POOL, "dbt_cmd_flags": [*WITH_TESTS, *CAUTIOUS]},
        ),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            test_behavior=TestBehavior.NONE,
            exclude=[STAGING],
        ),
        # The tasks of the models poll in their own process: on a busy machine a task that comes
        # back from the triggerer at once can meet its own first half and be failed for it.
        operator_args={
            "install_deps": False,
            "deferrable": False,
            "poke_interval": 5,
            "should_store_compiled_sql": False,
        },
        default_args={"retries": 0},
    )


def build_again_unless_whole() -> None:
    """Returns when dbt's own run succeeded, tests included; else fails, naming the red models.

    Somebody who has mended the cause clears this task (alone, or with a model above it): then dbt
    runs here once more as a whole. Cosmos cannot: it never repeats dbt's run, rebuilds cleared
    models without their tests, and takes the models below for as failed as they were.
    Raises AirflowFailException naming the models or tests that failed.
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


def run_dbt_build(*selection: str) -> None:
    """One `dbt build` with data tests, in a process of its own.

    Raises AirflowFailException with the end of dbt's output when something failed.
    """
    result = subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"),
            "--quiet",
            "build",
            *selection,
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
