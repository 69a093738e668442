"""People approve what they saw, those who may, with a decision; published when it is due."""

from datetime import date, datetime, timedelta

import psycopg
import pytest
from handover import accept, load_pending
from made_releases import SIGNED

from sipas.errors import UserError
from sipas.release.answers import (
    begin_request,
    end_request,
    note_refusal,
    take_answer,
    to_ask_or_call_back,
)
from sipas.release.approval_form import APPROVE, FIELDS, REJECT
from sipas.release.attachments import attach, attachments
from sipas.release.chain import check_chain, events_of
from sipas.release.lifecycle import (
    LOCAL_TIME,
    approve,
    find,
    is_due,
    publish,
    publish_due,
    reject,
    withdraw,
)
from sipas.release.report.results import told_scope
from sipas.release.trace.released import Released
from sipas.sources.inbox import land_reference

FROZEN = psycopg.errors.RestrictViolation
PROVINCE, COMMUNE = "gso:46@1900-01-01", "gso:19900@1900-01-01"


def status(release, release_id: str) -> str:
    return find(release, release_id)["status"]


def today() -> date:
    return datetime.now(LOCAL_TIME).date()


@pytest.mark.parametrize("shown", [None, "", "abc", "0" * 64])
def test_an_approval_of_another_hash_is_refused(release, made, shown):
    candidate = made.make()
    with pytest.raises(UserError, match=r"mã băm|Mã băm"):
        approve(release, candidate, SIGNED, shown)
    assert status(release, candidate) == "candidate"
    approve(release, candidate, SIGNED, made.digest(candidate)[:8])
    assert status(release, candidate) == "approved"


@pytest.mark.parametrize("missing", ["decision_number", "decision_on", "signatory", "position"])
def test_an_approval_without_its_decision_is_refused(release, made, missing):
    candidate = made.make()
    with pytest.raises(UserError, match="còn thiếu"):
        made.sign(release, candidate, **{missing: None})
    assert status(release, candidate) == "candidate"


@pytest.fixture(scope="module")
def approvers(warehouse) -> None:
    """Rows of the province: who approves for whom."""
    warehouse.landing.mkdir(exist_ok=True)
    path = warehouse.inbox / "reference" / "real" / "approvers.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "unit_key,account,position_vi\n"
        f"{PROVINCE},approver,Lãnh đạo tỉnh\n"
        f"{COMMUNE},lanh-dao-xa,Lãnh đạo xã\n",
        encoding="utf8",
    )
    with warehouse.connect("ingest") as ingest:
        land_reference(ingest, warehouse.landing, warehouse.folder / "none", warehouse.inbox)
        accept(ingest, *load_pending(ingest, warehouse.landing, "reference"))


@pytest.mark.parametrize(
    ("owner", "account", "may"),
    [
        (PROVINCE, "approver", True),
        (PROVINCE, "lanh-dao-xa", False),
        (COMMUNE, "approver", False),
        (COMMUNE, "lanh-dao-xa", True),
        (None, "anybody", True),
    ],
    ids=["province", "commune for province", "province for commune", "commune", "nobody named"],
)
def test_the_approver_follows_the_owner_of_the_round(
    warehouse, release, made, approvers, owner, account, may
):
    candidate = made.make(owner_unit_key=owner)
    if not may:
        with pytest.raises(UserError, match="không được giao phê duyệt"):
            made.sign(release, candidate, approved_by=account)
        with pytest.raises(FROZEN, match="may not approve"), warehouse.connect("release") as raw:
            raw.execute(
                "update release.releases set status = 'approved', approved_by = %s "
                "where release_id = %s",
                [account, candidate],
            )
        return
    made.sign(release, candidate, approved_by=account)
    assert status(release, candidate) == "approved"


@pytest.mark.parametrize(
    ("account", "may"), [("approver", True), ("engineer", False)], ids=["approver", "engineer"]
)
def test_only_an_approver_of_its_owner_rejects_or_withdraws_a_release(
    release, made, approvers, account, may
):
    waiting, signed = made.make(owner_unit_key=PROVINCE), made.make(owner_unit_key=PROVINCE)
    made.sign(release, signed, approved_by="approver")
    if may:
        reject(release, waiting, "Thiếu hai huyện", account)
        withdraw(release, signed, "Sai địa bàn", account)
        assert (status(release, waiting), status(release, signed)) == ("rejected", "withdrawn")
        return
    for act, chosen in ((reject, waiting), (withdraw, signed)):
        with pytest.raises(UserError, match="không được giao phê duyệt"):
            act(release, chosen, "Không có lý do gì", account)
    assert (status(release, waiting), status(release, signed)) == ("candidate", "approved")


def test_a_release_under_embargo_is_not_published_before_its_day(warehouse, release, made, bi):
    candidate = made.make()
    made.sign(release, candidate, publish_not_before=today() + timedelta(days=1))
    with pytest.raises(UserError, match="chỉ được công bố từ"):
        publish(release, candidate)
    assert candidate not in publish_due(release)
    statement = "update release.releases set status = 'published' where release_id = %s"
    with (
        pytest.raises(FROZEN, match="not to be published before"),
        warehouse.connect("release") as raw,
    ):
        raw.execute(statement, [candidate])
    shown = "select count(*) from published.criterion_results where release_id = %s"
    assert bi.execute(shown, [candidate]).fetchone() == (0,)


def test_the_first_run_on_the_day_of_the_embargo_publishes(release, made):
    candidate = made.make()
    made.sign(release, candidate, publish_not_before=today())
    assert candidate in publish_due(release)
    assert status(release, candidate) == "published"


def test_the_day_of_an_embargo_is_that_of_vietnam():
    assert is_due({"publish_not_before": None})
    assert is_due({"publish_not_before": today()})
    assert not is_due({"publish_not_before": today() + timedelta(days=1)})


def test_a_newer_approval_withdraws_the_older_one_that_still_waits_for_its_day(release, made):
    """Otherwise the older figures would replace the newer ones on their day."""
    later = today() + timedelta(days=7)
    older = made.make(scope="round:overtaken")
    made.sign(release, older, publish_not_before=later)
    newer = made.make(scope="round:overtaken")
    made.sign(release, newer)
    assert status(release, older) == "withdrawn"
    assert newer in find(release, older)["reason"]


def test_the_database_publishes_no_older_release_over_a_newer_one(warehouse, release, made):
    older = made.make("approved", "round:late")
    made.make("published", "round:late")
    with pytest.raises(FROZEN, match="newer release"), warehouse.connect("release") as raw:
        raw.execute(
            "update release.releases set status = 'published' where release_id = %s", [older]
        )


def form(made, release_id: str, **changes) -> dict:
    """A whole answer, with changes."""
    return (
        dict.fromkeys(FIELDS)
        | {
            "sha256": made.digest(release_id)[:12],
            "decision_number": "216/QĐ-UBND",
            "decision_on": "2024-05-23",
            "signatory": "Người Ký",
            "position": "Chủ tịch",
        }
        | changes
    )


def test_an_answer_approves_with_decision_and_embargo(release, made):
    candidate = made.make()
    later = today() + timedelta(days=3)
    answer = form(made, candidate, publish_not_before=later.isoformat(), note=" Tốt ")
    take_answer(release, candidate, APPROVE, answer, "approver")
    kept = find(release, candidate)
    assert (kept["status"], kept["approved_by"], kept["publish_not_before"]) == (
        "approved",
        "approver",
        later,
    )
    assert (kept["decision_on"], kept["approval_note"]) == (date(2024, 5, 23), "Tốt")
    assert kept["is_automatic_approval"] is False


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sha256": None}, "mã băm"),
        ({"sha256": "deadbeef"}, "Mã băm"),
        ({"signatory": "  "}, "người ký"),
        ({"decision_on": "23/5/2024"}, "không phải là ngày"),
        ({"publish_not_before": "mai"}, "không phải là ngày"),
    ],
)
def test_an_answer_that_is_not_in_order_is_refused_and_noted(release, made, changes, words):
    candidate = made.make()
    with pytest.raises(UserError, match=words) as refused:
        take_answer(release, candidate, APPROVE, form(made, candidate, **changes), "approver")
    note_refusal(release, candidate, "approver", str(refused.value))
    event = events_of(release, candidate)[-1]
    assert (event["event"], event["actor"]) == ("refused_answer", "approver")
    assert words in event["details"]["reason"]
    assert status(release, candidate) == "candidate"
    assert check_chain(release) == []


def test_a_rejection_needs_a_note(release, made):
    candidate = made.make()
    with pytest.raises(UserError, match="lý do"):
        take_answer(release, candidate, REJECT, form(made, candidate), "approver")
    answer = form(made, candidate, note="Thiếu hai huyện")
    take_answer(release, candidate, REJECT, answer, "approver")
    kept = find(release, candidate)
    assert (kept["status"], kept["reason"]) == ("rejected", "Thiếu hai huyện")
    with pytest.raises(UserError, match="không thể thành rejected"):
        reject(release, candidate, "lần nữa")


def test_each_candidate_is_asked_about_once_and_called_back_when_decided(release, made):
    candidate = made.make()
    assert candidate in to_ask_or_call_back(release)
    begin_request(release, candidate, "candidate__x")
    assert candidate not in to_ask_or_call_back(release)
    made.sign(release, candidate)
    assert candidate in to_ask_or_call_back(release), "decided elsewhere: its question must end"
    end_request(release, candidate)
    assert candidate not in to_ask_or_call_back(release)
    assert made.make("published") not in to_ask_or_call_back(release)


def test_the_scan_of_a_decision_is_kept_with_its_hash_in_the_chain(release, made, tmp_path):
    published = made.make("published")
    scan = tmp_path / "quyết định.pdf"
    scan.write_bytes(b"%PDF signed")
    digest = attach(release, published, scan, "van-thu")
    (kept,) = attachments(release, published)
    assert (kept["file_name"], kept["sha256"], kept["attached_by"]) == (
        "quyết định.pdf",
        digest,
        "van-thu",
    )
    assert events_of(release, published)[-1]["details"]["sha256"] == digest
    with pytest.raises(UserError, match="đã được đính kèm"):
        attach(release, published, scan, "van-thu")
    scan.write_bytes(b"")
    with pytest.raises(UserError, match="từ 1 byte"):
        attach(release, published, scan, "van-thu")
    with pytest.raises(UserError, match="Không có bản phát hành"):
        attach(release, "none-r1", scan, "van-thu")


def test_figures_under_embargo_stand_in_no_other_report(release, made) -> None:
    scope = "round:cam-2030"
    held = made.make(scope=scope)
    made.sign(release, held)
    reader = Released(release, find(release, made.make(scope="round:doc-2030")))
    assert told_scope(reader, scope) is None
    publish(release, held)
    reader.kept.clear()
    assert told_scope(reader, scope).release_id == held
