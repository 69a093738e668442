"""# Approval by a person

One run a candidate, started by `publish_results` and named `candidate__<release>`. The task `ask`
shows figures, changes, warnings and the hash under «Required Actions» and waits, for weeks if need
be, without a worker or a triggerer. Its answer approves (decision, signatory, embargo) or rejects;
one that is not in order is noted with its reason, and asked again. When a newer candidate replaces
this one, the run begins anew, finds nothing to ask and ends.
"""

from airflow.sdk import Param, dag, task

from sipas.orchestration.approval import CandidateApproval
from sipas.orchestration.defaults import DEFAULTS, FAILURE_NOTED, MOST_WAITING_CANDIDATES
from sipas.orchestration.publish import look_at_candidate, publish


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=MOST_WAITING_CANDIDATES,
    params={"release_id": Param("", type="string", title="Bản chờ phê duyệt")},
    default_args=DEFAULTS,
    on_failure_callback=FAILURE_NOTED,
    tags=["publish"],
    doc_md=__doc__,
)
def approve_release():
    @task.short_circuit
    def look(params: dict | None = None, run_id: str | None = None) -> dict | None:
        """The question about the candidate; nothing more is run when it is none any more."""
        return look_at_candidate(params["release_id"], run_id)

    ask = CandidateApproval(
        task_id="ask",
        doc_md="Waits for an approver's answer and takes it; an answer that is not in order is "
        "noted, and asked again.",
    )
    look() >> ask >> publish()


approve_release()
