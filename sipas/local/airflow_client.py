"""A small client of Airflow's REST interface: trigger a DAG, wait for its run, read a log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from sipas.errors import UserError
from sipas.local.instance import Instance

FINISHED = ("success", "failed")


def may_ask_again(error: BaseException, method: str) -> bool:
    """Whether a request may be repeated: it never arrived, or it only reads."""
    if isinstance(error, httpx.ConnectError):
        return True
    return method == "GET" and isinstance(error, httpx.TransportError | httpx.HTTPStatusError)


class AirflowClient:
    """Talks to the instance's Airflow as one of its accounts."""

    def __init__(self, instance: Instance, account: str = "engineer") -> None:
        self.http = httpx.Client(base_url=instance.address("airflow"), timeout=60, trust_env=False)
        answer = self.ask(
            "POST",
            "/auth/token",
            json={
                "username": account,
                "password": instance.secrets[f"password_airflow_{account}"],
            },
        )
        answer.raise_for_status()
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request, asked again for five minutes while Airflow is being started."""
        for attempt in Retrying(
            retry=retry_if_exception(lambda error: may_ask_again(error, method)),
            wait=wait_fixed(1),
            stop=stop_after_delay(300),
            reraise=True,
        ):
            with attempt:
                answer = self.http.request(method, path, **options)
                if answer.is_server_error:
                    answer.raise_for_status()
        return answer

    def call(self, method: str, path: str, **options: Any) -> dict:
        """One request to /api/v2; raises UserError with Airflow's own words when it refuses."""
        try:
            answer = self.ask(method, f"/api/v2{path}", **options)
        except httpx.HTTPStatusError as error:
            answer = error.response
        if answer.is_error:
            raise UserError(f"Airflow answered {answer.status_code} to {path}: {answer.text[:500]}")
        return answer.json() if answer.content else {}

    def set_variable(self, key: str, value: str) -> None:
        """Sets an Airflow variable, new or not."""
        body = {"key": key, "value": value}
        if self.http.get(f"/api/v2/variables/{key}").status_code == 200:
            self.call("PATCH", f"/variables/{key}", json=body)
        else:
            self.call("POST", "/variables", json=body)

    @contextmanager
    def paused(self, dag_id: str) -> Iterator[None]:
        """Within, nothing that arrives starts the DAG."""
        self.call("PATCH", f"/dags/{dag_id}", json={"is_paused": True})
        try:
            yield
        finally:
            self.call("PATCH", f"/dags/{dag_id}", json={"is_paused": False})

    def wait_for_dags(self, dag_ids: set[str], seconds: float = 120) -> None:
        """Waits until the scheduler knows these DAGs; raises with the import errors otherwise."""
        deadline = time.monotonic() + seconds
        while True:
            known = {d["dag_id"] for d in self.call("GET", "/dags?limit=100")["dags"]}
            if dag_ids <= known:
                return
            if time.monotonic() > deadline:
                errors = self.call("GET", "/importErrors")["import_errors"]
                texts = "\n".join(e["stack_trace"] for e in errors)
                raise UserError(f"Airflow does not know {sorted(dag_ids - known)}.\n{texts}")
            time.sleep(0.5)

    def trigger(self, dag_id: str) -> str:
        """Starts a run and returns its id."""
        run = self.call("POST", f"/dags/{dag_id}/dagRuns", json={"logical_date": None})
        return run["dag_run_id"]

    def runs(self, dag_id: str) -> list[dict]:
        """The newest runs of a DAG, newest first."""
        path = f"/dags/{dag_id}/dagRuns?order_by=-run_after&limit=50"
        return self.call("GET", path)["dag_runs"]

    def tasks(self, dag_id: str, run_id: str) -> list[dict]:
        """The task instances of a run."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=500"
        return self.call("GET", path)["task_instances"]

    def wait_for_run(
        self,
        dag_id: str,
        run_id: str,
        seconds: float = 600,
        progress: Callable[[dict], None] | None = None,
    ) -> dict:
        """Waits until the run has ended; returns it whatever its state."""
        deadline = time.monotonic() + seconds
        while True:
            run = self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")
            if progress:
                progress(run)
            if run["state"] in FINISHED:
                return run
            if time.monotonic() > deadline:
                raise UserError(f"The run {run_id} of {dag_id} did not end in {seconds:.0f} s.")
            time.sleep(0.5)

    def failures(self, dag_id: str, run_id: str) -> str:
        """What the failed tasks of a run say of themselves: their last error lines."""
        lines = []
        for item in self.tasks(dag_id, run_id):
            if item["state"] == "failed":
                lines.append(f"{dag_id}.{item['task_id']}: {self.last_error(dag_id, run_id, item)}")
        return "\n".join(lines)

    def last_error(self, dag_id: str, run_id: str, item: dict) -> str:
        """The last error in the log of a task instance."""
        path = (
            f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{item['task_id']}"
            f"/logs/{item['try_number']}?map_index={item['map_index']}"
        )
        errors = []
        for entry in self.call("GET", path)["content"]:
            for detail in entry.get("error_detail") or []:
                errors.append(f"{detail['exc_type']}: {detail['exc_value']}")
            if entry.get("level") == "error" and not errors:
                errors.append(entry["event"])
        return errors[-1] if errors else "no error in its log"
