"""Servers for the tests: an instance of their own in a temporary folder, gone afterwards.

`instance` is only PostgreSQL; `warehouse` is a new database on it with all migrations and the
settings of the pipeline; `demo` is everything, with the main job run once by the real scheduler.
"""

import os
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


# What is made once and shared by the tests of many files, the one that takes longest first.
WORLDS = ("demo", "demo_warehouse", "drawn_warehouse", "one_stop_world", "faults_database")


def world_of(item: pytest.Item) -> str:
    """The shared world that a test needs, or else its file."""
    return next((name for name in WORLDS if name in item.fixturenames), item.path.name)


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `pytest -n 2 --dist loadgroup`, tests of one world run in one process, so that no world
    is made twice: the demo's servers in one, all else in the other. Without it the demo comes
    last: its servers, idle, would take their part of the machine from all others."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(world_of(item)))
    if os.environ.get("PYTEST_XDIST_WORKER"):
        order = {name: place for place, name in enumerate(WORLDS)}
        items.sort(key=lambda item: order.get(world_of(item), len(order)))
    else:
        items.sort(key=lambda item: world_of(item) == "demo")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Raises when the groups are not taken, of which pytest-xdist itself says nothing: every world
    would be made twice."""
    is_grouped = any("@" in item.nodeid for item in session.items)
    if session.config.getoption("loadgroup", False) and session.items and not is_grouped:
        raise pytest.UsageError("this pytest-xdist groups no tests of this pytest: see the lock")


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
