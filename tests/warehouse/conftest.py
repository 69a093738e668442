"""What the tests of the warehouse share."""

from collections.abc import Iterator

import handover
import pytest
from drawn_world import Drawn, build_the_drawn_surveys
from one_stop_world import OneStopWorld, build_the_one_stop_world
from world import build_the_demo

from bench.faults.source import OneStop, one_stop_server
from sipas.database import connect
from sipas.local.instance import Instance
from sipas.local.scratch import Warehouse, copy_warehouse, make_warehouse, variables
from sipas.release.gate import newest_build
from sipas.release.lifecycle import AUTOMATIC, approve, freeze_candidates, publish


@pytest.fixture
def ingest(warehouse):
    """A connection of the ingest role to a warehouse that has received nothing yet."""
    handover.empty(warehouse)
    with connect("ingest", autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def demo_warehouse(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The world of the demo, built once; who changes a row of it puts it back."""
    made = make_warehouse(instance, tmp_path_factory.mktemp("demo_warehouse"), "demo")
    with variables(made.variables()):
        build_the_demo(made)
    return made


@pytest.fixture(scope="module")
def built(demo_warehouse: Warehouse) -> Iterator[Warehouse]:
    """The built world of the demo, its settings in the environment."""
    with variables(demo_warehouse.variables()):
        yield demo_warehouse


@pytest.fixture(scope="session")
def released_warehouse(demo_warehouse: Warehouse) -> Warehouse:
    """The world of the demo with every scope approved and published; who changes a row of it takes
    it back."""
    made = copy_warehouse(demo_warehouse, "released")
    with made.connect("release") as connection:
        for release_id in freeze_candidates(connection, newest_build(connection)):
            approve(connection, release_id, AUTOMATIC)
            publish(connection, release_id)
    return made


@pytest.fixture(scope="module")
def released(released_warehouse: Warehouse) -> Iterator[Warehouse]:
    """The released world of the demo, its settings in the environment."""
    with variables(released_warehouse.variables()):
        yield released_warehouse


@pytest.fixture(scope="session")
def drawn_warehouse(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Surveys drawn at random, each in several rounds, built once; nobody changes a row."""
    made = make_warehouse(instance, tmp_path_factory.mktemp("drawn_warehouse"), "drawn")
    with variables(made.variables()):
        return build_the_drawn_surveys(made)


@pytest.fixture(scope="session")
def one_stop() -> Iterator[OneStop]:
    """The simulated one-stop systems behind a real port; every test starts a world of its own."""
    with one_stop_server() as served:
        yield served


@pytest.fixture(scope="session")
def faults_database(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse that is emptied for every test; what it commits need not survive the machine."""
    made = make_warehouse(instance, tmp_path_factory.mktemp("faults"), "faults")
    with made.connect() as owner:
        owner.execute(f"alter database {made.name} set synchronous_commit = off")
    return made


@pytest.fixture
def faults_warehouse(faults_database: Warehouse) -> Iterator[Warehouse]:
    """The same, its settings in the environment."""
    with variables(faults_database.variables()):
        yield faults_database


@pytest.fixture(scope="session")
def one_stop_world(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> OneStopWorld:
    """Drawn agencies with their feedback and dossiers, built twice; nobody changes a row."""
    made = make_warehouse(instance, tmp_path_factory.mktemp("one_stop_world"), "one_stop")
    made.landing.mkdir()
    with variables(made.variables()):
        return build_the_one_stop_world(made)
