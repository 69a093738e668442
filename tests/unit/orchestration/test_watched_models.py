"""The tasks that watch dbt's run: green, red with dbt's words, and drawn in the order of need."""

from graphlib import CycleError
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG, TaskGroup
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from sipas.orchestration.watch import WatchedModels, draw_watchers, without_detours

RANKS = "model.sipas.int_survey_ranks"
TEST = "test.sipas.unique_int_survey_ranks.abc"


class Run:
    """A run of the DAG as a task sees it: what the producer told, and its state."""

    dag_id, try_number = "build_warehouse", 1

    def __init__(self, state: str, **told: str) -> None:
        self.state = state
        self.told = {f"{key}_status": {"status": status} for key, status in told.items()}

    def get_task_states(self, *, dag_id: str, task_ids: list[str], run_ids: list[str]) -> dict:
        return {run_ids[0]: {task_ids[0]: self.state}}

    def xcom_pull(self, task_id: str, key: str) -> dict | None:
        return self.told.get(key)

    def context(self) -> dict:
        return {"ti": self, "run_id": "run"}


def watcher() -> WatchedModels:
    """A task that watches a model and its test."""
    return WatchedModels(task_id="survey_results", producer="dbt.producer", nodes=[RANKS, TEST])


def key(node: str) -> str:
    """A node as the producer writes it into an XCom."""
    return node.replace(".", "__")


def test_it_waits_for_the_tests_of_its_models_too() -> None:
    task, run = watcher(), Run("running", **{key(RANKS): "success"})
    assert not task.poke(run.context())
    run.told[f"{key(TEST)}_status"] = {"status": "pass"}
    assert task.poke(run.context())


def test_what_dbt_finished_well_is_green_without_asking_for_each_model() -> None:
    assert watcher().poke(Run("success").context())


@pytest.mark.parametrize("node", [RANKS, TEST])
def test_a_failed_model_or_test_is_red_with_the_words_of_dbt(node: str) -> None:
    told = {key(RANKS): "success", key(TEST): "pass"} | {key(node): "error"}
    task, run = watcher(), Run("running", **told)
    assert not task.poke(run.context()), "dbt has no words before its run has ended"
    run.state = "failed"
    run.told[f"{key(node)}_dbt_event"] = {"msg": "must be owner of table int_survey_ranks"}
    with pytest.raises(AirflowFailException) as error:
        task.poke(run.context())
    assert str(error.value) == f"{node}: must be owner of table int_survey_ranks"


def test_the_cause_comes_before_what_dbt_left_out_because_of_it() -> None:
    task, run = watcher(), Run("failed", **{key(RANKS): "error", key(TEST): "skipped"})
    run.told[f"{key(RANKS)}_dbt_event"] = {"msg": "must be owner"}
    with pytest.raises(AirflowFailException) as error:
        task.poke(run.context())
    assert str(error.value).splitlines() == [
        f"{RANKS}: must be owner",
        f"Not built or not tried: {TEST}",
    ]


def test_a_run_of_dbt_that_ends_early_leaves_no_watcher_waiting() -> None:
    with pytest.raises(AirflowFailException, match=f"not tried: {TEST}"):
        watcher().poke(Run("failed", **{key(RANKS): "success"}).context())


def test_models_that_were_built_are_green_although_others_failed() -> None:
    run = Run("failed", **{key(RANKS): "success", key(TEST): "pass"})
    assert watcher().poke(run.context())


def test_a_cleared_watcher_leaves_the_building_to_confirm_build() -> None:
    run = Run("failed", **{key(RANKS): "error"})
    run.try_number = 2
    with pytest.raises(AirflowSkipException, match="confirm_build"):
        watcher().execute(run.context())


def drawn(nodes: dict[str, tuple[str, list[str]]]) -> dict:
    """The tasks drawn for models and tests, given as id: (file, what it needs)."""
    with DAG("build_warehouse") as dag:
        group = TaskGroup("dbt")
        group.dbt_graph = SimpleNamespace(
            filtered_nodes={
                node: SimpleNamespace(original_file_path=Path("models") / path, depends_on=needs)
                for node, (path, needs) in nodes.items()
            }
        )
        draw_watchers(group, "dbt.producer")
    return dag.task_dict


def test_folders_are_one_task_and_marts_a_task_each_in_the_order_of_need() -> None:
    tasks = drawn(
        {
            "model.s.a": ("staging/survey/a.sql", []),
            "model.s.b": ("intermediate/survey/cells/b.sql", ["model.s.a"]),
            "model.s.c": ("intermediate/survey/cells/c.sql", ["model.s.b", "model.s.a"]),
            "model.s.d": ("marts/d.sql", ["model.s.c", "model.s.a"]),
            "model.s.e": ("intermediate/stated/e.sql", ["model.s.d"]),
            "test.s.t": ("staging/survey/a.yml", ["model.s.c", "model.s.a"]),
        }
    )
    assert {name: (task.nodes, task.upstream_task_ids) for name, task in tasks.items()} == {
        "dbt.staging": (["model.s.a"], set()),
        "dbt.intermediate.survey_cells": (["model.s.b", "model.s.c", "test.s.t"], {"dbt.staging"}),
        "dbt.marts.d": (["model.s.d"], {"dbt.intermediate.survey_cells"}),
        "dbt.intermediate.stated": (["model.s.e"], {"dbt.marts.d"}),
    }


def test_folders_that_need_each_other_in_a_circle_are_refused_by_name() -> None:
    with pytest.raises(CycleError, match=r"intermediate\.indices"):
        drawn(
            {
                "model.s.a": ("intermediate/cells/a.sql", []),
                "model.s.b": ("intermediate/indices/b.sql", ["model.s.a"]),
                "model.s.c": ("intermediate/cells/c.sql", ["model.s.b"]),
            }
        )


def test_no_line_is_drawn_that_a_chain_of_others_says() -> None:
    needs = {"a": set(), "b": {"a"}, "c": {"a", "b"}, "d": {"a", "c"}}
    assert without_detours(needs) == {"a": set(), "b": {"a"}, "c": {"b"}, "d": {"c"}}
