"""Faults in combinations drawn from a seed: 100 of them here, 1,000 in `make bench`."""

import pytest

from bench.faults.command import lines, shrunk
from bench.faults.plans import KINDS, draw
from bench.faults.runs import run

COMBINATIONS = 100


@pytest.mark.parametrize("tenth", range(10))
def test_every_combination_of_faults_ends_with_exactly_the_state_of_the_sources(
    faults_warehouse, one_stop, tenth
):
    for seed in range(tenth, COMBINATIONS, 10):
        troubles = draw(seed)
        if wrong := run(faults_warehouse, one_stop, seed, troubles):
            smaller = shrunk(faults_warehouse, one_stop, seed, troubles)
            pytest.fail("\n".join(lines(seed, smaller, wrong)))


def test_the_combinations_hold_every_kind_of_fault_and_come_again():
    drawn = [draw(seed) for seed in range(COMBINATIONS)]
    assert {trouble.settings["kind"] for troubles in drawn for trouble in troubles} == set(KINDS)
    assert drawn == [draw(seed) for seed in range(COMBINATIONS)]
    assert all(2 <= len(troubles) <= 5 for troubles in drawn)
