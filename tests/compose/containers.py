"""`make test-compose`: the warehouse in containers, as an operator meets it.

Needs an engine with Compose, and takes half an hour; so its name is not one that pytest collects by
itself. Every command block of docs/operator.md is run, in a fresh copy of the project; in between
the main job runs with one worker, with two, and while every service is restarted once, and has to
end with the same figures. What was measured is printed at the end.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from sipas.local.airflow_client import AirflowClient
from sipas.local.instance import PROJECT, Instance, SecretFiles
from tests.reader import WAIT, log_in, opened_browser

COMPOSE = "docker-compose" if shutil.which("docker-compose") else "docker compose"
# Of the main job these are the same whenever and wherever it runs.
FIGURES = {
    "releases": "select release_id, data_nature, row_count, content_sha256 from published.releases "
    "where status = 'published' order by release_id",
    "criteria": "select round_code, unit_key, breakdown, breakdown_value, indicator_code, "
    "index_value, valid_count from published.criterion_results order by 1, 2, 3, 4, 5",
    "agencies": "select agency_key, period_type, period_start, breakdown, breakdown_value, "
    "received_count, finished_late_count, on_time_rate from published.agency_scorecards "
    "order by 1, 2, 3, 4, 5",
    "records": "select delivery_kind, sum(received_count), sum(loaded_count), "
    "sum(quarantined_count) from audit.batches inner join audit.deliveries using (delivery_id) "
    "where loaded_count > 0 group by 1 order by 1",
}
HEADLINE = "Chỉ số hài lòng chung (SIPAS)"
RESTARTED_WHILE_INGESTING = ("postgres", "redis", "airflow-api-server", "simulator")
RESTARTED_WHILE_BUILDING = (
    "airflow-scheduler",
    "airflow-dag-processor",
    "airflow-triggerer",
    "airflow-worker",
    "superset",
)


def blocks() -> dict[str, list[str]]:
    """The command blocks of the operators' page, by the heading above them."""
    found: dict[str, list[str]] = {}
    heading, block = "", None
    for line in (PROJECT / "docs" / "operator.md").read_text(encoding="utf8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line == "```":
            if block is not None:
                found.setdefault(heading, []).append("\n".join(block))
            block = [] if block is None else None
        elif block is not None:
            block.append(line)
    return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """An installation in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {"airflow": free_port(), "superset": free_port()}
        self.measured: dict[str, str] = {}
        self.ran: set[str] = set()
        self.settings = {
            "COMPOSE_PROJECT_NAME": f"sipas-test-{os.getpid()}",
            "SIPAS_IMAGE_TAG": "compose-test",
            "SIPAS_PUBLISH_AIRFLOW": f"127.0.0.1:{self.ports['airflow']}",
            "SIPAS_PUBLISH_SUPERSET": f"127.0.0.1:{self.ports['superset']}",
            "SIPAS_PUBLIC_AIRFLOW_URL": f"http://127.0.0.1:{self.ports['airflow']}",
            "SIPAS_PUBLIC_SUPERSET_URL": f"http://127.0.0.1:{self.ports['superset']}",
        }

    @property
    def instance(self) -> Instance:
        """The installation as seen from this machine."""
        return Instance(self.folder, "told", self.ports, SecretFiles(self.folder / "secrets"))

    def sh(self, command: str, *, is_refused: bool = False) -> str:
        """Runs a command line of the page in the folder; returns what it said."""
        command = re.sub(r"\bdocker-compose\b(?!\.yml)", COMPOSE, command)
        command = command.replace("localhost:8080", f"127.0.0.1:{self.ports['airflow']}")
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env=os.environ | self.settings,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert (result.returncode != 0) == is_refused, f"{command}\n{result.stdout[-4000:]}"
        return result.stdout

    def page(self, heading: str, number: int = 0, *, without: str = "") -> str:
        """Runs a block of the operators' page; a line with `without` is left out."""
        block = blocks()[heading][number]
        self.ran.add(block)
        lines = [line for line in block.splitlines() if not (without and without in line)]
        return self.sh("\n".join(lines))

    def containers(self, service: str = "") -> list[dict]:
        """What the engine knows of each container of the installation (of one service)."""
        labels = {"project": self.settings["COMPOSE_PROJECT_NAME"], "oneoff": "False"}
        if service:
            labels["service"] = service
        wanted = " ".join(f"-f label=com.docker.compose.{k}={v}" for k, v in labels.items())
        ids = self.sh(f"docker ps -aq {wanted}").split()
        return json.loads(self.sh(f"docker inspect {' '.join(ids)}")) if ids else []

    def unhealthy(self) -> list[str]:
        """The services that are neither healthy nor ended well."""
        return [
            container["Name"]
            for container in self.containers()
            if container["State"]["Status"] != "running"
            or container["State"].get("Health", {}).get("Status") != "healthy"
            if (container["State"]["Status"], container["State"]["ExitCode"]) != ("exited", 0)
        ]

    def wait_until_healthy(self, seconds: float = 600) -> float:
        """Waits until all is healthy; returns the seconds."""
        started = time.monotonic()
        while sick := self.unhealthy():
            if time.monotonic() - started > seconds:
                raise AssertionError(f"not healthy: {sick}\n{self.sh('docker-compose logs -t')}")
            time.sleep(1)
        return time.monotonic() - started

    def up(self, *, workers: int = 1) -> None:
        """An empty installation, started; notes how long that takes."""
        self.sh("docker-compose --profile simulator down --volumes -t 10")
        self.settings["SIPAS_WORKERS"] = str(workers)
        started = time.monotonic()
        self.page("Start", 1, without="build")
        self.wait_until_healthy()
        self.note(f"up to healthy, workers: {workers}", f"{time.monotonic() - started:.0f} s")

    def note(self, what: str, value: str) -> None:
        """Keeps what was measured, and says it at once."""
        self.measured[what] = value
        print(f"{what}: {value}", flush=True)

    def ask(self, query: str) -> str:
        """The rows of a query, as text."""
        return self.sh(f'docker-compose exec -T postgres psql -U postgres -d sipas -Atc "{query}"')

    def figures(self) -> dict[str, str]:
        """What has to come out the same."""
        return {name: self.ask(query) for name, query in FIGURES.items()}

    def restart(self, service: str) -> None:
        """Restarts the containers of a service, one after the other."""
        for container in self.containers(service):
            self.sh(f"docker restart {container['Id']}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A fresh copy of what is committed or changed here, and nothing of it left at the end."""
    folder = tmp_path_factory.mktemp("site")
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    for name in filter(None, files):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    folder.chmod(0o755)
    made = Site(folder)
    yield made
    with suppress(AssertionError, KeyError):
        made.sh(
            "docker-compose --profile simulator --profile demo down --volumes -t 10 --rmi local"
        )
    for image in ("pipeline", "superset"):
        made.sh(f"docker image rm -f sipas-{image}:compose-test")
    print("\n" + "\n".join(f"{what:45} {value}" for what, value in made.measured.items()))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window, speaking to nobody but us."""
    with opened_browser() as made:
        yield made


def read_headline(site: Site, browser: Browser) -> str:
    """The index on the dashboard, as the official sees it."""
    page = log_in(browser, site.instance)
    page.goto(f"{site.instance.address('superset')}/superset/dashboard/tong-quan/")
    headline = page.locator(f'.chart-slice[data-test-chart-name="{HEADLINE}"] .header-line')
    expect(headline).to_be_visible(timeout=WAIT)
    text = headline.inner_text()
    page.context.close()
    return text


def start_simulator(site: Site) -> str:
    """Runs the page's lines for a trial but the last, which is returned: the main job."""
    block = blocks()["Start"][2]
    *before, demo = block.splitlines()
    site.ran.add(block)
    site.sh("\n".join(before))
    site.wait_until_healthy()
    return demo


def run_demo(site: Site) -> float:
    """The main job on simulated data by the page's commands; returns its seconds."""
    demo = start_simulator(site)
    started = time.monotonic()
    said = site.sh(demo)
    assert "82,28" in said, said
    return time.monotonic() - started


def test_without_its_secrets_nothing_starts_and_the_missing_one_is_named(site: Site) -> None:
    said = site.sh("docker-compose up -d", is_refused=True)
    assert "postgres.env" in said
    site.page("Start", 0)
    started = time.monotonic()
    site.sh(blocks()["Start"][1].splitlines()[0])
    site.note("build of both images", f"{time.monotonic() - started:.0f} s")
    for image in ("pipeline", "superset"):
        name = f"sipas-{image}:compose-test"
        size = int(site.sh(f"docker image inspect -f '{{{{.Size}}}}' {name}"))
        site.note(f"image {image}", f"{size / 1e6:.0f} MB")
        inspected = site.sh(f"docker image inspect -f '{{{{.Config.User}}}}' {name}")
        assert inspected.strip() == "sipas"
    secret = site.folder / "secrets" / "password_sipas_bi"
    kept = secret.read_text()
    secret.unlink()
    secret.touch()
    site.sh("docker-compose up -d", is_refused=True)
    assert "The secret password_sipas_bi is missing" in site.sh(
        "docker-compose logs prepare-warehouse"
    )
    secret.write_text(kept)


@pytest.fixture(scope="module")
def undisturbed(site: Site, browser: Browser) -> dict[str, str]:
    """The figures of the main job with one worker, left alone."""
    site.up(workers=1)
    site.note("main job, 1 worker", f"{run_demo(site):.0f} s")
    assert read_headline(site, browser) == "82,28"
    return site.figures()


def test_two_workers_end_with_the_figures_of_one(site: Site, undisturbed: dict[str, str]) -> None:
    site.up(workers=2)
    site.note("main job, 2 workers", f"{run_demo(site):.0f} s")
    assert site.figures() == undisturbed
    assert len(workers_that_ran_tasks(site)) == 2


def test_every_service_restarted_in_mid_run_the_main_job_ends_with_the_same_figures(
    site: Site, undisturbed: dict[str, str], browser: Browser
) -> None:
    site.up(workers=2)
    run_with_restarts(site)
    site.wait_until_healthy()
    assert site.figures() == undisturbed
    assert read_headline(site, browser) == "82,28"


def workers_that_ran_tasks(site: Site) -> set[str]:
    """The host names of the workers that Airflow notes beside its task instances."""
    query = "select distinct hostname from task_instance where hostname <> ''"
    command = f'docker-compose exec -T postgres psql -U postgres -d airflow -Atc "{query}"'
    return set(site.sh(command).split())


def run_with_restarts(site: Site) -> None:
    """The main job, and every service restarted once under it."""
    said: list[str] = []
    command = start_simulator(site)
    started = time.monotonic()
    run = threading.Thread(target=lambda: said.append(site.sh(command)))
    run.start()
    for dag_id, services in (
        ("ingest_one_stop", RESTARTED_WHILE_INGESTING),
        ("build_warehouse", RESTARTED_WHILE_BUILDING),
    ):
        wait_until_running(site, dag_id, run)
        for service in services:
            site.restart(service)
    run.join()
    assert said, "the main job failed, see above"
    assert "82,28" in said[0]
    site.note("main job, 2 workers, all restarted", f"{time.monotonic() - started:.0f} s")


def wait_until_running(site: Site, dag_id: str, run: threading.Thread) -> None:
    """Waits until a run of the DAG has begun a task."""
    airflow = AirflowClient(site.instance)
    while run.is_alive():
        for item in airflow.runs(dag_id):
            tasks = airflow.tasks(dag_id, item["dag_run_id"])
            if item["state"] == "running" and any(t["state"] == "running" for t in tasks):
                return
        time.sleep(0.5)
    raise AssertionError(f"the main job ended before {dag_id} ran")


def test_the_pages_commands_do_what_it_says(site: Site, browser: Browser) -> None:
    before = site.figures()
    health = site.page("Health", 0)
    assert '"scheduler":{"status":"healthy"' in health
    site.page("Health", 1)
    site.wait_until_healthy()
    assert "airflow-scheduler" in site.page("Logs", 0)
    assert "hue-2023-sim" in site.page("Files and commands", 0)
    assert "accepted" in site.page("Accounts", 0)
    old = dict(site.instance.secrets)
    site.page("Change a secret", 0)
    site.wait_until_healthy()
    changed = {name for name, text in site.instance.secrets.items() if old[name] != text}
    assert changed == {"postgres.env", "password_sipas_bi", "password_superset_official"}
    assert read_headline(site, browser) == "82,28"
    site.settings.pop("SIPAS_WORKERS")
    site.page("More workers", 0)
    site.wait_until_healthy()
    assert len(site.containers("airflow-worker")) == 2
    site.page("Back up and restore", 0)
    site.sh("docker-compose --profile simulator down --volumes -t 10")
    site.page("Back up and restore", 1)
    site.wait_until_healthy()
    assert site.figures() == before
    assert read_headline(site, browser) == "82,28"
    site.page("Upgrade", 0, without="git pull")
    site.wait_until_healthy()
    assert site.figures() == before
    site.page("Stop", 0)
    assert site.containers() == []
    site.page("Start", 1)
    site.wait_until_healthy()
    assert site.figures() == before


def test_passwords_stand_in_no_log_and_in_no_image(site: Site) -> None:
    logs = site.sh("docker-compose logs")
    images = site.sh("docker image history --no-trunc sipas-pipeline:compose-test")
    for name, secret in site.instance.secrets.items():
        for value in secret.split("PASSWORD=")[-1:]:
            assert value not in logs, name
            assert value not in images, name


def test_every_block_of_the_page_was_run(site: Site) -> None:
    assert site.ran == {block for of_heading in blocks().values() for block in of_heading}
