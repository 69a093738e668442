"""What a release hides cannot be derived from what it tells, nor from what stands beside it."""

import json
from collections import defaultdict

import psycopg
import pytest
from attacker import Attacker, found_indices
from psycopg.rows import dict_row

from sipas.release.gate import newest_build
from sipas.release.lifecycle import freeze_candidates
from sipas.release.suppression.survey import RESULT_MARTS

ROUNDS = ("hue-2023-sim", "quang-thanh-2023-sim")


@pytest.fixture(scope="module")
def frozen(built):
    """A connection in which the demo's candidates are frozen; nothing of it is kept."""
    with psycopg.connect(built.url("owner"), row_factory=dict_row) as connection:
        connection.execute("set local role sipas_release")
        with connection.cursor(row_factory=psycopg.rows.tuple_row):
            pass
        yield connection
        connection.rollback()


def printed_rows(connection, schema: str, round_code: str) -> list[dict]:
    """The computed rows of a round as a release, or the marts, print them."""
    rows = []
    for mart in RESULT_MARTS:
        for row in connection.execute(
            f"select * from {schema}.{mart} where round_code = %s and value_source = 'answers'",
            [round_code],
        ):
            told = {"variant_code": "official"} | row
            told["distribution"] = row["distribution"] and json.loads(row["distribution"])
            rows.append(told)
    return rows
