"""The step of build_warehouse that makes sure of the whole."""

import logging
import subprocess
import sys
from pathlib import Path

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException

from sipas.settings import required

log = logging.getLogger(__name__)


def build_again_unless_whole(producer_task_id: str) -> None:
    """Returns when dbt's own run succeeded, tests included; else runs `dbt build` now.

    dbt's run is not repeated when somebody clears a failed model: the models are then rebuilt one
    by one, without tests, and those that dbt had skipped may stay as they were. So the whole is
    built once more here. Raises AirflowFailException naming what failed.
    """
    context = get_current_context()
    instance = context["ti"]
    states = instance.get_task_states(
        dag_id=instance.dag_id, task_ids=[producer_task_id], run_ids=[context["run_id"]]
    )
    if states[context["run_id"]][producer_task_id] == "success":
        log.info("dbt's own run succeeded, tests included")
        return
    result = subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"),
            "--quiet",
            "build",
            "--project-dir",
            required("SIPAS_DBT_PROJECT_DIR"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    log.info("dbt build said: %s", result.stdout)
    if result.returncode:
        raise AirflowFailException(
            f"dbt build failed:\n{result.stdout[-2000:]}{result.stderr[-500:]}"
        )
