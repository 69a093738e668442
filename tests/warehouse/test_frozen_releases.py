"""A release is never changed: superseded or withdrawn, also not by the owner of the tables."""

import itertools

import psycopg
import pytest

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
# The way of a release to each state.
WAY = {
    "candidate": (),
    "approved": ("approved",),
    "published": ("approved", "published"),
    "superseded": ("approved", "published", "superseded"),
    "withdrawn": ("approved", "withdrawn"),
    "rejected": ("rejected",),
}
SET_STATE = "update release.releases set status = %s where release_id = %s"
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def build_id(warehouse) -> int:
    with warehouse.connect("transform") as transform:
        return transform.execute(
            "insert into audit.builds (status, as_of_at, code_version, dbt_project_sha256) "
            "values ('succeeded', now(), '0', 'x') returning build_id"
        ).fetchone()[0]


@pytest.fixture
def release(warehouse, build_id):
    """A function that makes a release of a scope of its own, in a state, with one row a mart."""

    def make(status: str = "candidate", scope: str | None = None) -> str:
        release_id = f"test-r{next(numbers)}"
        with warehouse.connect("release") as connection:
            connection.execute(
                """
                insert into release.releases (
                    release_id, scope, status, content_sha256, row_count, data_nature,
                    method_rows, build_id, as_of_at, code_version, dbt_project_sha256
                ) values (%s, %s, 'candidate', 'hash', 1, 'simulated', '{}', %s, now(), '0', 'x')
                """,
                [release_id, scope or release_id, build_id],
            )
            connection.execute(
                """
                insert into release.criterion_results (
                    release_id, round_code, unit_key, breakdown, breakdown_value, indicator_code,
                    method_version, unit_code, unit_name, unit_level, indicator_level, sort_order,
                    label_vi, label_en, measure_type, value_source, data_nature, index_value,
                    is_suppressed
                ) values (%s, 'r', 'u', 'all', 'all', 'SIPAS', 'm', 'u', 'U', 'province',
                    'overall', 1, 'n', 'n', 'mean5', 'answers', 'simulated', 82.28, false)
                """,
                [release_id],
            )
            connection.execute(
                """
                insert into release.agency_scorecards
                select (jsonb_populate_record(null::release.agency_scorecards, (
                    select jsonb_object_agg(attname, case format_type(atttypid, null)
                        when 'date' then '2024-01-01'
                        when 'timestamp with time zone' then '2024-01-01'
                        when 'text' then %s else '0' end)
                    from pg_attribute
                    where attrelid = 'release.agency_scorecards'::regclass and attnum > 0
                ))).*
                """,
                [release_id],
            )
            for state in WAY[status]:
                connection.execute(SET_STATE, [state, release_id])
        return release_id

    return make


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


def test_a_release_cannot_be_deleted_by_its_owner(warehouse, release):
    with pytest.raises(FROZEN, match="never deleted"):
        attempt(warehouse, "owner", "delete from release.releases where release_id = %s", release())


@pytest.mark.parametrize(
    "column",
    ["content_sha256", "data_nature", "scope", "as_of_at", "build_id", "row_count", "method_rows"],
)
def test_what_a_release_says_of_itself_cannot_be_changed(warehouse, release, column):
    values = {"as_of_at": "now()", "build_id": "0", "row_count": "9", "data_nature": "'real'"}
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


def test_an_approval_cannot_be_rewritten(warehouse, release):
    release_id = release("approved")
    with pytest.raises(FROZEN):
        attempt(
            warehouse,
            "release",
            "update release.releases set signatory = 'another' where release_id = %s",
            release_id,
        )


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
