"""# The warehouse

Drains the accepted batches that no successful build has consumed, and runs dbt on them: one
visible task a model, its tests with it. Starts when something arrived, and every night in case an
event was lost. A build without anything new ends in seconds.
"""

import os
from datetime import timedelta
from pathlib import Path

from airflow.sdk import dag, task
from airflow.timetables.assets import AssetOrTimeSchedule
from airflow.timetables.trigger import CronTriggerTimetable
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

from sipas.orchestration.defaults import (
    DEFAULTS,
    DOSSIERS_ARRIVED,
    REFERENCE_ARRIVED,
    SURVEYS_ARRIVED,
    WAREHOUSE_BUILT,
    WRITER_POOL,
)

PROJECT = Path(os.environ["SIPAS_DBT_PROJECT_DIR"])
MANIFEST = Path(os.environ["DBT_TARGET_PATH"]) / "manifest.json"


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 3 * * *", timezone="Asia/Ho_Chi_Minh"),
        assets=(DOSSIERS_ARRIVED | SURVEYS_ARRIVED | REFERENCE_ARRIVED),
    ),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["build"],
    doc_md=__doc__,
)
def build_warehouse():
    @task.short_circuit
    def open_build(run_id: str | None = None) -> int | None:
        """Notes the batches this build consumes; nothing new ends the run here."""
        from sipas.builds import open_build
        from sipas.database import connect

        with connect("transform") as connection:
            return open_build(connection, run_id)

    models = DbtTaskGroup(
        group_id="dbt",
        project_config=ProjectConfig(
            dbt_project_path=PROJECT, manifest_path=MANIFEST, install_dbt_deps=False
        ),
        profile_config=ProfileConfig(
            profile_name="sipas",
            target_name="warehouse",
            profiles_yml_filepath=PROJECT / "profiles.yml",
        ),
        # Only the producer writes; the tasks of the models watch it.
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.WATCHER, setup_operator_args={"pool": WRITER_POOL}
        ),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            test_behavior=TestBehavior.AFTER_EACH,
            should_detach_multiple_parents_tests=True,
        ),
        operator_args={"install_deps": False},
        default_args={"retries": 0, "retry_delay": timedelta(seconds=5)},
    )

    @task(outlets=[WAREHOUSE_BUILT])
    def close_build(build_id: int) -> None:
        """Every model and test passed: the build succeeded."""
        from sipas.builds import close_build
        from sipas.database import connect

        with connect("transform") as connection:
            close_build(connection, build_id, succeeded=True)

    @task(trigger_rule="one_failed", retries=0)
    def fail_build(build_id: int) -> None:
        """A model or test failed: its batches stay to be consumed; clearing the failed task mends
        the run."""
        from sipas.builds import close_build
        from sipas.database import connect

        with connect("transform") as connection:
            close_build(connection, build_id, succeeded=False)
        raise RuntimeError(f"Build {build_id} failed; the log of the red model says why.")

    build_id = open_build()
    build_id >> models >> [close_build(build_id), fail_build(build_id)]


build_warehouse()
