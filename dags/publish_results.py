"""# Release

Looks at what would be published (a critical expectation stops here and the last release stands),
freezes a hashed candidate of every round and of the scorecards whose figures changed, and
publishes what is approved. People approve with `sipas release approve`; automatic approval is for
demonstrations and tests only and is marked in the release.
"""

from airflow.sdk import dag, task

from sipas.orchestration.defaults import DEFAULTS, WAREHOUSE_BUILT
from sipas.orchestration.publish import approve_automatically, open_mart_gate


@dag(
    schedule=[WAREHOUSE_BUILT],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
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

    @task
    def publish() -> list[str]:
        """Publishes whatever is approved, also what a killed run left so; the releases that stood
        before are superseded."""
        from sipas.database import connect
        from sipas.release.lifecycle import in_state, publish

        with connect("release") as connection:
            approved = in_state(connection, "approved")
            for release_id in approved:
                publish(connection, release_id)
        return approved

    freeze(gate()) >> approve() >> publish()


publish_results()
