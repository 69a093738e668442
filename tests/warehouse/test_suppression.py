"""What a release hides cannot be derived from what it tells, nor from what stands beside it."""

import json
from collections import defaultdict

import psycopg
import pytest
from attacker import Attacker, found_indices, key_of
from psycopg.rows import dict_row

from sipas.release.gate import newest_build
from sipas.release.lifecycle import freeze_candidates
from sipas.release.suppression.survey import RESULT_MARTS

PROVINCE_ROUND, COMMUNE_ROUND = ROUNDS = ("hue-2023-sim", "quang-thanh-2023-sim")
TOLD_BY_A_ROW = ("sampled_count", "valid_count", "index_value", "index_rounded", "distribution")


@pytest.fixture(scope="module")
def frozen(built):
    """A connection in which the candidates of the demo are frozen; nothing of it is kept."""
    with psycopg.connect(built.url("release")) as connection:
        freeze_candidates(connection, newest_build(connection))
        yield connection
        connection.rollback()


def selected(connection, query: str, *parameters: object) -> list[dict]:
    return connection.cursor(row_factory=dict_row).execute(query, parameters).fetchall()


def printed(connection, schema: str, round_code: str) -> list[dict]:
    """The computed rows of a round as the release, or the marts, have them."""
    found = []
    for mart in RESULT_MARTS:
        for row in selected(
            connection,
            f"select * from {schema}.{mart} where round_code = %s and value_source = 'answers'",
            round_code,
        ):
            distribution = row["distribution"] and json.loads(row["distribution"])
            found.append({"variant_code": "official"} | row | {"distribution": distribution})
    return found


def parents(connection) -> dict[str, str | None]:
    return dict(connection.execute("select unit_key, parent_unit_key from reference.units"))


def people(rows: list[dict]) -> dict:
    """How many people answered, by figure: what the attacker must not find out."""
    return {key_of(row): row["valid_count"] for row in rows}


def weights(connection, rows: list[dict]) -> dict[tuple[str, str], dict[str, float]]:
    """The coefficients of roll-ups by variant and node."""
    found: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    methods = {(row["variant_code"], row["method_version"]) for row in rows}
    for variant, method in methods:
        for node, component, weight in connection.execute(
            "select indicator_code, component_code, component_weight::float / weight_total "
            "from reference.method_rollups where method_version = %s",
            [method],
        ):
            found[variant, node][component] = weight
    return found


@pytest.mark.parametrize("round_code", ROUNDS)
def test_an_attacker_finds_nothing_hidden_in_the_releases_of_the_demo(frozen, round_code) -> None:
    truth = printed(frozen, "marts", round_code)
    rows = printed(frozen, "release", round_code)
    hidden = [row for row in rows if row["is_suppressed"]]
    assert hidden
    assert all(row[column] is None for row in hidden for column in TOLD_BY_A_ROW)
    attacker = Attacker(rows, parents(frozen))
    assert attacker.found_out(people(truth), whole=False) == {}
    assert found_indices(rows, weights(frozen, rows), people(truth)) == {}


def test_the_attacker_finds_small_groups_where_only_they_are_hidden(frozen) -> None:
    """So that finding nothing means something."""
    truth = [
        row
        for row in printed(frozen, "marts", PROVINCE_ROUND)
        if row["indicator_code"].startswith("1.2.") and row["variant_code"] == "official"
    ]
    blanks = dict.fromkeys(TOLD_BY_A_ROW)
    marked = [row | (blanks if row["is_suppressed"] else {}) for row in truth]
    small = {key_of(row) for row in truth if row["is_suppressed"]}
    assert len(small) > 2
    assert set(Attacker(marked, parents(frozen)).found_out(people(truth), whole=False)) == small


def test_little_more_is_hidden_than_small_groups_need(frozen) -> None:
    """A second group of people for each small one, and no figure of a whole unit."""
    rows = printed(frozen, "release", PROVINCE_ROUND)
    hidden = [row for row in rows if row["is_suppressed"]]
    assert len(hidden) < 0.07 * len(rows)
    of_units = [row for row in hidden if row["breakdown"] == "all"]
    assert {(row["unit_level"], row["indicator_code"][:2]) for row in of_units} == {
        ("commune", "P5"),
        ("commune", "P6"),
    }


def test_harassment_and_extra_payment_are_told_of_no_unit_below_the_district(frozen) -> None:
    delicate = [
        row
        for row in printed(frozen, "release", PROVINCE_ROUND)
        if row["indicator_code"] in ("P5", "P6")
    ]
    told = {row["unit_level"] for row in delicate if not row["is_suppressed"]}
    assert told == {"province", "district"}
    reasons = {row["suppression_reason"] for row in delicate if row["unit_level"] == "commune"}
    assert reasons == {"Không công bố dưới cấp huyện"}


def test_stated_figures_are_public_and_never_hidden(frozen) -> None:
    rows = selected(
        frozen,
        "select is_suppressed, index_rounded from release.criterion_results "
        "where value_source = 'stated'",
    )
    assert len(rows) > 80
    assert not any(row["is_suppressed"] or row["index_rounded"] is None for row in rows)
