"""# Alerts

Every quarter of an hour: looks at what somebody must look at (failed runs, stale sources, refused
deliveries, closed gates, candidates that wait, reports that did not come), notes it in
`audit.alerts`, and tells every recipient of the alerts file what is new for it: one message for
all, by mail or webhook, nothing twice. Without recipients it only notes. It is red when somebody
could not be told; that is tried again, and raises no alert of its own.
"""

from airflow.sdk import dag, task
from airflow.timetables.trigger import CronTriggerTimetable

from sipas.orchestration.alerts import tell_people
from sipas.orchestration.defaults import DEFAULTS


@dag(
    schedule=CronTriggerTimetable("*/15 * * * *", timezone="Asia/Ho_Chi_Minh"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["tell"],
    doc_md=__doc__,
)
def send_alerts():
    @task
    def tell() -> dict[str, int]:
        """One message a recipient; returns how many alerts each was told of."""
        return tell_people()

    tell()


send_alerts()
