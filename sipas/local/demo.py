"""`sipas demo`: the main job on simulated data, by the same DAGs as in real life."""

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import psycopg
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from sipas.builds import tells_anything_new
from sipas.errors import UserError
from sipas.local import environment
from sipas.local.airflow_client import FINISHED, AirflowClient
from sipas.local.instance import PROJECT, Instance
from sipas.local.postgres import database_url

ROUND, COMMUNE_ROUND = "hue-2023-sim", "quang-thanh-2023-sim"
DAG_IDS = {
    "ingest_reference",
    "ingest_one_stop",
    "ingest_surveys",
    "reconcile_one_stop",
    "build_warehouse",
    "publish_results",
    "publish_due",
    "approve_release",
    "purge_personal_data",
    "export_open_data",
    "send_alerts",
}
# A database that is restarted meanwhile is asked again.
patiently = retry(
    retry=retry_if_exception_type(psycopg.OperationalError),
    wait=wait_fixed(1),
    stop=stop_after_delay(300),
    reraise=True,
)


class Demo:
    """Runs the steps one after the other and notes how long each took."""

    def __init__(self, instance: Instance, say: Callable[[str], None]) -> None:
        self.instance = instance
        self.say = say
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str):
        """Announces a step and notes its seconds."""
        started = time.monotonic()
        self.say(f"{name} …")
        yield
        self.seconds[name] = time.monotonic() - started

    def run(self) -> None:
        """From nothing to published figures; raises UserError with what a failed task said."""
        with self.step("hand over files"):
            self.fill_inbox()
        self.airflow = AirflowClient(self.instance)
        self.airflow.wait_for_dags(DAG_IDS)
        self.airflow.set_variable("automatic_approval", "demo")
        # Dossiers and forms refer to reference rows. The last arrival starts one build of all;
        # each would start one of its own.
        with self.airflow.paused("build_warehouse"):
            with self.step("ingest reference data"):
                self.run_dag("ingest_reference")
            with self.step("ingest survey forms"):
                self.run_dag("ingest_surveys")
        with self.step("ingest one-stop systems"):
            self.run_dag("ingest_one_stop")
        with self.step("build the warehouse"):
            self.wait_until_quiet("build_warehouse", self.batches_wait)
        with self.step("approve (automatically) and publish"):
            self.wait_until_quiet("publish_results", self.releases_wait)

    def fill_inbox(self) -> None:
        """Lets the simulator hand over its workbooks and its reference rows."""
        inbox = self.instance.folder("inbox")
        surveys = inbox / "surveys"
        for arguments in (
            ["survey", "--out", str(surveys / ROUND / "phieu-khao-sat.xlsx")],
            ["commune", "--out", str(surveys / COMMUNE_ROUND / "phieu-khao-sat.xlsx")],
            ["reference", "--out", str(inbox / "reference" / "simulated")],
        ):
            Path(arguments[-1]).parent.mkdir(parents=True, exist_ok=True)
            result = subprocess.run(
                [sys.executable, "-m", "simulator", *arguments],
                cwd=PROJECT,
                env=environment.common(self.instance),
                capture_output=True,
                text=True,
                check=False,
            )
            if result.returncode:
                raise UserError(f"The simulator failed: {result.stderr.strip()}")

    def run_dag(self, dag_id: str) -> None:
        """Triggers a DAG and waits; raises UserError with its tasks' errors when it failed."""
        run_id = self.airflow.trigger(dag_id)
        run = self.airflow.wait_for_run(dag_id, run_id)
        if run["state"] != "success":
            raise UserError(f"{dag_id} failed:\n{self.airflow.failures(dag_id, run_id)}")

    def wait_until_quiet(self, dag_id: str, work_waits: Callable[[], bool]) -> None:
        """Waits until the runs that assets triggered have ended and no work waits any more.

        An asset event can be lost while a run is active; then the DAG is triggered here, as its
        timetable would do at night.
        """
        deadline = time.monotonic() + 600
        quiet_since = time.monotonic()
        while time.monotonic() < deadline:
            runs = self.airflow.runs(dag_id)
            if any(run["state"] not in FINISHED for run in runs):
                quiet_since = time.monotonic()
            elif not work_waits():
                return
            elif time.monotonic() - quiet_since > 10:  # a waiting run would have begun by now
                if runs and runs[0]["state"] == "failed":
                    run_id = runs[0]["dag_run_id"]
                    raise UserError(f"{dag_id} failed:\n{self.airflow.failures(dag_id, run_id)}")
                self.airflow.trigger(dag_id)
                quiet_since = time.monotonic()
            time.sleep(0.5)
        raise UserError(f"{dag_id} did not come to rest within 10 minutes.")

    @patiently
    def batches_wait(self) -> bool:
        """Whether something was accepted that no build has told yet."""
        with psycopg.connect(database_url(self.instance, "sipas_audit")) as connection:
            return tells_anything_new(connection)

    def releases_wait(self) -> bool:
        """Whether the last build's figures are not all published yet."""
        return self.ask(
            """
            select exists (select from release.releases where status in ('candidate', 'approved'))
            or not exists (select from audit.validations where gate = 'mart' and build_id = (
                select max(build_id) from audit.builds where status = 'succeeded'))
            """
        )

    @patiently
    def ask(self, query: str) -> bool:
        """The yes or no that a query answers."""
        with psycopg.connect(database_url(self.instance, "sipas_audit")) as connection:
            return connection.execute(query).fetchone()[0]
