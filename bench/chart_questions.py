"""What a browser asks of Superset when somebody opens a dashboard, from the files of superset/."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

from sipas.local.instance import PROJECT

sys.path.insert(0, str(PROJECT / "superset"))  # a folder of scripts, no package

from dashboard_questions import Question, choices_of, default_of, of_charts
from validate_assets import load

# Sends one query to a dataset (by its uuid) and returns its rows.
Ask = Callable[[str, dict[str, Any]], list[dict[str, Any]]]


def questions(ask: Ask) -> Iterator[Question]:
    """The questions of every chart; `ask` finds the first value of a filter that opens with it."""

    def chosen(said: dict[str, Any]) -> list[Any]:
        if default_of(said) or not said["controlValues"]["defaultToFirstItem"]:
            return default_of(said)
        (target,) = said["targets"]
        rows = ask(target["datasetUuid"], {**choices_of(said), "row_limit": 1})
        return [row[target["column"]["name"]] for row in rows]

    return of_charts(load(), chosen)
