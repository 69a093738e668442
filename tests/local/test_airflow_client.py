"""The client of Airflow's REST interface while Airflow is being restarted."""

from pathlib import Path

import httpx
import pytest

from sipas.errors import UserError
from sipas.local.airflow_client import AirflowClient
from sipas.local.instance import Instance

SECRETS = dict.fromkeys(["password_airflow_engineer"], "as in the test")


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AirflowClient:
    """A client whose requests are answered by `client.answers`, one after the other."""
    answers = [httpx.Response(201, json={"access_token": "token"})]

    def answer(self: httpx.Client, method: str, path: str, **_: object) -> httpx.Response:
        given = answers.pop(0)
        if isinstance(given, Exception):
            raise given
        given.request = httpx.Request(method, f"http://airflow{path}")
        return given

    monkeypatch.setattr(httpx.Client, "request", answer)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    made = AirflowClient(Instance(tmp_path, "mark", {"airflow": 1}, SECRETS))
    made.answers = answers
    return made


def test_a_question_is_asked_again_until_airflow_is_back(client: AirflowClient) -> None:
    client.answers += [
        httpx.ConnectError("refused"),
        httpx.ReadError("broken off"),
        httpx.Response(503),
        httpx.Response(200, json={"dag_runs": ["found"]}),
    ]
    assert client.runs("build_warehouse") == ["found"]


def test_a_run_is_not_triggered_twice_when_the_answer_is_lost(client: AirflowClient) -> None:
    client.answers += [httpx.ReadError("broken off"), httpx.Response(200, json={"dag_run_id": "2"})]
    with pytest.raises(httpx.ReadError):
        client.trigger("build_warehouse")
    assert len(client.answers) == 1


def test_a_trigger_that_never_arrived_is_sent_again(client: AirflowClient) -> None:
    client.answers += [
        httpx.ConnectError("refused"),
        httpx.Response(200, json={"dag_run_id": "1"}),
    ]
    assert client.trigger("build_warehouse") == "1"


def test_a_refusal_is_told_in_airflows_words_and_not_asked_again(client: AirflowClient) -> None:
    client.answers += [httpx.Response(404, text="no such DAG")]
    with pytest.raises(UserError, match=r"404 .*no such DAG"):
        client.runs("build_warehous")
    assert client.answers == []
