"""Each role logs in and sees what superset/roles.yaml says, and nothing more by any path."""

import copy
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from readers import AGENCY, Reader, agencies

from sipas.local import prepare
from sipas.local.demo import Demo
from sipas.local.instance import PROJECT
from sipas.local.postgres import database_url
from sipas.local.scratch import variables
from sipas.local.superset_accounts import ACCOUNTS

sys.path.append(str(PROJECT / "superset"))
import access_rules
import validate_assets

PEOPLE = [username for username, *_ in ACCOUNTS]
OF_AGENCIES = [username for username, _, agency, _ in ACCOUNTS if agency]
# A function of PostgreSQL that runs a query given as text, with the rights of the dashboards'
# account: every agency that has late dossiers, in one value.
PAST_THE_RULES = (
    "cast(ts_rewrite(cast('a' as tsquery), 'select cast(''a'' as tsquery), "
    "cast(string_agg(distinct quote_literal(agency_code), '' | '') as tsquery) "
    "from operational.late_dossiers') as text)"
)
# Forms in which rows leave Superset; the head, who sees most, tries all.
FORMATS = {"coquan": ("json",), "lanhdao": ("json", "csv", "xlsx")}


@pytest.fixture(scope="module")
def rules() -> Any:
    return access_rules.load_rules()


@pytest.fixture(scope="module")
def assets() -> Any:
    return validate_assets.load()


@pytest.fixture(scope="module")
def readers(demo: Demo) -> Iterator[dict[str, Reader]]:
    made = {name: Reader(demo.instance, name) for name in (*PEOPLE, "admin")}
    made["guest"] = Reader(demo.instance, None)
    yield made
    for reader in made.values():
        reader.http.close()


@pytest.fixture(scope="module")
def of_agencies(rules, assets, readers) -> dict[str, int]:
    """Name → number of the datasets that hold rows of agencies."""
    numbers = readers["admin"].names("dataset", "table_name")
    return {
        dataset["table_name"]: numbers[dataset["table_name"]]
        for slug, dataset in assets.of("datasets").items()
        if access_rules.width_of_dataset(rules, slug, dataset) == "agency"
    }


def may_open(rules: Any, assets: Any, reader: Reader) -> set[str]:
    """The dashboards that a role may open and that are there."""
    return set(rules.roles[reader.role]["dashboards"]) & set(assets.of("dashboards"))


def may_read(rules: Any, assets: Any, reader: Reader) -> set[str]:
    """The names of the datasets on those dashboards."""
    asked = {
        uuid
        for slug in may_open(rules, assets, reader)
        for uuid in access_rules.datasets_of(assets, assets.of("dashboards")[slug])
    }
    return {assets.by_uuid("datasets")[uuid]["table_name"] for uuid in asked}


@pytest.mark.parametrize("username", PEOPLE)
def test_a_role_opens_its_dashboards_and_no_other(rules, assets, readers, username):
    reader = readers[username]
    opened = may_open(rules, assets, reader)
    assert set(reader.names("dashboard", "slug")) == opened
    for slug in assets.of("dashboards"):
        answer = reader.get(f"/api/v1/dashboard/{slug}")
        assert answer.status_code == 200 if slug in opened else answer.status_code in (403, 404)


@pytest.mark.parametrize("username", PEOPLE)
def test_a_role_reads_the_datasets_of_its_dashboards_and_no_other(rules, assets, readers, username):
    reader = readers[username]
    readable = may_read(rules, assets, reader)
    everything = readers["admin"].names("dataset", "table_name")
    assert set(reader.names("dataset", "table_name")) == readable
    closed = sorted(everything.keys() - readable)
    for name in closed:
        assert reader.ask(everything[name]).status_code == 403, name
    for name in closed[:3]:
        assert reader.drill(everything[name]).status_code == 403, name
        assert reader.get(f"/api/v1/dataset/{everything[name]}").status_code in (403, 404), name


@pytest.mark.parametrize("username", OF_AGENCIES)
def test_no_row_of_another_agency_comes_by_any_path(rules, assets, readers, of_agencies, username):
    reader, province = readers[username], readers["canbo"]
    proved = []
    tried = sorted(may_read(rules, assets, reader) & set(of_agencies))
    for name in tried:
        dataset = of_agencies[name]
        # The province asks first: nothing that was kept for it may come back.
        everyone = agencies(province.ask(dataset))
        own = {code for code in everyone if f"{code}.".startswith(f"{reader.agency}.")}
        foreign = everyone - own
        proved += [name] if own and foreign else []
        for result_format in FORMATS[username]:
            assert agencies(reader.ask(dataset, result_format)) == own, (name, result_format)
        assert agencies(reader.drill(dataset)) <= own, name
        if username == "lanhdao":
            asked = [{"col": AGENCY, "op": "IN", "val": sorted(everyone)}]
            assert agencies(reader.ask(dataset, filters=asked)) == own, name
            assert agencies(reader.drill(dataset, filters=asked)) <= own, name
    assert len(proved) > len(tried) / 2, "where nobody else has rows, nothing is proved"


def test_an_agency_official_sees_the_own_agency_and_its_units(readers, of_agencies):
    dataset = of_agencies["agency_results"]
    assert agencies(readers["coquan"].ask(dataset)) == {"H99.31", "H99.31.01", "H99.31.02"}


def sql_questions() -> dict[str, dict[str, Any]]:
    """Every place of a question in which somebody may try SQL."""
    metric = {"expressionType": "SQL", "sqlExpression": f"max({PAST_THE_RULES})", "label": "x"}
    column = {"sqlExpression": PAST_THE_RULES, "label": "x", "expressionType": "SIMPLE"}
    return {
        "metric": {"metrics": [metric], "columns": []},
        "column": {"columns": [column]},
        "where": {"extras": {"where": f"{PAST_THE_RULES} is not null"}},
        "having": {
            "metrics": ["count"],
            "extras": {"having": f"max({PAST_THE_RULES}) is not null"},
        },
        "order": {"orderby": [[metric, True]]},
        "filter": {"filters": [{"col": column, "op": "IS NOT NULL"}]},
        "series": {"series_columns": [AGENCY], "series_limit": 3, "series_limit_metric": metric},
        "axis": {"columns": [{**column, "columnType": "BASE_AXIS", "expressionType": "SQL"}]},
    }


@pytest.mark.parametrize("place", sql_questions())
def test_nobody_but_admin_puts_sql_into_a_question(readers, of_agencies, place):
    dataset = of_agencies["agency_results"]
    for username in ("canbo", "coquan", "kiemtoan"):
        answer = readers[username].ask(dataset, **copy.deepcopy(sql_questions()[place]))
        assert answer.status_code == 403, (username, answer.text[:300])
        assert "không được viết SQL" in answer.json()["errors"][0]["message"]
    refused = readers["coquan"].drill(dataset, extras={"where": "1 = 1"})
    assert refused.status_code == 403


def test_such_a_question_would_have_read_every_agency_s_dossiers(readers, of_agencies):
    answer = readers["admin"].ask(of_agencies["agency_results"], **sql_questions()["metric"])
    told = answer.json()["result"][0]["data"][0]["x"]
    assert "H99.01" in told
    assert "H99.33" in told


CLOSED = (
    "/api/v1/sqllab/",
    "/api/v1/query/",
    "/api/v1/saved_query/",
    "/api/v1/database/",
    "/api/v1/security/roles/",
    "/api/v1/security/users/",
    "/api/v1/rowlevelsecurity/",
    "/api/v1/log/",
    "/api/v1/assets/export/",
    "/api/v1/chart/export/?q=!(1)",
    "/api/v1/dataset/export/?q=!(1)",
    "/api/v1/dashboard/export/?q=!(1)",
    "/api/v1/datasource/table/1/column/agency_code/values/",
    "/api/v1/explore/?datasource_id=1&datasource_type=table",
    "/explore/?datasource_type=table&datasource_id=1",
    "/superset/explore_json/",
    "/api/v1/annotation_layer/",
    "/users/list/",
)


@pytest.mark.parametrize("username", [*PEOPLE, "guest"])
def test_every_other_door_is_closed(readers, username):
    reader = readers[username]
    for path in CLOSED:
        code = reader.get(path).status_code
        closed = (302, 401, 403, 404) if username == "guest" else (403, 404)
        assert code in closed, path
    run = {"database_id": 1, "sql": "select * from operational.late_dossiers"}
    assert reader.http.post("/api/v1/sqllab/execute/", json=run).status_code in (400, 401, 403)
    made = {"database": 1, "schema": "operational", "table_name": "late_dossiers"}
    assert reader.http.post("/api/v1/dataset/", json=made).status_code in (400, 401, 403)
    assert reader.http.put("/api/v1/dashboard/1", json={"published": True}).status_code in (
        *(400, 401, 403),
    )
    for kind in ("dataset", "dashboard", "chart"):
        listed = reader.get(f"/api/v1/{kind}/related/owners")
        assert listed.status_code in (401, 403) or listed.json()["count"] == 0, "names of people"


def test_a_copied_link_carries_the_choice_and_not_the_rows(readers, of_agencies):
    state = {"dataMask": {}, "activeTabs": [], "anchor": "", "urlParams": []}
    made = readers["canbo"].http.post("/api/v1/dashboard/tong-quan/permalink", json=state)
    assert made.status_code == 201, made.text
    key = made.json()["key"]
    assert readers["coquan"].get(f"/api/v1/dashboard/permalink/{key}").status_code == 200
    assert readers["giamsat"].get(f"/api/v1/dashboard/permalink/{key}").status_code in (403, 404)
    kept = readers["canbo"].ask(of_agencies["agency_results"]).json()["result"][0]["cache_key"]
    found = readers["coquan"].get(f"/api/v1/chart/data/{kept}")
    assert found.status_code in (403, 404, 422), "what was kept for another is nobody else's"


def test_guests_see_nothing_and_what_was_changed_by_hand_is_put_back(
    demo: Demo, rules, assets, readers, of_agencies
):
    """Public dashboards switched on after a bad day in the browser, then off again."""
    dataset, guest = of_agencies["agency_results"], readers["guest"]
    assert guest.ask(dataset).status_code in (401, 403)
    with psycopg.connect(database_url(demo.instance, "superset", "superset")) as metadata:
        for damage in DAMAGES:
            assert metadata.execute(damage).rowcount, damage
    assert readers["giamsat"].get("/api/v1/security/roles/").status_code == 200, "now an Admin"
    assert "H99.01" in agencies(readers["coquan"].ask(dataset)), "now every agency"
    with variables({"SIPAS_PUBLIC_DASHBOARDS": "1"}):
        prepare.sync_access(demo.instance)
    said = (demo.instance.run_dir / "sync-access.log").read_text()
    for line in TOLD:
        assert line in said
    assert readers["giamsat"].get("/api/v1/security/roles/").status_code == 403
    assert "H99.01" not in agencies(readers["coquan"].ask(dataset))
    public = set(rules.guests["dashboards"]) & set(assets.of("dashboards"))
    assert set(guest.names("dashboard", "slug")) == public
    assert guest.ask(dataset).status_code in (401, 403)
    prepare.sync_access(demo.instance)
    assert not guest.names("dashboard", "slug")


DAMAGES = (
    """
    insert into ab_user_role (id, user_id, role_id)
    select nextval('ab_user_role_id_seq'), ab_user.id, ab_role.id from ab_user, ab_role
    where username = 'giamsat' and name = 'Admin'
    """,
    "update row_level_security_filters set clause = '1 = 1' where name like 'Cơ quan H99.31'",
    "insert into ab_role (id, name) values (nextval('ab_role_id_seq'), 'Tạm')",
    """
    insert into ab_permission_view_role (id, permission_view_id, role_id)
    select nextval('ab_permission_view_role_id_seq'), ab_permission_view.id, ab_role.id
    from ab_permission_view
    inner join ab_permission on ab_permission.id = permission_id
    inner join ab_role on ab_role.name = 'Cán bộ cơ quan'
    where ab_permission.name = 'all_datasource_access'
    """,
    "update ab_user set active = false where username = 'kysu'",
    "delete from dashboard_roles",
)
TOLD = (
    "tài khoản «giamsat»: đặt lại vai trò",
    "tài khoản «kysu»: đặt lại vai trò",
    "quy tắc dòng «Cơ quan H99.31»: đặt lại điều kiện",
    "đã gỡ vai trò «Tạm»",
    "vai trò «Cán bộ cơ quan»: bỏ 1 quyền thừa",
)
