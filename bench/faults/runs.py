"""One combination of faults from the first bad night to the last repair, and what is left."""

from contextlib import nullcontext
from dataclasses import replace
from unittest.mock import patch

from bench.faults.nights import Case, Night
from bench.faults.plans import NIGHTS, Trouble
from bench.faults.quick_gate import run_suites
from bench.faults.source import SMALL, OneStop
from simulator.world import Settings
from sipas.local.scratch import Warehouse

# What must be there however slow the machine: long enough for any answer that comes at all.
PATIENT = {"timeout_seconds": 10.0}
HASTY = {"timeout_seconds": 0.15}
REAL_GATE_EVERY = 50


def run(warehouse: Warehouse, one_stop: OneStop, seed: int, troubles: list[Trouble]) -> list[str]:
    """The nights of a combination in a world of its own; returns whatever is wrong at the end.

    After the last night the vendor repairs, a night or two pass, and a person asks once more for
    the days of what was quarantined.
    """
    is_slow = any(trouble.settings["kind"] == "slow_page" for trouble in troubles)
    is_real = seed % REAL_GATE_EVERY == 0
    gate = nullcontext() if is_real else patch("sipas.loading.gate.run_suites", run_suites)
    with gate:
        case = Case(warehouse, one_stop, world_of(seed), **HASTY if is_slow else PATIENT)
        return list(_nights(case, troubles))


def world_of(seed: int) -> Settings:
    """The small world of a combination: every seed its own dossiers."""
    return replace(SMALL, seed=seed)


def _nights(case: Case, troubles: list[Trouble]):
    before = Night()
    for number in range(NIGHTS):
        for trouble in troubles:
            if trouble.night == number:
                case.one_stop.fail(trouble.fault())
        night = case.night()
        yield from silent(case, before, night)
        before = night
        case.one_stop.pass_days(1)
    case.one_stop.repair()
    case.configure(**PATIENT)
    yield from _recover(case)
    case.fetch_days_of_quarantined()
    yield from case.differences()


def _recover(case: Case):
    """One night without faults; and another where the first went on with pages of an interrupted
    one, so that it reaches no further than that."""
    for _ in range(2):
        night = case.night()
        yield from (f"after the repair: {line}" for line in night.told)
        if all(reached == case.one_stop.world.clock for reached in night.watermarks.values()):
            return
    yield f"after the repair the sources stand at {night.watermarks}"


def silent(case: Case, before: Night, night: Night):
    """Sources that did not get on, and nobody was told."""
    for code, reached in night.watermarks.items():
        stands = reached is None or reached == before.watermarks.get(code)
        if stands and not any(code in line for line in night.told):
            yield f"{code} stands at {reached}, and nobody was told"
