"""Our process is killed at every step: the next night ends with exactly the sources' state."""

from unittest.mock import patch

import pytest

from bench.faults.killed import POINTS, night_killed_at, stop_fork_server
from bench.faults.nights import Case
from bench.faults.quick_gate import run_suites
from simulator.faults import RemovedDossiers


@pytest.fixture(scope="module", autouse=True)
def no_process_left():
    yield
    stop_fork_server()


@pytest.mark.parametrize("point", POINTS)
def test_a_night_killed_when(faults_warehouse, one_stop, point):
    with patch("sipas.loading.gate.run_suites", run_suites):
        case = Case(faults_warehouse, one_stop, timeout_seconds=10.0, removals=False)
        if POINTS[point].function.startswith("sipas.sources.reconcile"):
            case.night()
            one_stop.fail(RemovedDossiers(share=0.1))
            one_stop.pass_days(1)
        assert night_killed_at(POINTS[point], one_stop.access)
        night = case.night()
        assert night.told == []
        assert case.differences() == []
