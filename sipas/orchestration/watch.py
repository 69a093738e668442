"""Tasks that show how dbt's one run goes: they build nothing, they watch what it says of its
models."""

from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import PurePath

from airflow.sdk import BaseSensorOperator, TaskGroup
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from cosmos.operators._watcher.state import (
    get_dbt_event_xcom_key,
    get_status_xcom_key,
    is_dbt_node_status_success,
    is_producer_task_terminated,
)

POKE_SECONDS = 3
# People ask for these by name; of the layers below they ask which folder went wrong.
SHOWN_ONE_BY_ONE = ("marts", "operational")


class WatchedModels(BaseSensorOperator):
    """Green when dbt has built these models and their tests passed, red with dbt's words when not.

    `nodes` are dbt's ids of models and tests, `producer` is the task that runs dbt and tells the
    state of each as an XCom. Dbt runs on beside a red model, so the words come when it has ended.
    """

    def __init__(self, *, producer: str, nodes: list[str], **kwargs) -> None:
        super().__init__(poke_interval=POKE_SECONDS, **kwargs)
        self.producer = producer
        self.nodes = nodes
        self.waiting = list(nodes)
        self.failed: list[str] = []

    def execute(self, context):
        """Watches; cleared by somebody, it leaves the models to confirm_build, which builds all."""
        if context["ti"].try_number > 1:
            raise AirflowSkipException("Cleared: confirm_build builds the whole again, once.")
        return super().execute(context)

    def poke(self, context) -> bool:
        """Whether all is built; raises AirflowFailException naming what failed, and why."""
        state = self.producer_state(context)
        if state == "success":
            return True
        while self.waiting:
            status = self.told(context, get_status_xcom_key(self.waiting[0]))
            if status is None:
                break
            node = self.waiting.pop(0)
            if not is_dbt_node_status_success(status["status"]):
                self.failed.append(node)
        if not self.waiting and not self.failed:
            return True
        if is_producer_task_terminated(state):
            raise AirflowFailException(self.words(context))
        return False

    def producer_state(self, context) -> str | None:
        """Airflow's state of the task that runs dbt."""
        instance, run_id = context["ti"], context["run_id"]
        states = instance.get_task_states(
            dag_id=instance.dag_id, task_ids=[self.producer], run_ids=[run_id]
        )
        return states.get(run_id, {}).get(self.producer)

    def told(self, context, key: str):
        """What the producer said under a key; None when nothing yet."""
        return context["ti"].xcom_pull(self.producer, key=key)

    def words(self, context) -> str:
        """What dbt says of the nodes that failed, then a line on those that it left out."""
        told = {node: self.told(context, get_dbt_event_xcom_key(node)) for node in self.failed}
        lines = [f"{node}: {event['msg']}" for node, event in told.items() if event]
        if left_out := [node for node, event in told.items() if not event] + self.waiting:
            lines.append(f"Not built or not tried: {', '.join(left_out)}")
        return "\n".join(lines)


def draw_watchers(group: TaskGroup, producer: str) -> None:
    """A task for each folder of models, mart and work list of a DbtTaskGroup, in the order in which
    they need each other. `producer` is the id of the task that runs dbt.

    Raises graphlib.CycleError when folders need each other in a circle.
    """
    nodes = group.dbt_graph.filtered_nodes
    models = {key: node for key, node in sorted(nodes.items()) if key.startswith("model.")}
    drawn_as = {key: name_of(node.original_file_path) for key, node in models.items()}
    needs: dict[str, set[str]] = {name: set() for name in sorted(set(drawn_as.values()))}
    for key, node in models.items():
        needs[drawn_as[key]].update(
            drawn_as[above]
            for above in node.depends_on
            if above in models and drawn_as[above] != drawn_as[key]
        )
    tests = tests_by_watcher(nodes, drawn_as, list(TopologicalSorter(needs).static_order()))
    tasks = {
        name: WatchedModels(
            task_id=name,
            task_group=group,
            producer=producer,
            nodes=[key for key in models if drawn_as[key] == name] + tests.get(name, []),
        )
        for name in needs
    }
    for name, above in without_detours(needs).items():
        for needed in sorted(above):
            tasks[needed] >> tasks[name]


def name_of(path: PurePath) -> str:
    """The watcher of a model's file: `intermediate.survey_cells`, `marts.criterion_results`.

    The layer is part of the name and no group of tasks: some folders of intermediate need marts,
    and Airflow cannot show groups that need each other.
    """
    layer, *folders = PurePath(path).parts[1:-1]
    if layer in SHOWN_ONE_BY_ONE:
        return f"{layer}.{PurePath(path).stem}"
    return layer if layer == "staging" else f"{layer}.{'_'.join(folders)}"


def tests_by_watcher(nodes: Mapping, drawn_as: dict[str, str], order: list[str]) -> dict:
    """The tests that each watcher watches: a test of several models belongs to the last of them,
    after which dbt runs it."""
    found: dict[str, list[str]] = {}
    for key, node in sorted(nodes.items()):
        of_models = [drawn_as[above] for above in node.depends_on if above in drawn_as]
        if key.startswith("test.") and of_models:
            found.setdefault(max(of_models, key=order.index), []).append(key)
    return found


def without_detours(needs: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same order with no line that a chain of others says already."""
    above: dict[str, set[str]] = {}
    for name in TopologicalSorter(needs).static_order():
        above[name] = needs[name].union(*(above[needed] for needed in needs[name]))
    return {
        name: direct - set().union(*(above[needed] for needed in direct))
        for name, direct in needs.items()
    }
