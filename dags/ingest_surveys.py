"""# Survey forms

Lands and loads what contractors hand over in the inbox, `surveys/<round>/<file>.xlsx`. Good forms
load, bad ones go to quarantine with reasons; a file that cannot be read is refused as a whole; a
corrected file of the same name supersedes it.
"""

from airflow.sdk import dag, task
from airflow.timetables.trigger import CronTriggerTimetable

from sipas.orchestration.defaults import DEFAULTS, FAILURE_NOTED, SURVEYS_ARRIVED
from sipas.orchestration.ingest import finish_ingest, load_pending


@dag(
    schedule=CronTriggerTimetable("30 1 * * *", timezone="Asia/Ho_Chi_Minh"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    on_failure_callback=FAILURE_NOTED,
    tags=["ingest"],
    doc_md=__doc__,
)
def ingest_surveys():
    @task
    def land() -> int:
        """Lands every workbook that is new or changed; its round must be known."""
        from sipas.database import connect
        from sipas.settings import directory
        from sipas.sources.inbox import land_surveys

        with connect("ingest") as connection:
            return len(
                land_surveys(
                    connection, directory("SIPAS_LANDING_DIR"), directory("SIPAS_INBOX_DIR")
                )
            )

    @task(trigger_rule="all_done")
    def load() -> list[str]:
        """One batch a workbook."""
        return load_pending(None, "survey_forms")

    landed, loaded = land(), load()
    landed >> loaded
    finish_ingest([landed, loaded], SURVEYS_ARRIVED, "survey_forms")


ingest_surveys()
