"""The steps of publish_results that need to know Airflow."""

import logging

from airflow.sdk import Variable

from sipas.errors import UserError
from sipas.orchestration.data_docs import show_results
from sipas.orchestration.defaults import AUTOMATIC_APPROVAL
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
                log.warning("%s waits for a decision: sipas release approve", release_id)
    return candidates if is_allowed else []
