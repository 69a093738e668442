"""Sends what dbt's run says of lineage by the transport that Airflow is configured with."""

import logging
from pathlib import Path

from sipas.settings import required

log = logging.getLogger(__name__)


def emit_dbt_lineage() -> None:
    """One event a model of dbt's last run; whatever goes wrong is an error in the log, no more."""
    from airflow.providers.openlineage.api import emit, is_openlineage_active
    from airflow.providers.openlineage.conf import namespace

    from sipas.database import connect
    from sipas.lineage.dbt import events_of_last_run

    if not is_openlineage_active():
        return
    project, target = required("SIPAS_DBT_PROJECT_DIR"), required("DBT_TARGET_PATH")
    try:
        with connect("transform") as connection:
            events = events_of_last_run(connection, Path(project), Path(target), namespace())
    except Exception:  # lineage never fails a run
        log.exception("dbt's run has no lineage events: its artifacts could not be read")
        return
    for event in events:
        emit(event)
    log.info("%d lineage events of dbt's run", len(events))
