"""# The end of personal data

Once a week: landed originals of dossiers and feedback that are older than the settings allow give
way to copies without persons, and applicants' names and phones are deleted. Every purge is a row
of `audit.purges` or `audit.applicant_purges`; deliveries and copies are never deleted.
"""

from airflow.sdk import dag, task
from airflow.timetables.trigger import CronTriggerTimetable

from sipas.orchestration.defaults import DEFAULTS, FAILURE_NOTED


@dag(
    schedule=CronTriggerTimetable("0 5 * * 0", timezone="Asia/Ho_Chi_Minh"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    on_failure_callback=FAILURE_NOTED,
    tags=["protect"],
    doc_md=__doc__,
)
def purge_personal_data():
    @task
    def purge() -> dict[str, int]:
        """Purges what is due; a delivery that cannot be purged fails the task, by name."""
        from sipas.database import connect
        from sipas.orchestration.failures import fail_when
        from sipas.personal_data.purge import Limits, purge
        from sipas.settings import directory

        limits = Limits.of_settings()
        with connect("ingest", autocommit=True) as connection:
            done = purge(
                connection,
                directory("SIPAS_LANDING_DIR"),
                limits,
                who="DAG purge_personal_data",
                why=limits.reason,
            )
        fail_when(done.failures)
        return {"deliveries": len(done.deliveries), "applicants": done.applicant_count}

    purge()


purge_personal_data()
