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
    by one, without tests, and those that dbt had skipped stay as they were. So the whole is built
    once more here. Raises AirflowFailException naming the models or tests that failed.
    """
    context = get_current_context()
    instance, run_id = context["ti"], context["run_id"]
    group = producer_task_id.partition(".")[0]
    states = instance.get_task_states(
        dag_id=instance.dag_id, task_group_id=group, run_ids=[run_id]
    )[run_id]
    if states[producer_task_id] == "success":
        log.info("dbt's own run succeeded, tests included")
        return
    failed = sorted(
        task_id
        for task_id, state in states.items()
        if state == "failed" and task_id != producer_task_id
    )
    if failed:
        raise AirflowFailException(f"These models failed; their logs say why: {', '.join(failed)}")
    result = subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"),
            "--quiet",
            "build",
            "--exclude-resource-type",
            "unit_test",
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
