"""What stood is replaced or withdrawn in the open: with a reason, and row by row."""

import json

import psycopg
import pytest
from click.testing import CliRunner

from sipas.cli import main
from sipas.errors import UserError
from sipas.release.chain import chain_head, events_of
from sipas.release.corrections import compare, notice
from sipas.release.lifecycle import find, publish, withdraw
from sipas.release.request import MARK, request_of

ROUND = "round:thu-2024"


def test_who_replaces_a_published_release_says_why(release, made):
    first = made.make("published", ROUND)
    second = made.make(scope=ROUND, supersedes=first)
    with pytest.raises(UserError, match="lý do thay"):
        made.sign(release, second)
    made.sign(release, second, note="Bỏ phiếu trùng")
    publish(release, second)
    old = find(release, first)
    assert (old["status"], old["replaced_by"]) == ("superseded", second)
    assert old["reason"] == f"Thay bằng {second}: Bỏ phiếu trùng"


def test_nothing_of_a_withdrawn_release_is_published(release, made, bi):
    candidate = made.make()
    made.sign(release, candidate)
    publish(release, candidate)
    shown = "select count(*) from published.{} where release_id = %s"
    marts = ("criterion_results", "agency_scorecards")
    assert [bi.execute(shown.format(m), [candidate]).fetchone()[0] for m in marts] == [1, 1]
    with pytest.raises(UserError, match="lý do"):
        withdraw(release, candidate, " ", "approver")
    withdraw(release, candidate, "Sai địa bàn", "approver")
    assert [bi.execute(shown.format(m), [candidate]).fetchone()[0] for m in marts] == [0, 0]
    assert bi.execute(
        "select status, reason from published.correction_notices where release_id = %s", [candidate]
    ).fetchone() == ("withdrawn", "Sai địa bàn")
    assert events_of(release, candidate)[-1]["actor"] == "approver"
    with pytest.raises(UserError, match="đang là withdrawn"):
        withdraw(release, candidate, "lần nữa", "approver")


@pytest.fixture(scope="module")
def corrected(warehouse, made) -> tuple[str, str]:
    """A published release, and a candidate in its place: one row changed, one gone, one new."""
    scope = "round:sua-2024"
    first = made.make(scope=scope, others=(("1", "80"), ("1.1", "79")))
    with psycopg.connect(warehouse.url("release")) as release:
        made.sign(release, first)
        publish(release, first)
    others = (("1", "80"), ("1.2", "79"))
    second = made.make(scope=scope, supersedes=first, index="82.40", others=others)
    return first, second


def test_a_correction_notice_says_row_by_row_what_changed(release, corrected):
    found = compare(release, *corrected)
    assert [(c.kind, c.row["indicator_code"], c.exceeds_error) for c in found] == [
        ("removed", "1.1", None),
        ("added", "1.2", None),
        ("changed", "SIPAS", True),
    ]
    lines = notice(release, *corrected)
    assert MARK in lines
    assert "Số dòng thay đổi: 1; thêm: 1; bỏ: 1" in lines
    assert lines[-1] == (
        "criterion_results: Tỉnh Thử · SIPAS · Chỉ số chung – thay đổi: "
        "MĐHL 82,28 → 82,40 [vượt sai số]"
    )


def test_a_change_within_the_error_says_so(release, made):
    scope = "round:error"
    first, second = made.make(scope=scope), made.make(scope=scope, index="82.30")
    (change,) = compare(release, first, second)
    assert change.exceeds_error is False
    assert str(change).endswith("[trong sai số]")
    assert compare(release, first, first) == []


def test_releases_of_different_scopes_are_not_compared(release, made):
    with pytest.raises(UserError, match="không so được"):
        compare(release, made.make(scope="round:x"), made.make(scope="round:y"))


def test_the_request_shows_hash_figures_changes_and_error(release, corrected):
    first, second = corrected
    asked = request_of(release, second)
    digest = find(release, second)["content_sha256"]
    assert asked.content_sha256 == digest
    for words in (
        digest,
        MARK,
        second,
        str(chain_head(release)),
        "| SIPAS Chỉ số chung | 82,40 | 82,20–82,36 | 82,28 (bản đang công bố) | 0,12 | "
        "**vượt sai số** |",
        f"So với {first}: 1 dòng thay đổi, 1 dòng thêm, 1 dòng bỏ; 1 thay đổi vượt sai số.",
        "MĐHL 82,28 → 82,40 [vượt sai số]",
        "Chưa giao cho ai phê duyệt",
    ):
        assert words in asked.body, words


def test_the_request_names_the_open_warnings_of_the_gate(warehouse, release, made):
    with warehouse.connect("release") as gate:
        gate.execute(
            "insert into audit.validations (gate, build_id, suite_name, expectation_type, "
            "expectation_id, subject, severity, is_successful, unexpected_count, description_vi, "
            "owner_vi) "
            "values ('mart', %s, 'mart_x', 'expect', 'mart_x:thieu', 'marts', 'warning', false, 3, "
            "'Thiếu nhiều', 'Sở Nội vụ')",
            [made.build_id],
        )
    assert "* mart_x: Thiếu nhiều (3 dòng, mới)" in request_of(release, made.make()).body


def sipas(*arguments: str, exit_code: int = 0) -> str:
    """What a command prints."""
    result = CliRunner().invoke(main, ["release", *arguments])
    assert result.exit_code == exit_code, result.output
    return result.output


def test_a_candidate_is_shown_approved_compared_and_withdrawn_by_command(
    warehouse, made, corrected, tmp_path
):
    first, second = corrected
    digest = made.digest(second)
    assert digest in sipas("show", second)
    decision = [
        *("--decision-number", "1", "--decision-on", "2024-05-23", "--signatory", "Người Ký"),
        *("--position", "Chủ tịch", "--approved-by", "approver", "--note", "Sửa địa bàn"),
    ]
    assert "mã băm" in sipas("approve", second, "--sha256", "00000000", *decision, exit_code=1)
    printed = sipas("approve", second, "--sha256", digest[:8], *decision)
    assert printed == f"{second} is published.\n"
    assert "MĐHL 82,28 → 82,40" in sipas("diff", first, second)
    assert {row["kind"] for row in json.loads(sipas("diff", first, second, "--json"))} == {
        "added",
        "removed",
        "changed",
    }
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF")
    assert "sha256" in sipas("attach", second, str(scan), "--by", "van-thu")
    sipas("withdraw", second, "--reason", "Sai", "--by", "approver")
    shown = json.loads(sipas("show", second, "--json"))
    assert shown["status"] == "withdrawn"
    assert [event["event"] for event in shown["events"]] == [
        "frozen",
        "approved",
        "published",
        "attached",
        "withdrawn",
    ]
    rejected = made.make()
    sipas("reject", rejected, "--reason", "Thử", "--by", "approver")
    states = {row["release_id"]: row["status"] for row in json.loads(sipas("list", "--json"))}
    assert (states[first], states[second], states[rejected]) == (
        "superseded",
        "withdrawn",
        "rejected",
    )


def test_the_head_is_printed_listed_and_checked_by_command(warehouse, made):
    made.make()
    with warehouse.connect("audit") as audit:
        head = str(chain_head(audit))
    assert sipas("head") == f"{head}\n"
    assert f"Đầu chuỗi: {head}" in sipas("list")
    assert "Chuỗi nguyên vẹn." in sipas("head", "--expect", head)
    wrong = f"{head.split('-')[0]}-{'0' * 16}"
    found = json.loads(sipas("head", "--expect", wrong, "--json", exit_code=1))
    assert found["head"] == head
    assert "viết lại" in found["faults"][0]["what"]


def test_every_command_explains_itself():
    for name in main.get_command(None, "release").commands:
        assert CliRunner().invoke(main, ["release", name, "--help"]).exit_code == 0
