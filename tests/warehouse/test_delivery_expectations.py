"""Every expectation of deliveries is failed at least once, and good deliveries pass all of them."""

from datetime import timedelta
from itertools import count

import pytest
from batches_by_hand import Deliveries
from handover import NOON

from expectations.checkpoint import all_suites, read_suites, run_suite
from sipas.settings import sqlalchemy_url

numbers = count(1)
PARAMETERS = {"reject_threshold": 0.1, "stale_days": 2}
SUITES = {suite.suite: suite for suite in all_suites() if suite.gate == "raw"}
SUITES_OF = {
    kind: [suite.suite for suite in read_suites("raw", kind)]
    for kind in ("dossiers", "feedback", "survey_forms")
}


@pytest.fixture(scope="module")
def owner(warehouse):
    """The owner's connection to a warehouse that holds a calendar and a round for each test."""
    with warehouse.connect() as connection:
        connection.execute("set synchronous_commit = off")
        (batch_id,) = connection.execute(
            """
            with delivery as (
                insert into audit.deliveries (
                    delivery_id, source_code, delivery_kind, lot_key, subject_code, data_nature,
                    received_at, object_count, byte_count, content_sha256, manifest_sha256,
                    landing_path
                ) values ('reference', 'reference', 'reference', 'reference', 'rounds',
                    'simulated', now(), 1, 1, 'x', 'x', 'reference') returning delivery_id
            )
            insert into audit.batches (
                delivery_id, contract_version, mapping_version, status, received_count,
                loaded_count, unchanged_count, quarantined_count, decided_at
            ) select delivery_id, 'c', 'm', 'accepted', 0, 0, 0, 0, now() from delivery
            returning batch_id
            """
        ).fetchone()
        connection.execute(
            """
            insert into reference.calendar_days
                (calendar_version, day_on, is_working_day, working_day_number, batch_id, position)
            select 'test', date '2023-10-01' + n, extract(isodow from date '2023-10-01' + n) < 6,
                0, %s, n
            from generate_series(1, 200) as n
            """,
            [batch_id],
        )
        connection.execute(
            """
            insert into reference.rounds (
                round_code, round_name_vi, survey_year, unit_key, method_version, value_source,
                data_nature, planned_form_count, batch_id, position
            ) select 'round-' || n, 'Đợt', 2023, 'u', 'm', 'answers', 'simulated', 100, %s, n
            from generate_series(1, 100) as n
            """,
            [batch_id],
        )
        connection.execute(
            """
            insert into reference.sampling_points
                (round_code, sampling_point_code, point_name_vi, unit_key, batch_id, position)
            select 'round-' || n, 'D' || p, 'Điểm', 'u', %s, 4 * n + p
            from generate_series(1, 100) as n, generate_series(1, 4) as p
            """,
            [batch_id],
        )
        yield connection


@pytest.fixture
def deliveries(owner):
    """A source and a round that nobody else has."""
    number = next(numbers)
    return Deliveries(owner, f"source_{number}", f"round-{number}")


def findings_of(batch_id: int, *suites: str) -> dict:
    """What suites say of a batch, by expectation."""
    url = sqlalchemy_url("SIPAS_INGEST_DATABASE_URL")
    parameters = PARAMETERS | {"batch_id": batch_id}
    found = [f for name in suites for f in run_suite(url, SUITES[name], parameters)]
    return {finding.expectation_id: finding for finding in found}


def failed(batch_id: int, *suites: str) -> set[str]:
    return {name for name, f in findings_of(batch_id, *suites).items() if not f.is_successful}


AHEAD = "case when i = 7 then timestamptz '2024-01-10 13:00:00+07' else {} end"
# What is wrong with the last of several deliveries, and every expectation that says so.
ONE_STOP = {
    "empty": (0, {}, {"raw_batches.is_not_empty", "raw_batches.whole_has_not_collapsed"}),
    "half as large": (50, {}, set()),
    "a tenth": (10, {}, {"raw_batches.whole_has_not_collapsed"}),
    "twice as large": (200, {}, set()),
    "much in quarantine": (
        85,
        {"counts": {"received": 100, "quarantined": 15}},
        {"raw_batches.quarantine_is_within_the_limit", "raw_batches.nothing_is_quarantined"},
    ),
    "rows lost in raw": (
        100,
        {"counts": {"received": 101, "loaded": 101}},
        {"raw_batches.no_row_is_lost_after_the_load"},
    ),
    "nothing new for a week": (
        100,
        {"source_updated_at": "timestamptz '2024-01-03 11:00:00+07'"},
        {"raw_batches.newest_record_is_fresh"},
    ),
}
SIZES = {"empty", "half as large", "a tenth", "twice as large"}


@pytest.mark.parametrize("kind", ["dossiers", "feedback"])
@pytest.mark.parametrize("case", ONE_STOP)
def test_a_one_stop_delivery_that_is_not_as_usual_is_found(deliveries, kind, case):
    size, options, expected = ONE_STOP[case]
    deliveries.add_history(kind)
    found = failed(deliveries.add(kind, size, **options), "raw_batches")
    volume = {"raw_batches.whole_is_as_large_as_usual"} if case in SIZES else set()
    assert found == expected | volume


DOSSIERS = {
    "a version of tomorrow": (
        {"source_updated_at": AHEAD.format("timestamptz '2024-01-10 11:00:00+07'")},
        {"nothing_is_ahead_of_the_source"},
    ),
    "an unknown field": ({"extra": "array['TruongMoi']"}, {"no_unknown_field"}),
    "a third without appointment": (
        {"due_at": "case when i % 3 > 0 then timestamptz '2024-01-18 09:00:00+07' end"},
        {"most_have_an_appointment", "fields_are_filled_as_usual"},
    ),
    "a fifth without taker-in": (
        {"received_at": "case when i % 5 > 0 then timestamptz '2024-01-08 09:00:00+07' end"},
        {"fields_are_filled_as_usual"},
    ),
    "nobody has a handler": (
        {"handler_hash": "null"},
        {"fields_are_filled_as_usual", "no_filled_field_has_vanished"},
    ),
    "another mix of fields": ({"field_code": "'HT'"}, {"values_are_spread_as_usual"}),
    "other codes of status": (
        {"status": "1"},
        {"values_are_spread_as_usual", "codes_mean_what_they_meant"},
    ),
}


@pytest.mark.parametrize("case", DOSSIERS)
def test_a_delivery_of_unusual_dossiers_is_found(deliveries, case):
    columns, expected = DOSSIERS[case]
    deliveries.add_history("dossiers")
    found = failed(deliveries.add("dossiers", 100, **columns), "raw_dossiers")
    assert found == {f"raw_dossiers.{name}" for name in expected}


FEEDBACKS = {
    "a version of tomorrow": (
        {"source_updated_at": AHEAD.format("timestamptz '2024-01-10 11:00:00+07'")},
        {"nothing_is_ahead_of_the_source"},
    ),
    "received before it was sent": (
        {"submitted_at": "timestamptz '2024-01-08 10:00:00+07'"},
        {"nothing_is_received_before_it_was_sent"},
    ),
    "nobody tells a subject": (
        {"subject": "'other'"},
        {"most_tell_a_subject", "values_are_spread_as_usual"},
    ),
    "an unknown field": ({"extra": "array['TruongMoi']"}, {"no_unknown_field"}),
    "a fifth without field": (
        {"field_code": "case when i % 5 > 0 then 'HT' end"},
        {"fields_are_filled_as_usual"},
    ),
    "nobody has a handler": (
        {"handler_hash": "null"},
        {"fields_are_filled_as_usual", "no_filled_field_has_vanished"},
    ),
}


@pytest.mark.parametrize("case", FEEDBACKS)
def test_a_delivery_of_unusual_feedback_is_found(deliveries, case):
    columns, expected = FEEDBACKS[case]
    deliveries.add_history("feedback")
    found = failed(deliveries.add("feedback", 100, **columns), "raw_feedback")
    assert found == {f"raw_feedback.{name}" for name in expected}


FORMS = {
    "one point": (
        {"sampling_point_code": "'D1'"},
        {"raw_survey_points.an_official_round_has_two_points"}
        | {"raw_survey_forms.no_point_exceeds_its_plan"},
    ),
    "a point with two forms": (
        {"sampling_point_code": "case when i <= 2 then 'D9' else 'D' || (1 + i % 4) end"},
        {"raw_survey_forms.every_point_has_five_forms"},
    ),
    "one re-check in ten fails": (
        {"recheck_result": "case when i % 10 = 0 then 'failed' else 'passed' end"},
        {"raw_survey_forms.few_rechecks_fail"},
    ),
    "one re-check in three fails": (
        {"recheck_result": "case when i % 3 = 0 then 'failed' else 'passed' end"},
        {
            "raw_survey_forms.few_rechecks_fail",
            "raw_survey_forms.rechecks_do_not_fail_by_the_fifth",
        },
    ),
    "a third are substitutes": (
        {"is_substitute": "i % 3 = 0"},
        {"raw_survey_forms.few_people_are_substitutes"},
    ),
    "most are substitutes": (
        {"is_substitute": "i % 3 > 0"},
        {
            "raw_survey_forms.few_people_are_substitutes",
            "raw_survey_forms.most_people_are_those_drawn",
        },
    ),
    "asked tomorrow": (
        {"interviewed_on": "case when i = 1 then date '2024-02-10' else date '2023-11-10' end"},
        {"raw_survey_forms.nobody_was_asked_after_the_delivery"},
    ),
    "a fifth left out": (
        {
            "answers": {
                "score": "case when item = 1 and i % 5 = 0 then null else 1 + (i + item) % 5 end",
                "missing_kind": "case when item = 1 and i % 5 = 0 then 'dont_know' end",
            }
        },
        {"raw_survey_answers.no_question_lacks_a_tenth"},
    ),
    "two thirds left out": (
        {
            "answers": {
                "score": "case when item = 2 and i % 3 > 0 then null else 1 + (i + item) % 5 end",
                "missing_kind": "case when item = 2 and i % 3 > 0 then 'blank' end",
            }
        },
        {
            "raw_survey_answers.no_question_lacks_a_tenth",
            "raw_survey_answers.no_question_lacks_half",
            "raw_survey_answers.scores_are_spread_as_usual",
        },
    ),
    "everybody content": (
        {"answers": {"score": "5", "missing_kind": "null"}},
        {"raw_survey_answers.scores_are_spread_as_usual"},
    ),
}


@pytest.mark.parametrize("case", FORMS)
def test_a_file_of_unusual_forms_is_found(deliveries, case):
    options, expected = FORMS[case]
    deliveries.add("survey_forms", 100, state="accepted", lot="another file")
    batch_id = deliveries.add("survey_forms", 100, **options)
    suites = {name.partition(".")[0] for name in expected}
    assert failed(batch_id, *suites) == expected


@pytest.mark.parametrize("kind", ["dossiers", "feedback", "survey_forms"])
def test_good_deliveries_pass_everything(deliveries, kind):
    deliveries.add_history(kind)
    assert failed(deliveries.add(kind, 100), *SUITES_OF[kind]) == set()


@pytest.mark.parametrize("kind", ["dossiers", "feedback", "survey_forms"])
def test_a_first_delivery_without_history_passes_with_a_note(deliveries, kind):
    found = findings_of(deliveries.add(kind, 100), *SUITES_OF[kind])
    assert [name for name, f in found.items() if not f.is_successful] == []
    noted = {name.partition(".")[2] for name, f in found.items() if f.note_vi}
    assert "whole_is_as_large_as_usual" in noted
    unusual = "scores_are_spread_as_usual" if kind == "survey_forms" else "values_are_spread"
    assert any(name.startswith(unusual) for name in noted)
    assert not any(found[name].note_vi for name in found if name.endswith("is_not_empty"))


def test_a_window_is_compared_by_its_working_days(deliveries):
    """A Monday's window has three days of which one is worked; a day's ration is compared."""
    deliveries.add_history("dossiers", request="changes")
    windows = {"usual": 100, "few": 10, "many": 2000}
    found = {
        name: failed(deliveries.add("dossiers", size, request="changes"), "raw_batches")
        for name, size in windows.items()
    }
    volume = {"raw_batches.part_is_as_large_as_usual"}
    assert found == {"usual": set(), "few": volume, "many": volume}
    sunday = NOON + timedelta(days=4)
    quiet = deliveries.add("dossiers", 1, request="changes", at=sunday)
    assert failed(quiet, "raw_batches") <= {"raw_batches.newest_record_is_fresh"}


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (60, set()),
        (50, {"whole_is_as_large_as_usual"}),
        (201, {"whole_is_as_large_as_usual"}),
        (10, {"whole_is_as_large_as_usual", "whole_has_not_collapsed"}),
    ],
)
def test_a_file_is_compared_with_the_one_it_replaces(deliveries, size, expected):
    deliveries.add("survey_forms", 100, state="accepted", lot="phieu.xlsx")
    batch_id = deliveries.add("survey_forms", size, lot="phieu.xlsx")
    assert failed(batch_id, "raw_batches") == {f"raw_batches.{name}" for name in expected}


def test_a_finding_names_rows_and_limits_but_no_person(deliveries):
    deliveries.add_history("dossiers")
    bad = deliveries.add("dossiers", 100, **DOSSIERS["a version of tomorrow"][0])
    found = findings_of(bad, "raw_dossiers")
    finding = found["raw_dossiers.nothing_is_ahead_of_the_source"]
    assert finding.sample_keys == [
        {"seconds_ahead_of_source": 3600.0, "place": "H99.31.01-240105-0007"}
    ]
    assert finding.limits["max_value"] == 300
    assert finding.unexpected_count == 1


def test_every_expectation_of_deliveries_has_a_case_that_fails_it():
    names = {
        f"{suite.suite}.{item.name}" for suite in SUITES.values() for item in suite.expectations
    }
    failing = {"raw_batches.whole_is_as_large_as_usual", "raw_batches.part_is_as_large_as_usual"}
    failing |= {name for *_, expected in ONE_STOP.values() for name in expected}
    failing |= {f"raw_dossiers.{name}" for _, expected in DOSSIERS.values() for name in expected}
    failing |= {f"raw_feedback.{name}" for _, expected in FEEDBACKS.values() for name in expected}
    failing |= {name for _, expected in FORMS.values() for name in expected}
    assert failing == names


def test_no_suite_reads_the_records_of_other_batches():
    """What is usual comes from counts; a query that names a table of records asks for one batch."""
    for kind in ("dossiers", "feedback", "survey_forms", "reference"):
        for suite in read_suites("raw", kind):
            parts = suite.query.split("from raw.")[1:] + suite.query.split("join raw.")[1:]
            assert all("{batch_id}" in part for part in parts), suite.suite
