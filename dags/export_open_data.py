"""# Open data

After something was published, and every morning in case an event was lost or a release was
withdrawn by command: writes each standing release that has no folder yet as open data, marks what
no longer stands, and renews the catalogue. Without news it ends in seconds.
"""

from airflow.sdk import dag, task
from airflow.timetables.assets import AssetOrTimeSchedule
from airflow.timetables.trigger import CronTriggerTimetable

from sipas.orchestration.defaults import DEFAULTS, FAILURE_NOTED, RELEASES_PUBLISHED
from sipas.orchestration.publish import write_open_data


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("30 5 * * *", timezone="Asia/Ho_Chi_Minh"),
        assets=RELEASES_PUBLISHED,
    ),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    on_failure_callback=FAILURE_NOTED,
    tags=["publish"],
    doc_md=__doc__,
)
def export_open_data():
    @task
    def export() -> list[str]:
        """Returns the releases that were written."""
        return write_open_data()

    export()


export_open_data()
