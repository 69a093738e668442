"""# Release

Looks at what would be published (a critical expectation stops here and the last release stands),
freezes a hashed candidate of every round and of what belongs to no round whose figures changed,
publishes what is approved and due, and starts `approve_release` for each candidate that people
must decide on: that run waits for weeks, this one ends. Automatic approval is for demonstrations
and tests only and is marked in the release.
"""

from airflow.sdk import dag, task

from sipas.orchestration.defaults import DEFAULTS, FAILURE_NOTED, WAREHOUSE_BUILT
from sipas.orchestration.publish import (
    approve_automatically,
    ask_people,
    open_mart_gate,
    publish,
)


@dag(
    schedule=[WAREHOUSE_BUILT],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    on_failure_callback=FAILURE_NOTED,
    tags=["publish"],
    doc_md=__doc__,
)
def publish_results():
    @task
    def gate() -> int:
        """Great Expectations on the marts; returns the build they are of."""
        return open_mart_gate()

    @task
    def freeze(build_id: int) -> list[str]:
        """A candidate for every scope that changed; an unchanged one makes none."""
        from sipas.database import connect
        from sipas.release.lifecycle import freeze_candidates

        with connect("release") as connection:
            return freeze_candidates(connection, build_id)

    @task
    def approve() -> list[str]:
        """Approves automatically where that is allowed; otherwise names what waits for people."""
        return approve_automatically()

    freeze(gate()) >> approve() >> (published := publish())
    ask_people(after=published)


publish_results()
