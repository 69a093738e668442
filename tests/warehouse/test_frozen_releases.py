"""A release is never changed: superseded or withdrawn, also not by the owner of the tables."""

import itertools

import psycopg
import pytest
from made_releases import SET_STATE, MadeReleases

from sipas.release.content import read_release

FROZEN = psycopg.errors.RestrictViolation
STATES = ("candidate", "approved", "published", "superseded", "withdrawn", "rejected")
NEXT = {
    ("candidate", "approved"),
    ("candidate", "rejected"),
    ("approved", "published"),
    ("approved", "withdrawn"),
    ("published", "superseded"),
    ("published", "withdrawn"),
}


@pytest.fixture(scope="module")
def release(warehouse):
    """A function that makes a release of a scope of its own, in a state, with one row a mart."""
    made = MadeReleases(warehouse)
    return made.make


def attempt(warehouse, role: str, statement: str, *parameters) -> int:
    """How many rows a statement touches."""
    with warehouse.connect(role) as connection:
        return connection.execute(statement, parameters).rowcount


@pytest.mark.parametrize("mart", ["criterion_results", "agency_scorecards"])
@pytest.mark.parametrize("status", ["candidate", "published", "withdrawn"])
@pytest.mark.parametrize(
    "change",
    [
        "update release.{} set data_nature = 'real' where release_id = %s",
        "delete from release.{} where release_id = %s",
    ],
    ids=["update", "delete"],
)
def test_frozen_rows_cannot_be_changed_by_their_owner(warehouse, release, mart, status, change):
    release_id = release(status)
    with pytest.raises(FROZEN, match=release_id):
        attempt(warehouse, "owner", change.format(mart), release_id)
    assert warehouse.rows(
        f"select data_nature from release.{mart} where release_id = %s",
        release_id,
    ) != [("real",)]


@pytest.mark.parametrize("mart", ["criterion_results", "agency_scorecards", "releases"])
def test_frozen_rows_cannot_be_emptied_by_their_owner(warehouse, release, mart):
    release()
    with pytest.raises(FROZEN):
        attempt(warehouse, "owner", f"truncate release.{mart} cascade")


def test_a_column_that_comes_later_is_none_of_a_release(warehouse, release):
    """Its hash covers the columns that it was frozen with."""
    release_id = release("published")
    with warehouse.connect() as owner, owner.transaction(force_rollback=True):
        before = read_release(owner, release_id)
        owner.execute("alter table release.criterion_results add column made_later text")
        assert read_release(owner, release_id).sha256 == before.sha256


def test_a_release_cannot_be_deleted_by_its_owner(warehouse, release):
    with pytest.raises(FROZEN, match="never deleted"):
        attempt(warehouse, "owner", "delete from release.releases where release_id = %s", release())


@pytest.mark.parametrize(
    "column",
    [
        "content_sha256",
        "data_nature",
        "scope",
        "as_of_at",
        "build_id",
        "row_count",
        "method_rows",
        "chain_position",
        "chain_sha256",
        "owner_unit_key",
        "supersedes",
    ],
)
def test_what_a_release_says_of_itself_cannot_be_changed(warehouse, release, column):
    values = {"as_of_at": "now()", "build_id": "0", "row_count": "9", "data_nature": "'real'"}
    values["chain_position"] = "9999"
    value = values.get(column, "'[1]'")
    with pytest.raises(FROZEN, match="only its state and approval"):
        attempt(
            warehouse,
            "owner",
            f"update release.releases set status = 'approved', {column} = {value} "
            "where release_id = %s",
            release(),
        )


@pytest.mark.parametrize("role", ["owner", "release"])
@pytest.mark.parametrize(
    ("old", "new"),
    list(itertools.product(STATES, STATES)),
    ids=lambda state: state,
)
def test_a_release_takes_only_the_next_state(warehouse, release, role, old, new):
    release_id = release(old)
    if (old, new) in NEXT:
        assert attempt(warehouse, role, SET_STATE, new, release_id) == 1
    else:
        with pytest.raises(FROZEN, match=release_id):
            attempt(warehouse, role, SET_STATE, new, release_id)


@pytest.mark.parametrize("change", ["", ", status = 'published'"], ids=["alone", "with a step"])
@pytest.mark.parametrize("role", ["owner", "release"])
def test_an_approval_cannot_be_rewritten(warehouse, release, role, change):
    release_id = release("approved")
    with pytest.raises(FROZEN):
        attempt(
            warehouse,
            role,
            f"update release.releases set signatory = 'another'{change} where release_id = %s",
            release_id,
        )


@pytest.mark.parametrize(("old", "new"), [("candidate", "rejected"), ("published", "withdrawn")])
def test_nothing_is_rejected_or_withdrawn_without_a_reason(warehouse, release, old, new):
    statement = "update release.releases set status = %s, reason = %s where release_id = %s"
    release_id = release(old)
    for reason in (None, " "):
        with pytest.raises(FROZEN, match="needs a reason"):
            attempt(warehouse, "release", statement, new, reason, release_id)
    assert attempt(warehouse, "release", statement, new, "số liệu sai", release_id) == 1


def test_one_release_of_a_scope_stands(warehouse, release):
    release("published", scope="round:one")
    with pytest.raises(psycopg.errors.UniqueViolation):
        release("published", scope="round:one")


def test_only_standing_releases_are_published(warehouse, release):
    made = {status: release(status) for status in STATES}
    for view in ("criterion_results", "agency_scorecards"):
        with warehouse.connect("bi") as bi:
            shown = {
                release_id
                for (release_id,) in bi.execute(f"select release_id from published.{view}")
            }
        assert shown & set(made.values()) == {made["published"]}
    with warehouse.connect("bi") as bi:
        listed = {row[0] for row in bi.execute("select release_id from published.releases")}
    assert listed & set(made.values()) == {
        made[status] for status in ("published", "superseded", "withdrawn")
    }


def test_a_release_cannot_grow_after_it_was_approved(warehouse, release):
    """Its hash would no longer be that of its rows."""
    release_id = release("published")
    with pytest.raises(FROZEN):
        attempt(
            warehouse,
            "release",
            "insert into release.criterion_results select (jsonb_populate_record(rows, "
            '\'{"indicator_code": "9"}\')).* from release.criterion_results as rows '
            "where release_id = %s",
            release_id,
        )
