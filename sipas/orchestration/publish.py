"""The steps of publish_results, publish_due and approve_release that need to know Airflow."""

import logging

from airflow.sdk import Variable, task

from sipas.errors import UserError
from sipas.orchestration.data_docs import show_results
from sipas.orchestration.defaults import AUTOMATIC_APPROVAL, RELEASES_PUBLISHED
from sipas.orchestration.failures import without_retry

log = logging.getLogger(__name__)


def open_mart_gate() -> int:
    """Validates the marts of the newest build and returns its id; fails without another try."""
    from sipas.database import connect
    from sipas.release.gate import check_marts, newest_build

    try:
        with connect("release", autocommit=True) as connection:
            build_id = newest_build(connection)
            warnings = check_marts(connection, build_id)
    except UserError as error:
        raise without_retry(error) from error
    finally:
        show_results()
    log.info("Build %d may be published; %d warnings", build_id, warnings)
    return build_id


def approve_automatically() -> list[str]:
    """Approves every candidate when the variable `automatic_approval` is 'demo'; returns those.

    Otherwise nothing is approved, and the log names what waits for people.
    """
    from sipas.database import connect
    from sipas.release.lifecycle import AUTOMATIC, approve, in_state

    is_allowed = Variable.get(AUTOMATIC_APPROVAL, default="") == "demo"
    with connect("release") as connection:
        candidates = in_state(connection, "candidate")
        for release_id in candidates:
            if is_allowed:
                approve(connection, release_id, AUTOMATIC)
            else:
                log.warning("%s waits for a decision", release_id)
    return candidates if is_allowed else []


@task(outlets=[RELEASES_PUBLISHED])
def publish() -> list[str]:
    """Publishes whatever is approved and due, also what a killed run left so; the releases that
    stood before are superseded."""
    from sipas.database import connect
    from sipas.release.lifecycle import publish_due

    with connect("release") as connection:
        return publish_due(connection)


def write_open_data() -> list[str]:
    """Brings the folder of open data up to date; returns the releases that were written."""
    from sipas.access import Extract, note_extract
    from sipas.database import connect
    from sipas.release.open_data.catalogue import bring_up_to_date
    from sipas.release.open_data.command import WHAT
    from sipas.settings import directory

    def note(release_id: str, row_count: int, sums: bytes) -> None:
        who = "DAG export_open_data"
        note_extract(Extract(WHAT, "figures", row_count, who, release_id=release_id), sums)

    with connect("audit", autocommit=True) as connection:
        written = bring_up_to_date(connection, directory("SIPAS_OPEN_DATA_DIR"), note)
    return [done.release_id for done in written]


@task
def waiting() -> list[dict]:
    """Which runs of approve_release to start: a candidate's, to ask people; or once more that of a
    release that is no candidate any more, to end its question."""
    from sipas.database import connect
    from sipas.release.answers import to_ask_or_call_back

    with connect("release") as connection:
        return [
            {"trigger_run_id": f"candidate__{release_id}", "conf": {"release_id": release_id}}
            for release_id in to_ask_or_call_back(connection)
        ]


def ask_people(after) -> None:
    """A run of approve_release for each that waits, once the task `after` has ended.

    A run that exists is begun anew: its first task finds that there is nothing to ask any more.
    """
    from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator

    after >> (found := waiting())
    TriggerDagRunOperator.partial(
        task_id="ask_people",
        trigger_dag_id="approve_release",
        logical_date=None,
        reset_dag_run=True,
    ).expand_kwargs(found)


def look_at_candidate(release_id: str, run_id: str) -> dict | None:
    """The question about a candidate, noted as asked; None, and noted as ended, when it is none."""
    from dataclasses import asdict

    from sipas.database import connect
    from sipas.release.answers import begin_request, end_request
    from sipas.release.lifecycle import find
    from sipas.release.request import request_of

    try:
        with connect("release") as connection:
            if find(connection, release_id)["status"] != "candidate":
                end_request(connection, release_id)
                return None
            begin_request(connection, release_id, run_id)
            return asdict(request_of(connection, release_id))
    except UserError as error:
        raise without_retry(error) from error
