"""Faults in combinations drawn from a seed: 100 of them here, 1,000 in `make bench`."""

import pytest

from bench.faults.plans import draw
from bench.faults.runs import run

COMBINATIONS = 100


@pytest.mark.parametrize("tenth", range(10))
def test_every_combination_of_faults_ends_with_exactly_the_state_of_the_sources(
    faults_warehouse, one_stop, tenth
):
    for seed in range(tenth, COMBINATIONS, 10):
        troubles = draw(seed)
        wrong = run(faults_warehouse, one_stop, seed, troubles)
        assert wrong == [], "\n".join(
            [f"python -m bench faults --seed {seed}", *map(str, troubles), *wrong]
        )
