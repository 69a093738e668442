"""One simulated world, small enough to be drawn in a moment."""

from contextlib import ExitStack
from datetime import date, datetime
from functools import cache

import pytest
from fastapi.testclient import TestClient

from simulator import LOCAL_TIME
from simulator.one_stop import create_app
from simulator.world import Settings, World

USER, PASSWORD = "connector", "not-a-secret"


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings(
        seed=7,
        dossiers_per_day=16,
        history_from=date(2023, 12, 1),
        clock=datetime(2024, 1, 31, 17, tzinfo=LOCAL_TIME),
    )


@pytest.fixture(scope="session")
def default_world() -> World:
    """The world of the demo; nobody moves its clock."""
    return World(Settings())


@pytest.fixture(scope="session")
def open_client(settings):
    """A function that starts a fresh one-stop service and signs in to a system."""
    with ExitStack() as running:

        def start(system: str, **changes) -> TestClient:
            app = create_app(Settings(**{**vars(settings), **changes}), USER, PASSWORD)
            # Entered: one event loop a client instead of one a request.
            client = running.enter_context(TestClient(app))
            login = {"username": USER, "password": PASSWORD}
            answer = client.post(f"/systems/{system}/token", json=login)
            assert answer.status_code == 200
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            return client

        yield start


@pytest.fixture(scope="session")
def client_of(open_client):
    """A function that gives the signed-in client of a system; for tests that only read."""
    return cache(open_client)
