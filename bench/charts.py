"""How long the query of every chart takes through Superset's chart-data API, among few and many
dossiers and beside a national round; and how long a browser takes to a complete dashboard.

Each query is asked as an official asks it who opens the dashboard, several times; caches of results
are off, as in the product. A query that fails or returns nothing stops the benchmark.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

import click
import httpx

from bench.chart_pages import time_pages
from bench.chart_questions import questions
from bench.chart_world import fill
from bench.dossiers import dossier_warehouse
from bench.sizes import measure_sizes
from sipas.local import environment, prepare
from sipas.local.instance import PROJECT, Instance
from sipas.local.scratch import Warehouse
from sipas.local.services import superset_command

REPEATS = 5
TARGET_SECONDS = 0.2
START_SECONDS = 120


@dataclass
class Result:
    """One size: seconds of each chart («dashboard/chart») and of each dashboard in a browser, the
    median of their repeats."""

    dossiers: int
    forms: int
    seconds: dict[str, float] = field(default_factory=dict)
    pages: dict[str, float] = field(default_factory=dict)

    def figures(self) -> dict[str, float]:
        """What the history file keeps."""
        return {
            "charts": len(self.seconds),
            "chart_median_seconds": median(self.seconds.values()),
            "chart_longest_seconds": max(self.seconds.values()),
            "charts_over_200_ms": sum(s > TARGET_SECONDS for s in self.seconds.values()),
            "page_median_seconds": median(self.pages.values()),
            "page_longest_seconds": max(self.pages.values()),
        }


@contextmanager
def superset(instance: Instance, warehouse: Warehouse) -> Iterator[httpx.Client]:
    """A Superset on this warehouse with the assets of the project; a client of it, logged in."""
    variables = environment.superset(instance) | {"SIPAS_BI_DATABASE_URL": warehouse.url("bi")}
    whole = os.environ | environment.common(instance) | variables
    prepare.prepare_superset(instance)
    script = str(PROJECT / "superset" / "sync_assets.py")
    python = str(environment.SUPERSET_BIN / "python")
    sync = subprocess.run([python, script], env=whole, capture_output=True, text=True, check=False)
    if sync.returncode:
        raise RuntimeError(f"sync_assets failed:\n{sync.stderr[-3000:]}")
    server = subprocess.Popen(superset_command(instance), env=whole, cwd=PROJECT)
    try:
        with httpx.Client(
            base_url=instance.address("superset"), timeout=120, trust_env=False
        ) as client:
            log_in(client, variables["SUPERSET_USER"], variables["SUPERSET_PASSWORD"])
            yield client
    finally:
        server.terminate()
        server.wait()


def log_in(client: httpx.Client, user: str, password: str) -> None:
    """Waits for the server and takes a token."""
    ends = time.monotonic() + START_SECONDS
    while True:
        try:
            client.get("/health").raise_for_status()
            break
        except httpx.HTTPError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.5)
    account = {"username": user, "password": password, "provider": "db"}
    answer = client.post("/api/v1/security/login", json=account).raise_for_status()
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


class Asker:
    """Sends queries to datasets by their uuid."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        answer = client.get("/api/v1/dataset/?q=(page_size:100,columns:!(id,uuid))")
        self.ids = {row["uuid"]: row["id"] for row in answer.raise_for_status().json()["result"]}

    def __call__(self, dataset_uuid: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows; raises RuntimeError with Superset's words."""
        datasource = {"id": self.ids[dataset_uuid], "type": "table"}
        body = {"datasource": datasource, "queries": [query], "result_format": "json"}
        answer = self.client.post("/api/v1/chart/data", json=body)
        if answer.is_error:
            raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")
        return answer.json()["result"][0]["data"]


def time_questions(ask: Asker) -> dict[str, float]:
    """Seconds of each chart's query, the median of some; raises RuntimeError naming those that
    are empty."""
    found: dict[str, float] = {}
    empty = []
    for question in questions(ask):
        name = f"{question.dashboard}/{question.subject}"
        seconds = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            rows = ask(question.dataset_uuid, question.query)
            seconds.append(time.perf_counter() - started)
        found[name] = median(seconds)
        if not rows:
            empty.append(name)
    if empty:
        raise RuntimeError(f"empty: {', '.join(empty)}")
    return found


def table(results: list[Result]) -> str:
    """The report as people read it: the slowest charts first."""
    last = results[-1]
    sizes = "".join(f"{result.dossiers:>12}" for result in results)
    lines = [f"{'seconds a chart; dossiers:':<56}{sizes}"]
    for name in sorted(last.seconds, key=last.seconds.get, reverse=True):
        cells = "".join(f"{result.seconds[name]:>12.3f}" for result in results)
        lines.append(f"{name:<56}{cells}")
    lines.append(f"{'seconds to a complete dashboard in a browser:':<56}")
    for name in sorted(last.pages, key=last.pages.get, reverse=True):
        cells = "".join(f"{result.pages[name]:>12.3f}" for result in results)
        lines.append(f"{name:<56}{cells}")
    for result in results:
        figures = result.figures()
        lines.append(
            f"{result.dossiers} dossiers, {result.forms} forms: {figures['charts']} charts, "
            f"median {figures['chart_median_seconds']:.3f}s, "
            f"longest {figures['chart_longest_seconds']:.3f}s, "
            f"{figures['charts_over_200_ms']} over {TARGET_SECONDS:.1f}s"
        )
    if len(results) == 2:
        growth = median(last.seconds[n] / results[0].seconds[n] for n in last.seconds)
        lines.append(f"five times as many dossiers: {growth:.2f} times as long")
    lines.append(f"load average {os.getloadavg()[0]:.1f}")
    return "\n".join(lines)


@click.command()
@click.option("--dossiers", type=click.IntRange(1_000), default=5_000_000, show_default=True)
@click.option("--forms", type=click.IntRange(2_000), default=40_000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
@click.option("--only-full", is_flag=True, help="Leave out the fifth of the number of dossiers.")
def charts(dossiers: int, forms: int, as_json: bool, only_full: bool) -> None:
    """Measure the query of every chart among few and many dossiers, beside a national round."""

    def measure(instance: Instance, total: int) -> Result:
        result = Result(total, forms)
        with dossier_warehouse(instance) as warehouse:
            fill(warehouse, total, forms)
            with superset(instance, warehouse) as client:
                result.seconds = time_questions(Asker(client))
                dashboards = sorted({name.split("/")[0] for name in result.seconds})
                result.pages = time_pages(instance, dashboards)
        return result

    sizes = [dossiers] if only_full else [dossiers // 5, dossiers]
    results = measure_sizes("charts", sizes, measure, table)
    report = [asdict(result) for result in results]
    click.echo(json.dumps(report, indent=2) if as_json else table(results))
