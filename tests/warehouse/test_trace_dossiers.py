"""What tracing says of single dossiers and feedback: judged as plain Python judges them."""

import csv
import json
import random
from datetime import date, datetime

import dossier_oracle as oracle
import drawn_dossiers
import psycopg
import pytest
from dossier_oracle import HERE
from drawn_dossiers import AGENCIES, RULES, USES, Drawn
from handover import REFERENCE

from sipas.release.content import (
    STANDING_MARTS,
    Content,
    Table,
    columns_of,
    make_table,
    rule_rows,
    scope_of,
)
from sipas.release.lifecycle import AUTOMATIC, approve, freeze
from sipas.release.suppression.survey import Suppression
from sipas.release.trace.dossiers import Judge
from sipas.release.trace.figures import KINDS, trace_figure
from sipas.release.trace.local_time import Calendar, Period
from sipas.release.trace.released import Released, find_release
from sipas.release.trace.result import Figure

AS_OF = datetime(2024, 11, 20, 10, tzinfo=HERE)
LISTS = ("supplements", "apologies")


def calendar() -> Calendar:
    """The product's calendar."""
    with (REFERENCE / "calendar_days.csv").open(encoding="utf8") as file:
        return Calendar(
            [
                {
                    "day_on": date.fromisoformat(row["day_on"]),
                    "working_day_number": int(row["working_day_number"]),
                    "is_working_day": row["is_working_day"] == "true",
                }
                for row in csv.DictReader(file)
            ]
        )


def judge() -> Judge:
    """The drawn rules as rows."""
    rules = [
        {
            "rule_version": rule.version,
            "end_moments": " ".join(rule.end_moments),
            "compares": "day" if rule.by_day else "moment",
            "pauses_count": rule.pauses_count,
            "most_supplement_requests": rule.most_requests,
            "without_appointment": "procedure_limit" if rule.by_limit else "never_late",
        }
        for rule in RULES
    ]
    uses = [
        {"applies_to": applies_to, "rule_version": rule, "valid_from": since.isoformat()}
        for applies_to, rule, since in USES
    ]
    return Judge(AS_OF, calendar(), rules, uses, oracle.ENDED_STATUSES)


def as_loaded(version: dict) -> dict:
    """A version as it is read from raw: lists are JSON."""
    lists = {name: json.loads(drawn_dossiers.as_stored(version[name])) for name in LISTS}
    return version | lists


def test_dossiers_are_judged_as_plain_python_judges_them():
    drawn, ours, days = Drawn(random.Random(11)), judge(), oracle.Calendar()
    drawn.tell(1, AS_OF, new=4_000, again=0, removed=0)
    names = set()
    for version in drawn.told():
        found = ours.judge(version["agency_code"], as_loaded(version))
        wanted = oracle.judge(
            version, drawn_dossiers.rule_of(version, found.taken_in_at), days, AS_OF
        )
        assert (
            found.rule_version,
            found.outcome,
            found.taken_in_at,
            found.ended_at,
            found.due_at,
            found.clock_stopped_at,
            found.repeated_at,
            found.working_days,
            found.late_notice_at,
            found.apology_on,
        ) == (
            wanted.rule,
            wanted.outcome,
            wanted.taken_in,
            wanted.ended,
            wanted.due,
            wanted.stopped,
            wanted.repeated,
            wanted.working_days,
            wanted.notice,
            wanted.apology,
        ), version
        names.add((found.rule_version, found.outcome))
    assert len(names) > 3 * 6
    assert {version["agency_code"] for version in drawn.told()} == set(AGENCIES)


def test_a_period_counts_a_dossier_as_plain_python_does():
    drawn, ours, days = Drawn(random.Random(12)), judge(), oracle.Calendar()
    drawn.tell(1, AS_OF, new=500, again=0, removed=0)
    seen = 0
    for version in drawn.told():
        found = ours.judge(version["agency_code"], as_loaded(version))
        if found.outcome == "not_yet_taken_in":
            continue
        wanted = oracle.judge(
            version, drawn_dossiers.rule_of(version, found.taken_in_at), days, AS_OF
        )
        last = oracle.local(wanted.ended or AS_OF)
        expected = {
            (name, start): oracle.counted(wanted, start, end, AS_OF)
            for name, start, end in oracle.periods(oracle.local(wanted.taken_in), last)
        }
        for (name, start), counts in expected.items():
            period = Period(name, start)
            assert found.touches(period, AS_OF)
            outcome = found.in_period(period, AS_OF)
            assert counts[oracle.COUNTS.index(f"{outcome}_count")] == 1, (version, name, start)
            seen += 1
        before = Period("month", date(2020, 1, 1))
        assert not found.touches(before, AS_OF)
    assert seen > 3 * 500


@pytest.fixture
def owner(one_stop_world):
    """A connection of the owner to drawn agencies; nothing that a test writes is kept."""
    with psycopg.connect(one_stop_world.warehouse.url("owner")) as made:
        yield made
        made.rollback()


def approved(owner, code: str, *marts: str) -> Released:
    """An approved release of the newest build; what this world does not build is empty."""
    built = {mart: rows_of(owner, mart) for mart in marts}
    left = {
        mart: make_table(columns_of(owner, mart), [])
        for mart in STANDING_MARTS[code]
        if mart not in marts
    }
    content = Content(built | left, rule_rows(owner, STANDING_MARTS[code]))
    (build_id,) = owner.execute("select max(build_id) from audit.builds").fetchone()
    release_id = freeze(owner, scope_of(code), content, build_id, Suppression(owner))
    approve(owner, release_id, AUTOMATIC)
    return find_release(owner, release_id)


def rows_of(owner, mart: str) -> Table:
    """All rows of a mart as they are built."""
    columns = columns_of(owner, mart)
    rows = owner.execute(f"select {', '.join(columns)} from marts.{mart}")
    return make_table(columns, rows.fetchall())


def unequal(released: Released, mart: str) -> tuple[int, list]:
    """How many figures of a mart there are, and those that do not add up."""
    count, wrong = 0, []
    for row in released.frozen(mart):
        for column in KINDS[mart].columns:
            if column in row:
                trace = trace_figure(released, Figure(mart, row, column))
                count += 1
                if not trace.adds_up:
                    wrong.append((row, column, [c for c in trace.checks if not c.is_equal]))
    return count, wrong


def test_every_figure_of_feedback_is_counted_from_its_records(owner):
    count, wrong = unequal(approved(owner, "feedback", "feedback_results"), "feedback_results")
    assert wrong == []
    assert count > 1_000


def test_every_figure_of_the_series_is_that_of_its_agencies(owner):
    """Of then and of today: merged agencies are summed, split and abolished ones are not."""
    approved(owner, "units", "units_of_today")
    released = approved(owner, "scorecards", "agency_scorecard_series")
    count, wrong = unequal(released, "agency_scorecard_series")
    assert wrong == []
    assert count > 1_000
    sums = {row["summed_unit_count"] for row in released.frozen("agency_scorecard_series")}
    assert len(sums) > 1


def test_a_feedback_that_is_changed_afterwards_is_found(owner):
    """The published count no longer is that of the records behind."""
    released = approved(owner, "feedback", "feedback_results")
    row = next(
        row
        for row in released.frozen("feedback_results")
        if row["answered_in_time_count"] and row["breakdown"] == "all"
    )
    changed = owner.execute(
        "update raw.feedback set answered_at = answered_at + interval '300 days' "
        "where agency_code = %s and answered_at is not null",
        [row["agency_code"]],
    )
    assert changed.rowcount > 0
    trace = trace_figure(released, Figure("feedback_results", row, "answered_in_time_count"))
    assert trace.adds_up is False
