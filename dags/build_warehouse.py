"""# The warehouse

Drains the accepted batches that no successful build has consumed, and runs dbt on them, once, in
`dbt_producer_watcher`. The other tasks of the group `dbt` watch it: one a folder of models, mart
and work list, its tests with it. When one is red, its log has dbt's words; mend the cause and clear
it with what is downstream. Starts when something arrived, and every night in case an event was
lost. A build without anything new ends in seconds.
"""

from airflow.sdk import dag, task
from airflow.timetables.assets import AssetOrTimeSchedule
from airflow.timetables.trigger import CronTriggerTimetable

from sipas.orchestration.build import build_again_unless_whole, dbt_models
from sipas.orchestration.defaults import (
    DEFAULTS,
    DOSSIERS_ARRIVED,
    FAILURE_NOTED,
    REFERENCE_ARRIVED,
    SURVEYS_ARRIVED,
    WAREHOUSE_BUILT,
    WRITER_POOL,
)


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 3 * * *", timezone="Asia/Ho_Chi_Minh"),
        assets=(DOSSIERS_ARRIVED | SURVEYS_ARRIVED | REFERENCE_ARRIVED),
    ),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    on_failure_callback=FAILURE_NOTED,
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

    models = dbt_models()

    @task(trigger_rule="all_done", pool=WRITER_POOL)
    def confirm_build() -> None:
        """All of dbt's run succeeded. Cleared when a failure is mended, it runs dbt once more."""
        build_again_unless_whole()

    @task(outlets=[WAREHOUSE_BUILT])
    def close_build(build_id: int) -> None:
        """Every model and test passed: the build succeeded."""
        from sipas.builds import close_build
        from sipas.database import connect

        with connect("transform") as connection:
            close_build(connection, build_id, succeeded=True)

    @task(trigger_rule="one_failed", retries=0)
    def fail_build(build_id: int) -> None:
        """Its batches stay to be consumed. A new run mends it, or clearing confirm_build."""
        from sipas.builds import close_build
        from sipas.database import connect

        with connect("transform") as connection:
            close_build(connection, build_id, succeeded=False)
        raise RuntimeError(f"Build {build_id} failed; the log of the red task says why.")

    build_id = open_build()
    build_id >> models >> (confirmed := confirm_build())
    confirmed >> [close_build(build_id), fail_build(build_id)]


build_warehouse()
