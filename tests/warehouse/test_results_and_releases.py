"""From landed files to marts and releases, step by step without the scheduler."""

import csv
import re
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import chain

import psycopg
import pytest

from expectations.checkpoint import read_suites
from sipas.errors import UserError
from sipas.local.instance import PROJECT
from sipas.release.content import (
    ROUND_MARTS,
    STANDING_MARTS,
    Content,
    canonical,
    read_marts,
    read_release,
    scope_of,
    scopes,
)
from sipas.release.gate import check_marts, newest_build
from sipas.release.lifecycle import (
    AUTOMATIC,
    Approval,
    approve,
    find,
    freeze_candidates,
    in_state,
    list_releases,
    propose,
    publish,
    reject,
    withdraw,
)
from sipas.release.request import request_of

SIGNED = Approval("approver", "216/QĐ-UBND", date(2024, 5, 23), "Người Ký", "Chủ tịch")
ROUND = scope_of("round:hue-2023-sim")
FIRST_RELEASES = [
    "hue-2022-r1",
    "hue-2023-r1",
    "hue-2023-sim-r1",
    "quang-thanh-2023-r1",
    "quang-thanh-2023-sim-r1",
    "scorecards-r1",
    "units-r1",
    "statements-r1",
    "improvement-r1",
]


@pytest.fixture
def release(built):
    """A connection of the release role; nothing that a test writes is kept."""
    with psycopg.connect(built.url("release")) as connection:
        yield connection
        connection.rollback()


def stated(round_code: str, measure: str) -> dict[str, Decimal]:
    """Figures of a round as the document states them."""
    with (PROJECT / "reference" / "stated_figures.csv").open(encoding="utf8", newline="") as file:
        return {
            row["indicator_code"]: Decimal(row["stated_value"])
            for row in csv.DictReader(file)
            if (row["round_code"], row["measure"]) == (round_code, measure)
        }


def test_every_value_is_the_documents_and_part_1_is_the_mean_of_its_items(built) -> None:
    computed = dict(
        built.rows(
            "select indicator_code, index_rounded from marts.criterion_results "
            "where round_code = 'hue-2023-sim' and is_round_unit and breakdown = 'all'"
        )
    )
    assert computed == stated("hue-2023", "index")
    assert computed["1"] == Decimal("81.91")


def test_indices_equal_an_oracle_in_exact_fractions(built) -> None:
    """Plain Python over the answers, no SQL arithmetic."""
    from fractions import Fraction

    answers: dict[str, list[int]] = {}
    for item, score in built.rows(
        "select item_code, score from raw.survey_answers "
        "inner join raw.survey_forms using (batch_id, position) "
        "where round_code = 'hue-2023-sim' and score is not null"
    ):
        answers.setdefault(item, []).append(score)
    items = {
        code: Fraction(100 * sum(scores), 5 * len(scores))
        for code, scores in answers.items()
        if code[0].isdigit()
    }
    for code, value in built.rows(
        "select indicator_code, index_value from marts.criterion_results "
        "where round_code = 'hue-2023-sim' and is_round_unit and breakdown = 'all'"
    ):
        below = [v for c, v in items.items() if code in ("SIPAS", c) or c.startswith(f"{code}.")]
        assert abs(Fraction(value) - sum(below) / len(below)) < Fraction(1, 10**12), code


def test_change_and_rank_change_of_the_stated_round_are_the_documents(built) -> None:
    rows = built.rows(
        "select indicator_code, change, rank_change from marts.criterion_results "
        "where round_code = 'hue-2023' and change is not null"
    )
    assert {code: change for code, change, _ in rows} == stated("hue-2023", "change")
    assert {code: rank for code, _, rank in rows} == stated("hue-2023", "rank_change")
    assert len(rows) == 40


def test_the_overall_index_of_two_methods_is_not_comparable(built) -> None:
    rows = dict(
        built.rows(
            "select indicator_code, is_change_comparable from marts.criterion_results "
            "where round_code = 'hue-2023' and change is not null"
        )
    )
    not_comparable = {code for code, comparable in rows.items() if not comparable}
    assert not_comparable == {"SIPAS", "1", "2", "1.3", "1.4", "2.1", "2.3"}


def test_received_counts_equal_a_count_over_the_newest_versions(built) -> None:
    newest: dict[str, tuple] = {}
    for agency, code, updated, received, submitted in built.rows(
        "select agency_code, dossier_code, source_updated_at, received_at, submitted_at "
        "from raw.dossiers"
    ):
        if code not in newest or updated > newest[code][1]:
            newest[code] = (agency, updated, received or submitted)
    offset = built.value("select interval '7 hours'")
    expected = Counter(
        (agency, (taken_in + offset).year) for agency, _, taken_in in newest.values()
    )
    counted = {
        (code.removeprefix("onestop:"), start.year): count
        for code, start, count in built.rows(
            "select agency_code, period_start, received_count from marts.agency_scorecards "
            "where period_type = 'year' and breakdown = 'all' and received_count > 0"
        )
    }
    assert counted == expected


def test_marts_and_release_tables_have_the_same_columns(built) -> None:
    for mart in chain(ROUND_MARTS, *STANDING_MARTS.values()):
        columns = [
            built.rows(
                "select column_name, data_type from information_schema.columns "
                "where table_schema = %s and table_name = %s and column_name <> 'release_id' "
                "order by ordinal_position",
                schema,
                mart,
            )
            for schema in ("marts", "release")
        ]
        assert columns[0] == columns[1]


# A newer accepted batch of the same lot as a batch of methods, with another note.
LATER_FILE = (
    "insert into audit.deliveries select (jsonb_populate_record(known, jsonb_build_object("
    "'delivery_id', 'later', 'landing_path', 'later', 'content_sha256', 'later', "
    "'manifest_sha256', 'later'))).* from audit.deliveries as known "
    "inner join audit.batches as batches using (delivery_id) where batches.batch_id = %(batch)s",
    "insert into audit.batches overriding system value select (jsonb_populate_record(known, "
    "jsonb_build_object('batch_id', 1000000, 'delivery_id', 'later'))).* "
    "from audit.batches as known where batch_id = %(batch)s",
    "insert into reference.methods select (jsonb_populate_record(known, "
    "jsonb_build_object('batch_id', 1000000, 'note', 'đến sau'))).* "
    "from reference.methods as known where batch_id = %(batch)s",
)


def test_a_candidate_is_frozen_for_every_scope_and_an_unchanged_one_makes_none(
    built, release
) -> None:
    made = freeze_candidates(release, newest_build(release))
    assert made == FIRST_RELEASES
    assert freeze_candidates(release, newest_build(release)) == []
    assert release.execute("select count(*) from published.criterion_results").fetchone() == (0,)


def test_the_frozen_rows_hash_to_the_hash_of_the_release(built, release) -> None:
    freeze_candidates(release, newest_build(release))
    for row in list_releases(release):
        assert read_release(release, row["release_id"]).sha256 == row["content_sha256"]


def test_the_hash_covers_values_columns_and_methods(built, release) -> None:
    content = read_marts(release, ROUND)
    table = content.tables["criterion_results"]

    def with_table(**changes) -> Content:
        tables = content.tables | {"criterion_results": replace(table, **changes)}
        return replace(content, tables=tables)

    changed = [
        with_table(rows=table.rows[1:]),
        with_table(columns=table.columns[::-1]),
        with_table(rows=sorted(table.rows, key=str, reverse=True)),
        replace(content, tables={"criterion_results": table}),
        replace(content, method_rows={}),
    ]
    assert len({content.sha256, *(c.sha256 for c in changed)}) == 6
    assert read_marts(release, ROUND).sha256 == content.sha256


def test_method_rows_are_those_that_the_build_read(built) -> None:
    """A file that is accepted between the build and the freeze made none of the figures."""
    with built.connect() as owner, owner.transaction(force_rollback=True):
        before = read_marts(owner, ROUND)
        (batch_id,) = owner.execute(
            "select batch_id from audit.current_batches where batch_id in "
            "(select batch_id from reference.methods) order by 1 desc limit 1"
        ).fetchone()
        for statement in LATER_FILE:
            assert owner.execute(statement, {"batch": batch_id}).rowcount > 0
        (newest,) = owner.execute(
            "select count(*) from audit.current_batches where batch_id = 1000000"
        ).fetchone()
        assert newest == 1
        assert read_marts(owner, ROUND).method_rows == before.method_rows


def test_equal_values_have_one_canonical_form() -> None:
    assert canonical(Decimal("82.280")) == canonical(Decimal("82.28")) == "82.28"
    assert canonical(Decimal("80")) == "80"
    hanoi = datetime.fromisoformat("2024-01-31T17:00:00+07:00")
    assert canonical(hanoi) == canonical(datetime.fromisoformat("2024-01-31T10:00:00+00:00"))


def test_publishing_needs_approval_and_supersedes_what_stood(built, release) -> None:
    build_id = newest_build(release)
    freeze_candidates(release, build_id)
    with pytest.raises(UserError, match="chưa được phê duyệt"):
        publish(release, "hue-2023-sim-r1")
    shown = find(release, "hue-2023-sim-r1")["content_sha256"]
    approve(release, "hue-2023-sim-r1", SIGNED, shown)
    publish(release, "hue-2023-sim-r1")
    with pytest.raises(UserError, match="không phải là bản chờ phê duyệt"):
        approve(release, "hue-2023-sim-r1", SIGNED, shown)
    kept = release.execute(
        "select decision_number, signatory, position, is_automatic_approval from published.releases"
    ).fetchall()
    assert kept == [("216/QĐ-UBND", "Người Ký", "Chủ tịch", False)]
    whole = (
        "select count(*) from published.criterion_results where is_round_unit and breakdown = 'all'"
    )
    assert release.execute(whole).fetchone() == (51,)


def test_what_a_killed_run_left_waiting_is_found_again(built, release) -> None:
    freeze_candidates(release, newest_build(release))
    waiting = in_state(release, "candidate")
    assert waiting == sorted(FIRST_RELEASES)
    assert freeze_candidates(release, newest_build(release)) == []
    approve(release, "scorecards-r1", AUTOMATIC)
    assert in_state(release, "approved") == ["scorecards-r1"]
    assert in_state(release, "candidate") == [r for r in waiting if r != "scorecards-r1"]


def test_what_people_rejected_or_withdrew_is_not_asked_again_until_somebody_proposes_it(
    built, release
) -> None:
    build_id = newest_build(release)
    freeze_candidates(release, build_id)
    reject(release, "units-r1", "Chưa đủ", "approver")
    approve(release, "statements-r1", AUTOMATIC)
    publish(release, "statements-r1")
    with pytest.raises(UserError, match="không cần đề nghị lại"):
        propose(release, "statements", build_id, "approver")
    withdraw(release, "statements-r1", "Sai văn bản", "approver")
    assert freeze_candidates(release, build_id) == []
    assert propose(release, "units", build_id, "approver") == "units-r2"
    assert propose(release, "statements", build_id, "approver") == "statements-r2"
    with pytest.raises(UserError, match="Không có phạm vi"):
        propose(release, "unit", build_id, "approver")
    assert find(release, "statements-r2")["supersedes"] is None


def test_each_request_has_figures_and_names_the_approvers_of_the_rounds_owner(
    built, release
) -> None:
    made = freeze_candidates(release, newest_build(release))
    found = {release_id: find(release, release_id) for release_id in made}
    assert found["hue-2023-sim-r1"]["owner_unit_key"] == "gso:46@1900-01-01"
    assert found["units-r1"]["owner_unit_key"] is None
    assert found["units-r1"]["approvers"] == ["approver"]
    bodies = {release_id: request_of(release, release_id).body for release_id in made}
    assert all(found[release_id]["content_sha256"] in bodies[release_id] for release_id in made)
    assert re.search(r"^\| SIPAS [^|]+ \| 82,28 \|", bodies["hue-2023-sim-r1"], re.MULTILINE)
    assert "| contradiction | 38 |" in bodies["statements-r1"]
    assert "| Năm | tiếp nhận | trước hạn |" in bodies["scorecards-r1"]
    commune = bodies["quang-thanh-2023-sim-r1"]
    assert "| Tiêu chí | Điểm đạt được | Điểm tối đa |" in commune
    assert "Người được giao phê duyệt: approver, lanh-dao-xa" in commune
    shown = found["hue-2023-sim-r1"]["content_sha256"]
    with pytest.raises(UserError, match="«lanh-dao-xa» không được giao"):
        approve(release, "hue-2023-sim-r1", replace(SIGNED, approved_by="lanh-dao-xa"), shown)


def test_a_candidate_whose_figures_changed_meanwhile_is_rejected(built) -> None:
    with psycopg.connect(built.url("owner")) as owner:
        freeze_candidates(owner, newest_build(owner))
        owner.execute("set local role sipas_transform")
        owner.execute(
            "update marts.criterion_results set index_rounded = 82.29 "
            "where round_code = 'hue-2023-sim' and indicator_code = 'SIPAS'"
        )
        owner.execute("reset role")
        assert freeze_candidates(owner, newest_build(owner)) == ["hue-2023-sim-r2"]
        states = dict(
            owner.execute(
                "select release_id, status from release.releases where scope = 'round:hue-2023-sim'"
            ).fetchall()
        )
        owner.rollback()
    assert states == {"hue-2023-sim-r1": "rejected", "hue-2023-sim-r2": "candidate"}


def test_suppressed_rows_tell_no_value(built) -> None:
    with psycopg.connect(built.url("owner")) as owner:
        owner.execute("set local role sipas_transform")
        owner.execute(
            "update marts.criterion_results set is_suppressed = true, "
            "suppression_reason = 'dưới 5 phiếu' "
            "where round_code = 'hue-2023-sim' and indicator_code = '1.1.1'"
        )
        owner.execute("reset role")
        table = read_marts(owner, ROUND).tables["criterion_results"]
        owner.rollback()
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    hidden_rows = [row for row in rows if row["indicator_code"] == "1.1.1"]
    assert len(hidden_rows) > 20
    assert all(row["is_suppressed"] for row in hidden_rows)
    hidden = (
        "index_value",
        "index_rounded",
        "valid_count",
        "missing_count",
        "rank",
        "change",
        "rank_change",
        "ci_low",
        "ci_high",
        "distribution",
        "sampled_count",
        "blank_count",
    )
    assert all(row[name] is None for row in hidden_rows for name in hidden)


def test_the_mart_gate_lets_good_figures_pass_and_keeps_every_result(built) -> None:
    with built.connect("release") as connection:
        build_id = newest_build(connection)
        check_marts(connection, build_id)
    suites = built.rows(
        "select suite_name, bool_and(is_successful) filter (where severity = 'critical') "
        "from audit.validations where gate = 'mart' group by suite_name"
    )
    found = dict(suites)
    assert found.keys() == {s.suite for s in read_suites("mart", "build")} | {"personal_data"}
    assert False not in found.values()


def test_without_a_successful_build_there_is_nothing_to_publish(built) -> None:
    with psycopg.connect(built.url("transform")) as connection:
        connection.execute("update audit.builds set status = 'failed'")
        with pytest.raises(UserError, match="nothing to publish"):
            newest_build(connection)
        connection.rollback()


def test_automatic_approval_names_itself() -> None:
    assert AUTOMATIC.is_automatic
    assert "kiểm thử" in AUTOMATIC.approved_by


def test_the_scopes_are_the_rounds_and_what_belongs_to_no_round(built, release) -> None:
    assert [f"{scope.release_prefix}-r1" for scope in scopes(release)] == FIRST_RELEASES
