"""The task of approve_release that waits for a person, without a worker or a triggerer."""

from collections.abc import Mapping
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, Variable
from airflow.sdk.exceptions import AirflowException

from sipas.errors import UserError
from sipas.orchestration.defaults import ACCOUNT_IDS
from sipas.release.approval_form import APPROVE, DAYS, FIELDS, REJECT


class CandidateApproval(HITLOperator):
    """Shows a candidate to its approvers and takes the answer; asks again when it is refused.

    The question comes from the task `look` when the run begins, since a form knows nothing of the
    candidate when the DAG is parsed.
    """

    def __init__(self, **options: Any) -> None:
        options.pop("params", None)  # those of the DAG; Airflow merges them once more below
        super().__init__(
            subject="",
            options=[APPROVE, REJECT],
            params={
                name: Param(
                    None,
                    type=["null", "string"],
                    title=title,
                    source="task",
                    **({"format": "date"} if name in DAYS else {}),
                )
                for name, title in FIELDS.items()
            },
            # People take weeks; nothing runs meanwhile.
            execution_timeout=None,
            **options,
        )

    def execute(self, context: Any) -> None:
        """Asks, and parks the task until somebody answers."""
        request = self.request(context)
        self.subject, self.body = request["subject"], request["body"]
        self.assigned_users = assigned(request["approvers"])
        super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> str:
        """Takes the answer; what is refused is noted with its reason, and asked once more."""
        from sipas.database import connect
        from sipas.release.answers import end_request, note_refusal, take_answer
        from sipas.release.lifecycle import find

        release_id = self.request(context)["release_id"]
        account = (event.get("responded_by_user") or {}).get("name") or "?"
        with connect("release") as connection:
            status = find(connection, release_id)["status"]
            if status != "candidate":
                end_request(connection, release_id)
                self.log.warning("%s đã là %s: câu trả lời không còn cần.", release_id, status)
                return status
        try:
            answer = super().execute_complete(context, event)
            with connect("release") as connection:
                take_answer(
                    connection,
                    release_id,
                    answer["chosen_options"][0],
                    answer["params_input"],
                    account,
                )
                end_request(connection, release_id)
        except (UserError, ValueError, AirflowException) as error:
            self.log.warning("Câu trả lời không được nhận, hỏi lại: %s", error)
            with connect("release") as connection:
                note_refusal(connection, release_id, account, str(error))
            self.execute(context)  # parks again
        return answer["chosen_options"][0]

    @staticmethod
    def request(context: Mapping[str, Any]) -> dict[str, Any]:
        """What the task `look` prepared."""
        return context["ti"].xcom_pull(task_ids="look")


def assigned(approvers: list[str]) -> list[dict[str, str]] | None:
    """The approvers as Airflow knows them; None when none of them is known.

    The database refuses an answer of anybody else all the same.
    """
    ids = Variable.get(ACCOUNT_IDS, default={}, deserialize_json=True)
    return [{"id": ids[name], "name": name} for name in approvers if name in ids] or None
