"""Every expectation of publications is failed at least once; good marts and releases pass them."""

from itertools import chain

import msgspec
import pytest
from publication_cases import CASES, LOSSES, SOME_FEEDBACK, WHOLE

from expectations.checkpoint import all_suites, run_suite
from sipas.release.content import ROUND_MARTS, STANDING_MARTS
from sipas.settings import sqlalchemy_url

SUITES = {suite.suite: suite for suite in all_suites() if suite.gate == "mart"}


@pytest.fixture(scope="module")
def owner(released):
    """A connection that may change the marts."""
    with released.connect() as connection:
        connection.execute("set role sipas_transform")
        yield connection


@pytest.fixture
def change(owner):
    """A function that changes a mart; its rows are put back afterwards."""
    changed = []

    def run(mart: str, what: str) -> int:
        changed.append(mart)
        if mart == "feedback_results":
            owner.execute(SOME_FEEDBACK)
        owner.execute(f"create table marts.kept_{mart} as select * from marts.{mart}")
        owner.execute(f"grant select on marts.kept_{mart} to sipas_release, sipas_audit")
        if what.startswith("- "):
            return owner.execute(f"delete from marts.{mart} where {what[2:]}").rowcount
        return owner.execute(f"update marts.{mart} set {what}").rowcount

    yield run
    for mart in changed:
        owner.execute(f"delete from marts.{mart}")
        if mart == "feedback_results":
            owner.execute(f"delete from marts.kept_{mart}")
        owner.execute(f"insert into marts.{mart} select * from marts.kept_{mart}")
        owner.execute(f"drop table marts.kept_{mart}")


def failed(name: str) -> set[str]:
    """What a suite says now."""
    suite = SUITES[name]
    # The demo has no feedback: what was there before the change stands for what is published.
    kept = suite.query.replace("published.feedback_results", "marts.kept_feedback_results")
    suite = msgspec.structs.replace(suite, query=kept)
    role = "AUDIT" if suite.reads_as else "RELEASE"
    found = run_suite(sqlalchemy_url(f"SIPAS_{role}_DATABASE_URL"), suite, {"build_id": 1})
    assert [f.exception_message for f in found if f.exception_message] == []
    return {f.expectation_id.partition(".")[2] for f in found if not f.is_successful}


@pytest.mark.parametrize("case", CASES)
def test_an_unusual_publication_is_found(released, change, case):
    suite, what, expected = CASES[case]
    assert change(SUITES[suite].table.removeprefix("marts."), what) > 0, "nothing was changed"
    assert failed(suite) == expected


def test_good_publications_pass_everything_but_what_the_demo_is_late_with(released):
    found = {name: failed(name) for name in SUITES if name != "mart_feedback_results"}
    assert {name: what for name, what in found.items() if what} == {
        "mart_improvement_tasks": {"no_task_is_overdue_for_a_quarter"}
    }


def test_other_scores_than_in_the_round_before_are_found(released, owner, change):
    """The mean may stay while everything else changes."""
    row = f"{WHOLE} and indicator_code = '2.1.3'"
    change("criterion_results", f"previous_round_code = 'former' where {row}")
    owner.execute(
        "insert into marts.criterion_results select (jsonb_populate_record(rows, "
        "jsonb_build_object('round_code', 'former', 'distribution', "
        "jsonb_build_object('4', valid_count)::text))).* "
        f"from marts.criterion_results as rows where {row}"
    )
    assert failed("mart_criterion_results") == {"scores_are_spread_as_in_the_round_before"}


@pytest.mark.parametrize("case", LOSSES)
def test_what_is_lost_between_the_layers_is_found(released, change, case):
    mart, what, (layer, name) = LOSSES[case]
    assert change(mart, what) > 0
    url = sqlalchemy_url("SIPAS_AUDIT_DATABASE_URL")
    (finding,) = run_suite(url, SUITES["mart_layers"], {"build_id": 1})
    assert not finding.is_successful
    assert finding.severity == "critical"
    (lost,) = finding.sample_keys
    assert lost["layer"] == layer
    assert name in (None, lost["what"])


def test_every_expectation_of_publications_has_a_case_that_fails_it():
    names = {f"{s.suite}.{item.name}" for s in SUITES.values() for item in s.expectations}
    failing = {f"{suite}.{name}" for suite, _, expected in CASES.values() for name in expected}
    failing.add("mart_criterion_results.scores_are_spread_as_in_the_round_before")
    failing.add("mart_layers.nothing_is_lost_between_layers")
    failing |= {"mart_sources.no_source_is_silent", "mart_sources.no_source_is_dead"}
    assert failing == names


def test_every_released_mart_has_a_suite():
    marts = {*ROUND_MARTS, *chain.from_iterable(STANDING_MARTS.values())}
    assert {f"marts.{mart}" for mart in marts} <= {suite.table for suite in SUITES.values()}
