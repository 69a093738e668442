"""The chain of releases: an edit inside the database, also by the owner of the tables, shows."""

import itertools
import threading

import alembic.command
import psycopg
import pytest
from alembic.config import Config
from made_releases import MadeReleases

from sipas.errors import UserError
from sipas.local.instance import PROJECT
from sipas.local.scratch import make_warehouse, variables
from sipas.release.attachments import attach
from sipas.release.chain import (
    chain_head,
    check_chain,
    event_sha256,
    link_sha256,
    rows,
)
from sipas.release.lifecycle import Approval, approve, publish, withdraw

FROZEN = psycopg.errors.RestrictViolation
SIGNED = Approval("approver", "216/QĐ-UBND", None, "Người Ký", "Chủ tịch")


@pytest.fixture(scope="module")
def chain(warehouse, tmp_path_factory) -> dict[str, str]:
    """Five releases of three scopes that met all that releases meet; their ids by their state."""
    from dataclasses import replace
    from datetime import date

    made = MadeReleases(warehouse)
    scan = tmp_path_factory.mktemp("scan") / "quyết định.pdf"
    scan.write_bytes(b"%PDF signed")
    found = {"superseded": made.make(scope="round:a"), "candidate": made.make(scope="round:b")}
    signed = replace(SIGNED, decision_on=date(2024, 5, 23))
    with psycopg.connect(warehouse.url("release")) as release:
        approve(release, found["superseded"], signed, made.digest(found["superseded"]))
        publish(release, found["superseded"])
        attach(release, found["superseded"], scan, "van-thu")
    found["published"] = made.make(scope="round:a", supersedes=found["superseded"], index="82.30")
    found["withdrawn"] = made.make(scope="round:c")
    with psycopg.connect(warehouse.url("release")) as release:
        noted = replace(signed, note="Sửa phiếu trùng")
        for name in ("published", "withdrawn"):
            approve(release, found[name], noted, made.digest(found[name]))
            publish(release, found[name])
        withdraw(release, found["withdrawn"], "Sai địa bàn", "approver")
    found["rejected"] = made.make("rejected", scope="round:b")
    return found


@pytest.fixture
def owner(warehouse, chain):
    """The owner of the tables, every trigger of the release room off; nothing of it is kept."""
    with psycopg.connect(warehouse.url("owner")) as connection:
        for table in ("releases", "events", "attachments", "criterion_results"):
            connection.execute(f"alter table release.{table} disable trigger user")
        yield connection
        connection.rollback()


def said(connection, expected_head: str | None = None) -> str:
    """All faults as one text."""
    return "\n".join(map(str, check_chain(connection, expected_head)))


def test_the_chain_is_total_over_all_scopes_and_holds(warehouse, chain):
    with warehouse.connect("audit") as audit:
        assert check_chain(audit) == []
        assert check_chain(audit, str(chain_head(audit))) == []
    positions = warehouse.rows("select chain_position, release_id from release.releases order by 1")
    assert [position for position, _ in positions] == list(range(1, len(positions) + 1))
    assert {release_id for _, release_id in positions} >= set(chain.values())


def test_every_step_of_a_release_is_an_event_with_who_did_it(warehouse, chain):
    events = warehouse.rows(
        "select event, actor, db_role from release.events where release_id = %s order by position",
        chain["superseded"],
    )
    assert events == [
        ("frozen", "sipas_release", "sipas_release"),
        ("approved", "approver", "sipas_release"),
        ("published", "sipas_release", "sipas_release"),
        ("attached", "van-thu", "sipas_release"),
        ("superseded", "sipas_release", "sipas_release"),
    ]


def test_a_printed_head_holds_for_ever(warehouse, chain):
    """A head printed long ago is a link in the middle of the chain."""
    for position, digest in warehouse.rows("select position, chain_sha256 from release.events"):
        with warehouse.connect("audit") as audit:
            assert check_chain(audit, f"{position}-{digest[:12]}") == []


def test_dashboards_read_the_head_that_the_command_prints(warehouse, chain):
    with warehouse.connect("bi") as bi, warehouse.connect("audit") as audit:
        (head,) = bi.execute("select head from published.chain_head").fetchone()
        assert head == str(chain_head(audit))
        assert bi.execute("select bool_and(chain_sha256 <> '') from published.releases").fetchone()[
            0
        ]


def test_two_that_freeze_at_once_make_one_chain(warehouse, chain):
    """The second waits for the first, and is its successor."""
    insert = """
        insert into release.releases (release_id, scope, status, content_sha256, row_count,
            data_nature, method_rows, build_id, as_of_at, code_version, dbt_project_sha256)
        select %s, %s, 'candidate', 'hash', 1, 'real', '{}', max(build_id), now(), '0', 'x'
        from audit.builds returning chain_position
    """
    positions = {}
    with psycopg.connect(warehouse.url("release")) as first:
        positions["first"] = first.execute(insert, ["at-once-1", "one"]).fetchone()[0]

        def freeze() -> None:
            with psycopg.connect(warehouse.url("release")) as second:
                positions["second"] = second.execute(insert, ["at-once-2", "two"]).fetchone()[0]

        thread = threading.Thread(target=freeze)
        thread.start()
        waits = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        with warehouse.connect() as watcher:
            while not watcher.execute(waits).fetchone()[0]:
                assert thread.is_alive(), "it did not wait"
        first.commit()
        thread.join(timeout=30)
    assert positions["second"] == positions["first"] + 1
    with warehouse.connect("audit") as audit:
        assert check_chain(audit) == []


@pytest.mark.parametrize("role", ["owner", "release"])
def test_the_database_refuses_a_link_of_ones_own(warehouse, chain, role):
    statement = """
        insert into release.releases (release_id, scope, status, content_sha256, row_count,
            data_nature, method_rows, build_id, as_of_at, code_version, dbt_project_sha256,
            chain_position, chain_sha256)
        select 'forged', 'forged', 'candidate', 'hash', 1, 'real', '{}', max(build_id), now(),
            '0', 'x', %s, %s
        from audit.builds
    """
    for position, digest in ((1, None), (None, "0" * 64), (10_000, None)):
        with warehouse.connect(role) as connection, pytest.raises(FROZEN, match="next link"):
            connection.execute(statement, [position, digest])


@pytest.mark.parametrize("table", ["events", "attachments"])
@pytest.mark.parametrize(
    "change",
    [
        "update release.{} set release_id = release_id",
        "delete from release.{}",
        "truncate release.{}",
    ],
    ids=["update", "delete", "truncate"],
)
def test_events_and_scans_cannot_be_changed_by_their_owner(warehouse, chain, table, change):
    with warehouse.connect() as owner, pytest.raises(FROZEN):
        owner.execute(change.format(table))


def test_the_pipeline_adds_no_event_by_hand(warehouse, chain):
    with warehouse.connect("release") as release, pytest.raises(psycopg.Error, match="denied"):
        release.execute(
            "insert into release.events (position, release_id, event, actor, details) "
            "select max(position) + 1, min(release_id), 'approved', 'x', '{}' from release.events"
        )


# What an owner may do with triggers switched off: where, the statement, and what the check says.
DAMAGE = {
    "rows edited and their hash reckoned again": (
        "published",
        "update release.releases set content_sha256 = repeat('a', 64)",
        "mã băm nội dung",
    ),
    "real instead of simulated": ("published", "update {r} set data_nature = 'real'", "mắt xích"),
    "another scope": ("candidate", "update {r} set scope = 'round:z'", "phạm vi"),
    "another as-of": ("published", "update {r} set as_of_at = '2020-01-01'", "thời điểm"),
    "another code": ("published", "update {r} set code_version = '9'", "mắt xích"),
    "another dbt project": ("published", "update {r} set dbt_project_sha256 = 'y'", "mắt xích"),
    "another predecessor": ("published", "update {r} set supersedes = null", "mắt xích"),
    "another owner": (
        "published",
        "update {r} set owner_unit_key = 'gso:1'",
        "mắt xích",
    ),
    "link rewritten": ("published", "update {r} set chain_sha256 = repeat('b', 64)", "mắt xích"),
    "signatory": ("published", "update {r} set signatory = 'Người khác'", "người ký"),
    "decision": ("published", "update {r} set decision_number = '1'", "số quyết định"),
    "day of the decision": ("published", "update {r} set decision_on = '2020-01-01'", "ngày"),
    "approver": ("published", "update {r} set approved_by = 'x'", "người phê duyệt"),
    "a person instead of a machine": (
        "published",
        "update {r} set is_automatic_approval = true",
        "tự động",
    ),
    "approval taken back": ("published", "update {r} set status = 'candidate'", "trạng thái"),
    "withdrawal undone": ("withdrawn", "update {r} set status = 'published'", "trạng thái"),
    "reason": ("withdrawn", "update {r} set reason = 'lý do khác'", "lý do"),
    "embargo": ("published", "update {r} set publish_not_before = '2020-01-01'", "ngày được"),
    "time of publication": ("published", "update {r} set published_at = now()", "công bố"),
    "event's actor": ("published", "update {e} set actor = 'x'", "sự kiện"),
    "event's details": ("published", "update {e} set details = '{{}}'", "sự kiện"),
    "event's details beyond reading": ("published", "update {e} set details = '[]'", "sự kiện"),
    "event's time": ("published", "update {e} set at = '2020-01-01'", "sự kiện"),
    "event deleted": ("published", "delete from {e}", "bị xóa"),
    "scan changed": (
        "superseded",
        "update release.attachments set body = 'other', sha256 = encode(sha256('other'), 'hex')",
        "đính kèm",
    ),
    "scan deleted": ("superseded", "delete from release.attachments", "không còn"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_an_owner_edits_is_found_and_named(owner, chain, damage):
    state, statement, words = DAMAGE[damage]
    table = "release.events" if "{e}" in statement else "release.releases"
    names = {"r": table, "e": table}
    condition = "event = 'approved' and " if "{e}" in statement else ""
    changed = owner.execute(
        f"{statement.format(**names)} where {condition}release_id = %s", [chain[state]]
    )
    assert changed.rowcount == 1, "the damage hit"
    found = said(owner)
    assert words in found
    assert chain[state] in found or "bị xóa" in found


def test_a_release_that_is_gone_is_found(owner, chain):
    for table in ("events", "criterion_results", "agency_scorecards", "releases"):
        owner.execute(f"alter table release.{table} disable trigger user")
        owner.execute(f"delete from release.{table} where release_id = %s", [chain["candidate"]])
    found = said(owner)
    assert "có bản phát hành bị xóa" in found
    assert "có sự kiện bị xóa" in found


def rewrite(owner, *, with_events: bool) -> None:
    """What an owner who knows the chain would do: every link after the edit, reckoned again."""
    previous = ""
    for release in rows(owner, "select * from release.releases order by chain_position"):
        previous = link_sha256(previous, release)
        owner.execute(
            "update release.releases set chain_sha256 = %s where release_id = %s",
            [previous, release["release_id"]],
        )
    if not with_events:
        return
    owner.execute(
        """
        update release.events set details = details || jsonb_build_object(
            'content_sha256', releases.content_sha256)
            || case when event = 'frozen' then jsonb_build_object(
                'chain_sha256', releases.chain_sha256) else '{}' end
        from release.releases as releases
        where releases.release_id = events.release_id and event <> 'attached'
        """
    )
    rechain_events(owner)


def rechain_events(owner) -> None:
    """Every event's hash, reckoned again."""
    previous = ""
    for event in rows(
        owner, "select *, details::text as details_text from release.events order by position"
    ):
        previous = event_sha256(previous, event)
        owner.execute(
            "update release.events set chain_sha256 = %s where position = %s",
            [previous, event["position"]],
        )


def test_links_rewritten_without_their_events_are_found(owner, chain):
    owner.execute(
        "update release.releases set data_nature = 'real' where release_id = %s",
        [chain["superseded"]],
    )
    rewrite(owner, with_events=False)
    assert "khi đóng băng là" in said(owner)


def test_an_owner_who_rewrites_everything_is_found_by_a_head_printed_before(owner, chain):
    """The honest limit: inside the database nothing tells any more; a copy outside does."""
    printed = str(chain_head(owner))
    owner.execute(
        "update release.releases set content_sha256 = repeat('a', 64) where release_id = %s",
        [chain["published"]],
    )
    rewrite(owner, with_events=True)
    assert check_chain(owner) == []
    assert "chuỗi đã bị viết lại" in said(owner, printed)


def test_a_tail_that_was_cut_off_is_found_by_a_head_printed_before(owner, chain):
    printed = str(chain_head(owner))
    owner.execute(
        "delete from release.events where position = (select max(position) from release.events)"
    )
    assert f"không còn sự kiện {printed.split('-')[0]}" in said(owner, printed)


def test_a_clock_that_was_moved_back_is_found(owner, chain):
    owner.execute(
        "update release.events set at = at - interval '1 day' "
        "where position = (select max(position) from release.events)"
    )
    rechain_events(owner)
    assert "đồng hồ" in said(owner)


@pytest.mark.parametrize("head", ["42", "42-abc", "x-3fa9c1d2e4b5a697", ""])
def test_a_head_that_is_none_is_refused(owner, chain, head):
    if not head:
        assert check_chain(owner, head) == []
        return
    with pytest.raises(UserError, match="sipas release head"):
        check_chain(owner, head)


def test_an_upgrade_links_the_releases_that_were_there_in_their_order(instance, tmp_path_factory):
    old = make_warehouse(instance, tmp_path_factory.mktemp("upgraded"), "upgraded")
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "sipas" / "migrations"))
    with variables(old.variables()):
        alembic.command.downgrade(config, "0011")
        with old.connect() as owner:
            owner.execute(
                "insert into audit.builds (status, as_of_at, code_version, dbt_project_sha256) "
                "values ('succeeded', now(), '0', 'x')"
            )
            for number, status in itertools.product((2, 1), ("published", "withdrawn")):
                owner.execute(
                    """
                    insert into release.releases (release_id, scope, status, content_sha256,
                        row_count, data_nature, method_rows, build_id, as_of_at, code_version,
                        dbt_project_sha256, created_at)
                    select %s, %s, %s, 'hash', 1, 'real', '{}', build_id, now(), '0', 'x',
                        timestamptz '2024-01-01' - %s * interval '1 day'
                    from audit.builds
                    """,
                    [f"{status}-{number}", f"{status}-{number}", status, number],
                )
        alembic.command.upgrade(config, "head")
    with old.connect() as owner:
        assert check_chain(owner) == []
        linked = owner.execute(
            "select release_id from release.releases order by chain_position"
        ).fetchall()
        assert [release_id for (release_id,) in linked] == [
            "published-2",
            "withdrawn-2",
            "published-1",
            "withdrawn-1",
        ]
        assert (
            owner.execute("select event, actor from release.events").fetchall()
            == [("frozen", "migration 0012")] * 4
        )
        owner.execute(
            "update release.releases set status = 'superseded' where release_id = 'published-1'"
        )
        assert check_chain(owner) == []
