"""Under the real scheduler: a candidate waits for people, without a worker, and takes an answer."""

import psycopg
import pytest

from sipas.local.airflow_client import AirflowClient
from sipas.local.demo import Demo
from sipas.local.postgres import database_url
from sipas.local.processes import wait_until
from sipas.release.approval_form import APPROVE, FIELDS
from sipas.release.chain import check_chain, events_of
from sipas.release.gate import newest_build
from sipas.release.lifecycle import find, propose, reject, withdraw

SCOPE = "units"  # the smallest


@pytest.fixture(scope="module")
def release(demo: Demo):
    """A connection of the release role; each statement is kept at once."""
    with psycopg.connect(database_url(demo.instance, "sipas_release"), autocommit=True) as made:
        yield made


@pytest.fixture(scope="module")
def people(demo: Demo):
    """No automatic approval as long as the tests of this file run."""
    demo.airflow.set_variable("automatic_approval", "people")
    yield
    demo.airflow.set_variable("automatic_approval", "demo")


def path(release_id: str) -> str:
    """Where the question about a candidate is, in Airflow's interface."""
    return f"/dags/approve_release/dagRuns/candidate__{release_id}/taskInstances/ask/-1/hitlDetails"


def state_of_question(demo: Demo, release_id: str) -> str | None:
    """The state of the task that asks about a candidate."""
    tasks = demo.airflow.tasks("approve_release", f"candidate__{release_id}")
    return next((task["state"] for task in tasks if task["task_id"] == "ask"), None)


def wait_for_question(demo: Demo, release_id: str) -> None:
    """Until the task is parked: it holds no worker and no triggerer then."""
    assert wait_until(
        lambda: state_of_question(demo, release_id) == "awaiting_input", 120, pause=0.5
    ), state_of_question(demo, release_id)


def test_a_candidate_waits_for_its_approver_and_the_one_it_replaces_ends(
    demo: Demo, release, people
) -> None:
    (standing,) = release.execute(
        "select release_id from published.releases where scope = %s and status = 'published'",
        [SCOPE],
    ).fetchone()
    withdraw(release, standing, "Thử phê duyệt", "approver")
    build_id = newest_build(release)
    older = propose(release, SCOPE, build_id, "engineer")
    demo.run_dag("publish_due")
    wait_for_question(demo, older)
    reject(release, older, "Số liệu đã thay đổi trước khi phê duyệt")
    newer = propose(release, SCOPE, build_id, "engineer")
    demo.run_dag("publish_due")
    ended = demo.airflow.wait_for_run("approve_release", f"candidate__{older}", 120)
    assert ended["state"] == "success", "its question ended cleanly"
    assert state_of_question(demo, older) == "skipped"
    wait_for_question(demo, newer)
    asked = demo.airflow.call("GET", path(newer))
    digest = find(release, newer)["content_sha256"]
    assert digest in asked["body"]
    assert "DỮ LIỆU MÔ PHỎNG" in asked["body"]
    assert [user["name"] for user in asked["assigned_users"]] == ["approver"]
    assert demo.airflow.runs("publish_results")[0]["state"] == "success", "nothing else waits"

    def answer(account: str, **changes) -> int:
        form = dict.fromkeys(FIELDS) | {
            "sha256": digest[:8],
            "decision_number": "216/QĐ-UBND",
            "decision_on": "2024-05-23",
            "signatory": "Người Ký",
            "position": "Chủ tịch",
        }
        body = {"chosen_options": [APPROVE], "params_input": form | changes}
        client = AirflowClient(demo.instance, account)
        return client.http.patch(f"/api/v2{path(newer)}", json=body).status_code

    assert answer("auditor") == 403
    assert answer("engineer") == 403, "an administrator of Airflow is no approver"

    def answered_until(condition, **changes) -> bool:
        """Answers whenever asked: the scheduler may lose an answer that comes within a second."""
        return wait_until(
            lambda: condition() or (answer("approver", **changes), condition())[1], 120, pause=1
        )

    def has(event: str) -> bool:
        return event in {each["event"] for each in events_of(release, newer)}

    assert answered_until(lambda: has("refused_answer"), sha256="00000000"), "another hash"
    assert find(release, newer)["status"] == "candidate"
    assert answered_until(lambda: has("approved")), "it was asked again"
    run = demo.airflow.wait_for_run("approve_release", f"candidate__{newer}", 120)
    assert run["state"] == "success", demo.airflow.failures("approve_release", run["dag_run_id"])
    kept = find(release, newer)
    assert (kept["status"], kept["approved_by"], kept["signatory"]) == (
        "published",
        "approver",
        "Người Ký",
    )
    assert check_chain(release) == []
