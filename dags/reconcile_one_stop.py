"""# Reconciliation of one-stop systems

Compares, for each system that tells its counts, how many dossiers it holds by agency and day of
filing with what the warehouse holds. Days that differ are fetched and loaded once more; a dossier
that the system no longer lists becomes a tombstone. What still differs then fails the run, with
source, agency, day and both counts.
"""

from airflow.sdk import dag, task, task_group
from airflow.timetables.trigger import CronTriggerTimetable

from sipas.orchestration.defaults import DEFAULTS, DOSSIERS_ARRIVED, FAILURE_NOTED
from sipas.orchestration.ingest import (
    compare_counts,
    confirm_counts,
    finish_ingest,
    load_pending,
)


@dag(
    schedule=CronTriggerTimetable("30 2 * * *", timezone="Asia/Ho_Chi_Minh"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    on_failure_callback=FAILURE_NOTED,
    tags=["ingest"],
    doc_md=__doc__,
)
def reconcile_one_stop():
    @task
    def sources() -> list[str]:
        """The sources that tell their counts."""
        from sipas.sources.configuration import HttpSource, read_sources

        return [
            source.code
            for source in read_sources().one_stop
            if isinstance(source, HttpSource) and source.reconcile_days
        ]

    @task_group
    def each_source(source_code: str):
        @task(map_index_template="{{ source_code }}")
        def compare(source_code: str) -> str:
            """Notes both counts and lands the days that differ; returns the source's code."""
            return compare_counts(source_code)

        @task(map_index_template="{{ source_code }}")
        def load(source_code: str) -> list[str]:
            """Loads the days that were fetched once more."""
            return load_pending(source_code, "dossiers")

        load(compare(source_code))

    @task(map_index_template="{{ source_code }}", trigger_rule="all_done")
    def confirm(source_code: str) -> None:
        """Fails when a day still differs after it was loaded once more."""
        confirm_counts(source_code)

    codes = sources()
    compared = each_source.expand(source_code=codes)
    confirmed = confirm.expand(source_code=codes)
    finish_ingest([compared], DOSSIERS_ARRIVED, "dossiers", after_gate=confirmed)


reconcile_one_stop()
