"""`sipas trace`: every published figure of the demo's world reaches landed bytes and adds up."""

import csv
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
import pytest
from click.testing import CliRunner
from traced import HUE, faults, figures_of, of, way

from sipas.cli import main
from sipas.errors import UserError
from sipas.release.content import ROUND_MARTS, STANDING_MARTS
from sipas.release.trace.commands import one_moment, written
from sipas.release.trace.figures import KINDS, trace_figure
from sipas.release.trace.origins import APPROVAL
from sipas.release.trace.render import release_lines
from sipas.release.trace.result import Figure

PROVINCE = "gso:46@1900-01-01"
# Columns of a scorecard that most agencies have no value in.
UNCOUNTED = ("satisfaction_index", "rank_in_peer_group")
PURPOSE = ("--purpose", "kiểm tra quý IV")
PERSONS = {
    *("form_code", "sampling_point_code", "gender", "age_band", "education", "occupation"),
    *("urban_rural", "respondent_type", "handler_hash", "full_name", "phone", "weight"),
}


@pytest.fixture
def connection(released) -> Iterator[psycopg.Connection]:
    """A connection of the audit role, which `sipas trace` uses."""
    with psycopg.connect(released.url("audit")) as made:
        yield made
        made.rollback()


def test_every_figure_of_the_simulated_round_comes_out_of_landed_bytes(released, connection):
    """100 % of the figures of Huế 2023: n, exact and printed value from the answers behind."""
    release = of(connection, released, HUE)
    total = 0
    for mart in ROUND_MARTS:
        count, wrong = faults(release, figures_of(release, mart))
        assert wrong == [], f"{len(wrong)} of {count} figures of {mart}"
        total += count
    assert total == release.release["row_count"] > 2_000


@pytest.mark.parametrize("round_code", ["hue-2022", "hue-2023", "quang-thanh-2023"])
def test_every_stated_figure_of_a_round_is_that_of_its_document(released, connection, round_code):
    release = of(connection, released, round_code)
    for mart in ROUND_MARTS:
        _, wrong = faults(release, figures_of(release, mart))
        assert wrong == []


def test_every_score_of_the_simulated_commune_comes_out_of_its_forms(released, connection):
    release = of(connection, released, "quang-thanh-2023-sim")
    for mart in ROUND_MARTS:
        _, wrong = faults(release, figures_of(release, mart))
        assert wrong == []
    total = way(release, "Xã Quế Trăng", "total", mart="commune_scores")
    assert total.printed == "20,56/30"


def test_every_figure_that_rests_on_documents_names_rows_of_landed_files(released, connection):
    for scope, marts in STANDING_MARTS.items():
        if scope in ("scorecards", "feedback"):
            continue
        release = of(connection, released, scope)
        for mart in marts:
            count, wrong = faults(release, figures_of(release, mart))
            assert wrong == [], f"{len(wrong)} of {count} figures of {mart}"
            assert count > 0


def test_every_figure_of_the_years_scorecards_is_counted_from_its_dossiers(released, connection):
    release = of(connection, released, "scorecards")
    years = [
        figure
        for mart in STANDING_MARTS["scorecards"]
        for figure in figures_of(release, mart)
        if figure.row["period_type"] == "year"
    ]
    wrong = [
        (figure.mart, figure.row, figure.column, trace.checks)
        for figure in years
        if not (trace := trace_figure(release, figure)).adds_up
        and (trace.checks or figure.column not in UNCOUNTED)
    ]
    assert wrong == [], f"{len(wrong)} of {len(years)} figures"
    assert len(years) > 1_000


def test_a_count_of_a_scorecard_is_the_number_of_the_dossiers_it_lists(run, released, tmp_path):
    """The CSV holds the dossiers that the count says, each once, and leads to landed records."""
    path = tmp_path / "hoso.csv"
    result = run(
        "scorecards",
        "H99.01",
        "finished_late_count",
        "--period",
        "2023",
        "--json",
        "--rows",
        str(path),
        *PURPOSE,
    )
    data = json.loads(result.stdout)
    rows = read_csv(path)
    assert len(rows) == int(data["figure"]["exact"]) == len({r["dossier_code"] for r in rows}) > 0
    assert data["adds_up"] is True
    assert {row["counted_as"] for row in rows} == {"finished_late"}
    found = released.value(
        "select count(*) from raw.dossiers where (dossier_code, batch_id, position) in "
        "(select * from unnest(%s::text[], %s::bigint[], %s::integer[]))",
        [row["dossier_code"] for row in rows],
        [int(row["batch_id"]) for row in rows],
        [int(row["position"]) for row in rows],
    )
    assert found == len(rows)


@pytest.fixture
def run(released):
    """A function that runs `sipas trace`."""

    def call(*arguments: str):
        result = CliRunner().invoke(main, ["trace", *arguments])
        assert result.exit_code == 0, result.output
        return result

    return call


def refused(*arguments: str) -> str:
    """What `sipas trace` says when it refuses."""
    result = CliRunner().invoke(main, ["trace", *arguments])
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    return result.stderr


def read_csv(path) -> list[dict]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_way_of_the_headline_is_told_in_vietnamese(run):
    text = run(HUE, "gso:46", "SIPAS").stdout
    for told in (
        "«DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật»",
        "Giá trị      82,28",
        "ministry-2023",
        "trọng số 1/39",
        "Kết luận: khớp.",
        "Phê duyệt TỰ ĐỘNG: không có người phê duyệt",
        "phieu.xlsx",
        "sha256",
        "raw_survey_forms",
        "mã băm nội dung",
    ):
        assert told in text, told
    assert "KHÔNG" not in text


def test_who_approved_by_which_decision_is_told():
    release = {
        "release_id": "hue-2023-r2",
        "scope": "round:hue-2023",
        "row_count": 218,
        "content_sha256": "ab" * 32,
        "supersedes": "hue-2023-r1",
        "previous_sha256": "cd" * 32,
        "chain_position": 7,
        "chain_sha256": "ef" * 32,
    }
    approval = dict.fromkeys(APPROVAL) | {
        "status": "superseded",
        "is_automatic_approval": False,
        "decision_number": "216/QĐ-UBND",
        "decision_on": date(2024, 5, 23),
        "signatory": "Người Ký",
        "position": "Chủ tịch",
        "approved_by": "nguoi-nhap",
        "approved_at": datetime(2024, 5, 24, 2, tzinfo=UTC),
        "reason": "Thay bằng hue-2023-r3",
    }
    text = "\n".join(release_lines(release, approval))
    assert "Quyết định 216/QĐ-UBND ngày 23/05/2024, Chủ tịch Người Ký ký" in text
    assert "nguoi-nhap nhập lúc 24/05/2024 09:00:00" in text
    assert "đã được thay thế" in text
    assert f"bản trước hue-2023-r1, mã băm {'cd' * 32}" in text
    assert f"mắt xích 7, mã băm {'ef' * 32}" in text
    assert "Lý do: Thay bằng hue-2023-r3" in text
    waiting = approval | {"status": "candidate", "approved_at": None}
    assert "Chưa được phê duyệt" in "\n".join(release_lines(release, waiting))


def test_json_says_what_the_text_says_and_numbers_stay_exact(run):
    data = json.loads(run(HUE, "gso:46", "1.1.1", "--json").stdout)
    assert data["figure"]["printed"] == "81,29"
    assert data["figure"]["row"]["index_rounded"] == "81.29"
    assert data["adds_up"] is True
    assert sum(part["count"] for part in data["parts"]) == data["figure"]["count"] > 500
    (batch,) = data["batches"]
    assert batch["received_count"] == batch["loaded_count"] == 558
    assert [item["state"] for item in batch["objects"]] == ["there"]
    assert len(batch["objects"][0]["sha256"]) == 64
    assert data["release"]["content_sha256"]
    assert data["approval"]["is_automatic_approval"] is True
    assert len(data["build"]["dbt_project_sha256"]) == 64
    assert data["build"]["is_archive_there"]


def test_a_unit_is_known_by_key_code_and_name_and_a_release_by_id_and_scope(run):
    names = (PROVINCE, "gso:46", "Tỉnh Thừa Thiên Huế", "tỉnh thừa thiên huế")
    texts = {run("hue-2023-sim", name, "SIPAS").stdout for name in names}
    assert texts == {run("hue-2023-sim-r1", PROVINCE, "SIPAS").stdout}


def test_rows_tell_no_person_no_village_and_no_group(run, tmp_path):
    """One answer a row with batch and position; of a group of people only counts."""
    path = tmp_path / "phieu.csv"
    run(HUE, "gso:46", "1.1.1", "--rows", str(path), *PURPOSE)
    rows = read_csv(path)
    assert set(rows[0]) == {"batch_id", "position", "item_code", "score", "missing_kind"}
    assert not PERSONS & set(rows[0])
    assert len(rows) == 558
    scores = [int(row["score"]) for row in rows if row["score"]]
    assert round(100 * sum(scores) / (5 * len(scores)), 2) == 81.29
    run(HUE, "gso:46", "1.1.1", "--breakdown", "gender=female", "--rows", str(path), *PURPOSE)
    rows = read_csv(path)
    assert set(rows[0]) == {"batch_id", "item_code", "score", "missing_kind", "form_count"}
    assert 0 < sum(int(row["form_count"]) for row in rows) < 558


def test_rows_go_out_for_a_purpose_which_is_kept(run, released, tmp_path):
    path = tmp_path / "phieu.csv"
    assert "--purpose" in refused(HUE, "gso:46", "1.1.1", "--rows", str(path))
    assert not path.exists()
    run(HUE, "gso:46", "1.1.1", "--rows", str(path), *PURPOSE)
    assert released.rows(
        "select release_id, level, row_count, sha256, purpose from audit.access_log "
        "order by access_id desc limit 1"
    ) == [
        (
            "hue-2023-sim-r1",
            "records",
            558,
            hashlib.sha256(path.read_bytes()).hexdigest(),
            PURPOSE[-1],
        )
    ]


def test_rows_of_dossiers_and_feedback_have_no_column_of_persons(released, connection):
    trace = way(of(connection, released, "scorecards"), "H99.01", "received_count", period="2023")
    assert not PERSONS & set(trace.rows.columns)
    assert {"batch_id", "position", "dossier_code"} < set(trace.rows.columns)


def test_what_does_not_exist_is_answered_with_what_does(released):
    assert "hue-2023-sim-r1 (published)" in refused("hue-1999", "gso:46", "SIPAS")
    assert "gso:46 Tỉnh Thừa Thiên Huế" in refused(HUE, "gso:99", "SIPAS")
    message = refused(HUE, "gso:46", "9.9")
    assert "không có chỉ tiêu «9.9»" in message
    assert "SIPAS, 1, 1.1, 1.1.1" in message
    assert "gender" in refused(HUE, "gso:46", "SIPAS", "--breakdown", "colour=red")
    assert "received_count" in refused("scorecards", "H99.01", "happiness", "--period", "2023")
    assert "period_start = 20" in refused("scorecards", "H99.01", "on_time_rate")
    assert "Viết 2023 (năm)" in refused("scorecards", "H99.01", "on_time_rate", "--period", "x")
    message = refused("statements", "gso:46", "1.4")
    assert "Chọn thêm bằng --period hoặc --where" in message
    assert "measure = " in message
    assert "compared_with = " in message
    assert "không có bảng «nothing»" in refused(HUE, "gso:46", "SIPAS", "--mart", "nothing")


def test_a_stated_figure_names_document_place_and_row(run, released):
    """The line of the landed file says what the document printed."""
    data = json.loads(run("hue-2023", "gso:46", "SIPAS", "--json").stdout)
    place = next(p for p in data["places"] if p["text"] == "82,28")
    assert place["document"] == "003_d55d5a2ad5b001c3"
    assert place["place"] == "Phần A, mục II.2, bảng tổng hợp, dòng SIPAS"
    (batch,) = [b for b in data["batches"] if b["batch_id"] == place["batch_id"]]
    landed = released.landing / batch["path"] / batch["objects"][0]["name"]
    line = landed.read_text(encoding="utf8").splitlines()[place["line"] - 1]
    assert line.startswith("003_d55d5a2ad5b001c3/hue-2023/SIPAS/index,")
    assert '"82,28"' in line


def test_one_of_several_statements_is_chosen_by_its_columns(run):
    """The table ranks factor 1.4 thirty-second, the prose thirty-ninth: both places are named."""
    table = "003_d55d5a2ad5b001c3/hue-2023/1.4/rank"
    data = json.loads(
        run("statements", "gso:46", table, "--where", f"compared_with={table}/3", "--json").stdout
    )
    assert data["figure"]["printed"] == "32"
    assert [place["text"] for place in data["places"]] == ["32", "xếp thứ 39 toàn quốc"]
    assert data["figure"]["row"]["status"] == "contradiction"
    assert data["adds_up"] is True


def test_a_hidden_figure_tells_nothing_but_why(released, connection):
    release = of(connection, released, HUE)
    hidden = [
        figure
        for mart in ROUND_MARTS
        for figure in figures_of(release, mart)
        if figure.is_suppressed
    ]
    assert hidden
    trace = trace_figure(release, hidden[0])
    assert (trace.printed, trace.exact, trace.count, trace.parts) == ("bị ẩn", None, None, [])
    assert hidden[0].row["suppression_reason"] in trace.notes_vi[0]
    with pytest.raises(UserError, match="bị ẩn"):
        written(trace.rows)


def test_a_hidden_score_of_a_commune_tells_nothing(released, connection):
    """It has no column that says so: it was scored, and no number is left."""
    release = of(connection, released, "quang-thanh-2023-sim")
    row = next(row for row in release.frozen("commune_scores") if row["is_scored"])
    blanked = row | dict.fromkeys(("valid_count", "score", "score_printed", "points", "max_points"))
    trace = trace_figure(release, Figure("commune_scores", blanked | {"reason": "Dưới 5 người"}))
    assert (trace.printed, trace.exact, trace.count, trace.rows) == ("bị ẩn", None, None, None)
    assert trace.formula_vi == trace.parts == []
    assert "Dưới 5 người" in trace.notes_vi[0]


def test_a_rank_is_reckoned_from_its_peers_unless_one_is_hidden(released, connection):
    release = of(connection, released, HUE)
    row = next(r for r in release.frozen("criterion_results") if r["rank_source"] == "computed")
    figure = Figure("criterion_results", row)
    assert "Vị thứ" in {check.what_vi for check in trace_figure(release, figure).checks}
    (key,) = [key for key in release.kept if key[0] == "peers"]
    release.kept[key][0]["is_suppressed"] = True
    release.kept[key][0]["unit_level"] = row["unit_level"]
    trace = trace_figure(release, figure)
    assert "Vị thứ" not in {check.what_vi for check in trace.checks}
    assert any("vị thứ không kiểm lại được" in note for note in trace.notes_vi)


def test_the_view_has_every_published_figure_once_with_what_it_rests_on(released, connection):
    """The dashboard's page: as many rows as there are figures, readable by the BI role."""
    with psycopg.connect(released.url("bi")) as bi:
        rows = dict(
            bi.execute(
                "select mart, count(*) from published.figure_origins group by mart"
            ).fetchall()
        )
        headline = bi.execute(
            "select figure_value, figure_count, method_version, batch_count, loaded_count, "
            "jsonb_array_length(deliveries), check_count > 0, failed_check_count, "
            "is_automatic_approval "
            "from published.figure_origins where mart = 'criterion_results' "
            "and release_id = 'hue-2023-sim-r1' and unit_key = %s and indicator_code = 'SIPAS' "
            "and breakdown = 'all'",
            [PROVINCE],
        ).fetchall()
        columns = [
            name
            for (name,) in bi.execute(
                "select column_name from information_schema.columns "
                "where table_name in ('figure_origins', 'release_deliveries')"
            )
        ]
    (failed,) = connection.execute(
        "select count(*) filter (where not is_successful) from audit.validations "
        "where gate = 'mart' group by build_id, validated_at order by validated_at desc limit 1"
    ).fetchone()
    assert headline == [(Decimal("82.28"), 558, "ministry-2023", 1, 558, 1, True, failed, True)]
    for mart in ROUND_MARTS:
        (count,) = connection.execute(f"select count(*) from published.{mart}").fetchone()
        assert rows[mart] == count
    assert set(rows) == set(KINDS) - {"feedback_results"}
    assert not {"file_name", "landing_path", "signatory", "approved_by"} & set(columns)


def test_a_build_saw_what_its_staging_shows(released):
    """The function has the rule of stg_audit__visible_batches; the newest build's rows prove it."""
    seen = "select seen.batch_id from audit.batches_of_build(%s) as seen (batch_id) order by 1"
    (build,) = released.rows("select max(build_id) from audit.builds")[0]
    staged = released.rows("select batch_id from staging.stg_audit__visible_batches order by 1")
    assert released.rows(seen, build) == staged
    assert len(staged) > 50
    assert released.rows(seen, build - 1) == []


def test_a_trace_reads_one_moment_and_writes_nothing(released):
    with psycopg.connect(released.url("owner")) as made:
        one_moment(made)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            made.execute("delete from raw.survey_answers")
