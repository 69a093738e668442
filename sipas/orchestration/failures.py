"""Faults that only a person can mend fail a task at once: trying again mends nothing."""

from collections.abc import Iterable

from airflow.sdk.exceptions import AirflowFailException

from sipas.errors import UserError


def fail_when(reasons: Iterable[str]) -> None:
    """Fails the task, without another try, when there are reasons: trying again mends nothing."""
    if reasons := list(reasons):
        raise AirflowFailException("\n".join(reasons))


def without_retry(error: UserError) -> AirflowFailException:
    """A fault that only a person can mend, as Airflow's failure without another try."""
    return AirflowFailException(str(error))
