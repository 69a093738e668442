"""Servers for the tests: an instance of their own in a temporary folder, gone afterwards.

`instance` is only PostgreSQL; `warehouse` is a new database on it with all migrations and the
settings of the pipeline; `demo` is everything, with the main job run once by the real scheduler.
"""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from sipas.local import lifecycle
from sipas.local.demo import Demo
from sipas.local.instance import Instance
from sipas.local.scratch import Warehouse, make_warehouse, scratch_instance, variables

# A busy machine is no fault of the code, and a failing example must come again.
settings.register_profile("tests", deadline=None, derandomize=True, database=None)
settings.load_profile("tests")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the demo come last: its servers, idle, would take their part of the machine from
    all others."""
    items.sort(key=lambda item: "demo" in item.fixturenames)


@pytest.fixture(scope="session")
def instance() -> Iterator[Instance]:
    """An instance with PostgreSQL running; nothing of it is left at the end."""
    with scratch_instance("sipas-test-", is_forgetful=True) as made:
        yield made


@pytest.fixture(scope="module")
def warehouse(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """An empty warehouse for the tests of one file, its settings in the environment."""
    made = make_warehouse(instance, tmp_path_factory.mktemp("warehouse"), "test")
    with variables(made.variables()):
        yield made


@pytest.fixture(scope="session")
def demo(instance: Instance) -> Demo:
    """All servers, and the main job run once from nothing by the real scheduler."""
    lifecycle.up(instance, print)
    run = Demo(instance, print)
    run.run()
    return run
