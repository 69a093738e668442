"""# Embargo

Every day just after midnight: publishes the approved releases whose day has come, whatever became
of the last build, asks people about candidates that nobody was asked about, and ends questions
about releases that were decided elsewhere (`sipas release approve`).
"""

from airflow.sdk import dag
from airflow.timetables.trigger import CronTriggerTimetable

from sipas.orchestration.defaults import DEFAULTS, FAILURE_NOTED
from sipas.orchestration.publish import ask_people, publish


@dag(
    schedule=CronTriggerTimetable("5 0 * * *", timezone="Asia/Ho_Chi_Minh"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    on_failure_callback=FAILURE_NOTED,
    tags=["publish"],
    doc_md=__doc__,
)
def publish_due():
    ask_people(after=publish())


publish_due()
