"""Who sees what holds together before any server runs: default deny, and every gap is a fault."""

import copy
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from rooms import SUPERSET, module

access_rules = module("access_rules")
validate_assets = module("validate_assets")


@pytest.fixture
def rules() -> Any:
    return copy.deepcopy(access_rules.load_rules())


@pytest.fixture(scope="module")
def loaded() -> Any:
    return validate_assets.load()


@pytest.fixture
def assets(loaded: Any) -> Any:
    return copy.deepcopy(loaded)


def test_the_roles_and_the_assets_in_the_folder_hold_together(rules, assets):
    access_rules.check(rules, assets)


def test_every_readable_view_says_whose_rows_it_holds_and_no_other_view_is_named(rules):
    readable = set(validate_assets.project_columns())
    named = {view for views in rules.views.values() for view in views}
    # Some marts have no view; a name that is no mart at all is a slip.
    assert named <= readable
    for view in sorted(readable - named):
        assert view in ("published.fieldwork_progress", "operational.late_dossier_handlers"), view


def test_views_with_an_agency_code_are_covered_by_rules_of_rows(rules):
    for view, columns in validate_assets.project_columns().items():
        if rules.width_of_view(view) == "everybody":
            assert not {"agency_code", "agency_key"} & set(columns or ()), view


def _dashboard_without_audience(rules, assets):
    for role in rules.roles.values():
        role["dashboards"] = [slug for slug in role["dashboards"] if slug != "tong-quan"]


def _named_dashboard_without_file(rules, assets):
    rules.roles["Giám sát"]["dashboards"].append("no-such-dashboard")


def _awaited_dashboard_is_there(rules, assets):
    rules.awaited.append("tong-quan")


def _new_dataset_over_an_unlisted_view(rules, assets):
    assets.of("datasets")["agency-results"]["sql"] += " union all select * from published.secrets"


def _rows_of_agencies_without_their_column(rules, assets):
    columns = assets.of("datasets")["agency-results"]["columns"]
    columns[:] = [column for column in columns if column["column_name"] != "agency_code"]


def _rows_of_the_province_for_an_agency(rules, assets):
    assets.of("datasets")["satisfaction-results"]["sql"] += " -- \n, published.figure_origins"


def _rows_of_agencies_for_guests(rules, assets):
    rules.guests["dashboards"].append("co-quan")


def _work_list_for_guests(rules, assets):
    rules.guests["dashboards"].append("co-quan")
    for dataset in assets.of("datasets").values():
        dataset["sql"] = "select agency_code from operational.fieldwork"


def _exception_without_a_reason(rules, assets):
    rules.datasets["agency-release"].pop("because")


def _exception_without_a_dataset(rules, assets):
    rules.datasets["gone"] = {"rows": "everybody", "because": "x"}


def _unknown_set_of_permissions(rules, assets):
    rules.roles["Cán bộ"]["permissions"].append("everything")


def _unknown_kind_of_rows(rules, assets):
    rules.roles["Cán bộ"]["rows"] = "some"


def _view_in_two_places(rules, assets):
    rules.views["everybody"].append("operational.late_dossiers")


@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (_dashboard_without_audience, r"tong-quan\.yaml: không vai trò nào được mở"),
        (_named_dashboard_without_file, r"Giám sát: không có dashboards/no-such-dashboard\.yaml"),
        (_awaited_dashboard_is_there, r"awaited: dashboards/tong-quan\.yaml đã có"),
        (_new_dataset_over_an_unlisted_view, r"chưa xếp loại «published\.secrets»"),
        (_rows_of_agencies_without_their_column, r"agency-results\.yaml: .* cần cột «agency_code»"),
        (_rows_of_the_province_for_an_agency, r"Cán bộ cơ quan: .*satisfaction-results.*không"),
        (_rows_of_agencies_for_guests, r"guests: .*agency-results.*không được phép"),
        (_work_list_for_guests, r"guests: .*danh sách công việc không dành cho khách"),
        (_exception_without_a_reason, r"agency-release cần rows .* because"),
        (_exception_without_a_dataset, r"không có datasets/gone\.yaml"),
        (_unknown_set_of_permissions, r"Cán bộ: không có nhóm quyền «everything»"),
        (_unknown_kind_of_rows, r"Cán bộ: rows phải là all hoặc agency"),
        (_view_in_two_places, r"«operational\.late_dossiers» có hai lần"),
    ],
)
def test_a_gap_in_who_sees_what_is_refused_with_its_place(
    rules: Any, assets: Any, damage: Callable, cause: str
) -> None:
    damage(rules, assets)
    with pytest.raises(access_rules.AccessError, match=cause):
        access_rules.check(rules, assets)


def test_a_dataset_is_as_narrow_as_its_narrowest_view_and_an_unknown_view_is_the_province_s(rules):
    def width(sql: str) -> str:
        return access_rules.width_of_dataset(rules, "any", {"schema": "published", "sql": sql})

    assert width("select 1 from published.releases") == "everybody"
    assert width("select 1 from published.releases, operational.late_dossiers") == "agency"
    assert width('select 1 from "operational"."late_dossiers"') == "agency"
    assert width("select 1 from published.releases, published.figure_origins") == "province"
    assert width("select 1 from published.not_there") == "province"
    assert width("select 1") == "province"
    comment = "select '; from operational.late_dossiers' from published.releases -- published.x"
    assert width(comment) == "everybody"


def test_nobody_but_admin_writes_sql_or_changes_anything(rules):
    own = {
        "can_write on CurrentUserRestApi",
        "can_write on DashboardFilterStateRestApi",
        "can_write on DashboardPermalinkRestApi",
    }
    said = {item for items in rules.permissions.values() for item in items}
    said |= set(rules.guests["permissions"])
    assert {item for item in said if item.startswith("can_write")} == own
    for word in ("SQL", "Database", "all_", "schema_access", "Role", "Explore", "delete", "export"):
        assert not [item for item in said if word.lower() in item.lower()], word
    assert "can_csv on Superset" not in rules.guests["permissions"]


def test_an_agency_s_condition_takes_its_units_and_no_neighbour():
    assert access_rules.agency_clause("H99.31") == (
        "(agency_code = 'H99.31' or agency_code like 'H99.31.%')"
    )
    for code in ("H99' or 'a'='a", "H99.%", "H99_31", "", "H99.", "h99"):
        with pytest.raises(access_rules.AccessError, match="không phải là mã cơ quan"):
            access_rules.agency_clause(code)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"role": "Giám đốc"}, "không có vai trò «Giám đốc»"),
        ({"agency": None}, "cần mã cơ quan"),
        ({"role": "Cán bộ"}, "xem mọi cơ quan"),
        ({"agency": "H99'"}, "không phải là mã cơ quan"),
        ({"password": "ngắn"}, "ít nhất 12 ký tự"),  # pragma: allowlist secret
        ({"unknown": 1}, "không đọc được"),
    ],
)
def test_a_wrong_account_is_refused_by_name(rules, tmp_path: Path, change: dict, cause: str):
    right = {
        "username": "an",
        "name": "Nguyễn Văn An",
        "role": "Cán bộ cơ quan",
        "agency": "H99.31",
        "password": "mot-mat-khau-dai",  # pragma: allowlist secret
    }
    path = tmp_path / "accounts.yaml"
    path.write_text(yaml.safe_dump({"accounts": [right]}))
    (account,) = access_rules.load_accounts(path, rules)
    assert account.roles == ["Cán bộ cơ quan", "Cơ quan H99.31"]
    assert right["password"] not in repr(account)
    path.write_text(yaml.safe_dump({"accounts": [right | change]}))
    with pytest.raises(access_rules.AccessError, match=cause):
        access_rules.load_accounts(path, rules)
    path.write_text(yaml.safe_dump({"accounts": [right, right]}))
    with pytest.raises(access_rules.AccessError, match="có hai lần"):
        access_rules.load_accounts(path, rules)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path):
    path = tmp_path / "roles.yaml"
    path.write_text("roles: [")
    with pytest.raises(access_rules.AccessError, match=r"roles\.yaml: không đọc được"):
        access_rules.load_rules(path)
    path.write_text(yaml.safe_dump({"roles": {}}))
    with pytest.raises(access_rules.AccessError, match=r"roles\.yaml: không đọc được.*permissions"):
        access_rules.load_rules(path)


def test_the_questions_of_a_dataset_are_tried_by_somebody_who_may_ask_them(rules, assets):
    make = access_rules.Account
    accounts = [make("coquan", "", "Cán bộ cơ quan", "H99.31"), make("canbo", "", "Cán bộ")]
    readers = access_rules.readers_of(rules, assets, accounts)
    assert set(readers.values()) == {"canbo"}
    assert set(readers) <= {str(said["uuid"]) for said in assets.of("datasets").values()}
    assert set(access_rules.readers_of(rules, assets, accounts[:1]).values()) == {"coquan"}


def test_rules_hold_every_part_of_the_file():
    said = yaml.safe_load((SUPERSET / "roles.yaml").read_text(encoding="utf-8"))
    assert set(said) <= {field.name for field in dataclasses.fields(access_rules.Rules)}
