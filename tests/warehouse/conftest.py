"""What the tests of the warehouse share."""

from collections.abc import Iterator

import handover
import pytest
from drawn_world import Drawn, build_the_drawn_surveys
from made_releases import MadeReleases
from one_stop_world import OneStopWorld, build_the_one_stop_world
from world import build_the_demo

from bench.faults.source import OneStop, one_stop_server
from expectations.checkpoint import connected_source
from sipas.database import connect
from sipas.local.instance import Instance
from sipas.local.scratch import Warehouse, copy_warehouse, make_warehouse, variables
from sipas.release.gate import check_marts, newest_build
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
def released_warehouse(
    demo_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """A copy of the demo's world with every scope published; who changes a row puts it back."""
    connected_source.cache_clear()  # its connections to the original end with the copy
    made = copy_warehouse(demo_warehouse, tmp_path_factory.mktemp("released"), "released")
    with variables(made.variables()), connect("release") as connection:
        build_id = newest_build(connection)
        check_marts(connection, build_id)
        for release_id in freeze_candidates(connection, build_id):
            approve(connection, release_id, AUTOMATIC)
            publish(connection, release_id)
    return made


@pytest.fixture(scope="module")
def released(released_warehouse: Warehouse) -> Iterator[Warehouse]:
    """The published world of the demo, its settings in the environment."""
    with variables(released_warehouse.variables()):
        yield released_warehouse


@pytest.fixture(scope="module")
def made(warehouse) -> MadeReleases:
    """Makes small releases by hand in the module's warehouse."""
    return MadeReleases(warehouse)


@pytest.fixture
def release(warehouse):
    """A connection of the release role; each step is kept at once."""
    with warehouse.connect("release") as connection:
        yield connection


@pytest.fixture
def bi(warehouse):
    """What a dashboard sees."""
    with warehouse.connect("bi") as connection:
        yield connection


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
