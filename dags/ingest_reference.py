"""# Reference data

Lands and loads methods, indicators, units, rounds, stated figures and the calendar: the
product's own folder first, then the province's in the inbox. A changed file is a new batch that
supersedes the old one; an unchanged file is nothing.
"""

from airflow.sdk import dag, task
from airflow.timetables.trigger import CronTriggerTimetable

from sipas.orchestration.defaults import DEFAULTS, FAILURE_NOTED, REFERENCE_ARRIVED
from sipas.orchestration.ingest import finish_ingest, load_pending


@dag(
    schedule=CronTriggerTimetable("0 1 * * *", timezone="Asia/Ho_Chi_Minh"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    on_failure_callback=FAILURE_NOTED,
    tags=["ingest"],
    doc_md=__doc__,
)
def ingest_reference():
    @task
    def land() -> int:
        """Lands every reference file that is new or changed."""
        from sipas.database import connect
        from sipas.settings import directory
        from sipas.sources.inbox import land_reference

        with connect("ingest") as connection:
            return len(
                land_reference(
                    connection,
                    directory("SIPAS_LANDING_DIR"),
                    directory("SIPAS_REFERENCE_DIR"),
                    directory("SIPAS_INBOX_DIR"),
                )
            )

    @task(trigger_rule="all_done")
    def load() -> list[str]:
        """One batch a file; a wrong row refuses its file."""
        return load_pending(None, "reference")

    landed, loaded = land(), load()
    landed >> loaded
    finish_ingest([landed, loaded], REFERENCE_ARRIVED, "reference")


ingest_reference()
