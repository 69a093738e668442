"""# One-stop systems

Asks every source of the sources file, of whatever kind, for what is new since its watermark, lands
the answer byte for byte and loads it. A source that is down or refuses us fails its own branch and
catches up with a later run; the others go on, and one asset event follows when all are through.
"""

from airflow.sdk import dag, task, task_group
from airflow.timetables.trigger import CronTriggerTimetable

from sipas.orchestration.defaults import DEFAULTS, DOSSIERS_ARRIVED, FAILURE_NOTED
from sipas.orchestration.ingest import finish_ingest, land_one_stop, load_pending

KINDS = ("dossiers", "feedback")


@dag(
    schedule=CronTriggerTimetable("0 2 * * *", timezone="Asia/Ho_Chi_Minh"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    on_failure_callback=FAILURE_NOTED,
    tags=["ingest"],
    doc_md=__doc__,
)
def ingest_one_stop():
    @task
    def sources() -> list[str]:
        """The configured sources."""
        from sipas.sources.configuration import read_sources

        return [source.code for source in read_sources().one_stop]

    @task_group
    def each_source(source_code: str):
        @task(map_index_template="{{ source_code }}")
        def land(source_code: str) -> str:
            """Asks one source and lands its answers; returns the source's code."""
            return land_one_stop(source_code)

        @task(map_index_template="{{ source_code }}")
        def load(source_code: str) -> list[str]:
            """One batch a delivery: new versions are stored, repeats counted."""
            return load_pending(source_code, *KINDS)

        load(land(source_code))

    arrived = each_source.expand(source_code=sources())
    finish_ingest([arrived], DOSSIERS_ARRIVED, *KINDS)


ingest_one_stop()
