"""The steps of the ingest DAGs and of the reconciliation: ask, load, decide, announce."""

import logging

from airflow.sdk import Asset, get_current_context, task

from sipas.orchestration.data_docs import show_results
from sipas.orchestration.failures import fail_when, without_retry

log = logging.getLogger(__name__)


def show_source(source_code: str) -> None:
    """Gives a mapped task instance the source's code as its label in Airflow's pages."""
    get_current_context()["source_code"] = source_code


def land_one_stop(source_code: str) -> str:
    """Asks one source of whatever kind for what is new and lands it; returns its code."""
    from sipas.database import connect
    from sipas.orchestration.connections import access_of_task
    from sipas.settings import directory
    from sipas.sources.ask import land_news
    from sipas.sources.configuration import known_source
    from sipas.sources.session import SourceRefusesUs

    show_source(source_code)
    folders = directory("SIPAS_LANDING_DIR"), directory("SIPAS_INBOX_DIR")
    try:
        with connect("ingest") as connection:
            landed = land_news(connection, *folders, known_source(source_code), access_of_task)
    except SourceRefusesUs as error:
        raise without_retry(error) from error
    log.info("%s: %s", source_code, [m.delivery_id for m in landed] or "nothing new")
    return source_code


def compare_counts(source_code: str) -> str:
    """Compares a source's counts with ours and lands the days that differ once more; returns the
    source's code."""
    from sipas.database import connect
    from sipas.orchestration.connections import access_of_task
    from sipas.settings import directory
    from sipas.sources.configuration import known_source
    from sipas.sources.reconcile import reconcile
    from sipas.sources.session import SourceRefusesUs

    show_source(source_code)
    source = known_source(source_code)
    access = access_of_task(source.connection)
    try:
        with connect("ingest") as connection:
            days = reconcile(connection, directory("SIPAS_LANDING_DIR"), source, access)
    except SourceRefusesUs as error:
        raise without_retry(error) from error
    log.info("%s: days that differ: %s", source_code, ", ".join(map(str, days)) or "none")
    return source_code


def confirm_counts(source_code: str) -> None:
    """Compares the days that differed once more; fails with source, agency, day, both counts."""
    from sipas.database import connect
    from sipas.orchestration.connections import access_of_task
    from sipas.sources.configuration import known_source
    from sipas.sources.reconcile import confirm

    show_source(source_code)
    source = known_source(source_code)
    with connect("ingest") as connection:
        left = confirm(connection, source, access_of_task(source.connection))
    fail_when(str(difference) for difference in left)


def load_pending(source_code: str | None, *delivery_kinds: str) -> list[str]:
    """Loads every landed delivery of some kinds without a batch (of one source); returns one line
    a delivery.

    A refused delivery does not stop the others; it fails the task at the end, by name.
    """
    from sipas.database import connect
    from sipas.landing import register_all
    from sipas.loading.batches import load, pending_deliveries
    from sipas.settings import directory

    if source_code:
        show_source(source_code)
    landing = directory("SIPAS_LANDING_DIR")
    lines, refused = [], []
    with connect("ingest", autocommit=True) as connection:
        for delivery_kind in delivery_kinds:
            register_all(connection, landing, delivery_kind)
        pending = [
            manifest
            for delivery_kind in delivery_kinds
            for manifest in pending_deliveries(connection, landing, delivery_kind)
            if source_code in (None, manifest.source_code)
        ]
        for manifest in pending:
            result = load(connection, landing, manifest)
            if result.refusal_reason:
                refused.append(result.refusal_reason)
            lines.append(
                f"batch {result.batch_id} of {manifest.file_name or manifest.source_code}: "
                f"{result.status}, received {result.received_count} = loaded "
                f"{result.loaded_count} + unchanged {result.unchanged_count} + quarantined "
                f"{result.quarantined_count}"
            )
            log.info(lines[-1])
    fail_when(refused)
    return lines


def decide_batches(*delivery_kinds: str) -> int:
    """The raw gate for kinds of deliveries; returns how many batches were accepted."""
    from sipas.database import connect
    from sipas.loading.gate import decide

    with connect("ingest", autocommit=True) as connection:
        decided = [found for kind in delivery_kinds for found in decide(connection, kind)]
    if decided:
        show_results()
    refused = [f"Batch {batch_id} refused: {reason}" for batch_id, reason in decided if reason]
    log.info("%d batches accepted, %d refused", len(decided) - len(refused), len(refused))
    fail_when(refused)
    return len(decided) - len(refused)


def finish_ingest(steps: list, asset: Asset, *delivery_kinds: str, after_gate=None) -> None:
    """Wires the end of an ingest DAG behind its `steps`: gate, one asset event, and a task that
    fails the run when a step failed (also one of `after_gate`, which follows the gate)."""

    @task(trigger_rule="all_done")
    def gate() -> int:
        """Great Expectations on each loaded batch: accepted or refused."""
        return decide_batches(*delivery_kinds)

    @task(outlets=[asset], trigger_rule="all_done")
    def announce() -> None:
        """One asset event a run, also when a part failed: the others have arrived."""

    @task(trigger_rule="one_failed", retries=0)
    def report_failures() -> None:
        """Fails the run when a step failed, so that somebody looks."""
        raise RuntimeError("A step failed or a delivery was refused; its log says which and why.")

    decided = gate()
    steps[-1] >> decided >> announce()
    watched = [*steps, decided]
    if after_gate is not None:
        decided >> after_gate
        watched.append(after_gate)
    watched >> report_failures()
