"""Make Superset hold exactly the roles, rules of rows and accounts that the files say.

    python superset/access.py    after a change of people or roles alone; sync_assets.py does it too

Runs in Superset's environment as sync_assets.py does, which must have run before: it imports what
the roles open. What somebody changed in the browser is put back and told; what no file names is
taken away. Any fault: exit 1, one line a fault.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from access_rules import (
    AccessError,
    Account,
    Rules,
    agency_clause,
    agency_role,
    check,
    datasets_of,
    load_accounts,
    load_rules,
    width_of_dataset,
)
from compile_assets import AssetError
from flask_appbuilder.security.sqla.models import Role, User
from superset.app import create_app
from validate_assets import load
from werkzeug.security import check_password_hash

# Superset's models may only be imported inside an application context: hence the local imports.
# Roles that `superset init` makes; nobody but Admin holds one.
BUILT_IN = {"Admin", "Alpha", "Gamma", "Public", "sql_lab"}
GUESTS = "Public"
# All rules of rows share a key, so that they are alternatives: nothing, or one's own agency.
GROUP_KEY = "agency"
NOTHING = "Không dòng nào, trừ vai trò xem mọi cơ quan"


def setting(name: str) -> str:
    """Return an environment variable; raise AccessError when it is missing or empty."""
    if not os.environ.get(name):
        raise AccessError(f"thiếu biến môi trường {name}")
    return os.environ[name]


def admin_account() -> User:
    """Return the administrator's account, made or mended as the settings say."""
    return ensure_admin(setting("SUPERSET_USER"), setting("SUPERSET_PASSWORD"))


def sync_access(rules: Rules, assets: Any, accounts: list[Account], admin: User) -> list[str]:
    """Do all of it; return what was found different, one line each.

    With SIPAS_PUBLIC_DASHBOARDS=1 people without an account see the public dashboards. Raises
    AccessError for a permission that Superset does not know. Rules of rows stand before anybody
    may read a dataset: a run that stops half-way opens nothing.
    """
    from superset import db, security_manager

    guests = os.environ.get("SIPAS_PUBLIC_DASHBOARDS") == "1"

    agencies = sorted({account.agency for account in accounts if account.agency})
    for name in (*rules.roles, *map(agency_role, agencies)):
        security_manager.add_role(name)
    changes = [
        *_sync_row_rules(rules, assets, agencies),
        *_sync_roles(rules, assets, agencies, guests),
        *_sync_dashboards(rules, assets, guests),
        *_sync_accounts(accounts, admin),
        *_remove_other_roles(rules, agencies),
    ]
    db.session.commit()
    return changes


def ensure_admin(username: str, password: str) -> User:
    """Return the administrator's account; make it, or give it this password and role."""
    from superset import db, security_manager

    role = security_manager.find_role("Admin")
    if role is None:
        raise AccessError("chưa có vai trò Admin: hãy chạy `superset init` trước")
    user = security_manager.find_user(username=username)
    if user is None:
        return _add_user(Account(username, "Quản trị", "Admin", password=password), [role])
    if not check_password_hash(user.password, password):
        security_manager.reset_password(user.id, password)
    if user.roles != [role] or not user.active:
        user.roles, user.active = [role], True
        db.session.commit()
    return user


def _sync_roles(rules: Rules, assets: Any, agencies: list[str], guests: bool) -> Iterator[str]:
    wanted = {
        name: (rules.permissions_of(name), rules.roles[name]["dashboards"]) for name in rules.roles
    }
    wanted |= {agency_role(agency): ([], []) for agency in agencies}
    public = (rules.guests["permissions"], rules.guests["dashboards"])
    wanted[GUESTS] = public if guests else ([], [])
    for name, (said, dashboards) in wanted.items():
        yield from _give(name, [*_permissions(name, said), *_readable(assets, dashboards)])


def _give(name: str, permissions: list[Any]) -> Iterator[str]:
    """Make a role hold exactly these permissions."""
    from superset import security_manager

    role = security_manager.find_role(name)
    before = set(role.permissions)
    role.permissions = permissions
    if before and before != set(permissions):
        more, fewer = len(before - set(permissions)), len(set(permissions) - before)
        yield f"vai trò «{name}»: bỏ {more} quyền thừa, thêm {fewer} quyền thiếu"


def _permissions(name: str, said: list[str]) -> Iterator[Any]:
    from superset import security_manager

    for item in said:
        found = security_manager.find_permission_view_menu(*item.split(" on ", 1))
        if found is None:
            raise AccessError(f"roles.yaml: {name}: Superset không có quyền «{item}»")
        yield found


def _readable(assets: Any, slugs: list[str]) -> list[Any]:
    """The right to read each dataset of these dashboards, and no other."""
    from superset import security_manager

    documents = assets.of("dashboards")
    asked = {
        uuid for slug in slugs if slug in documents for uuid in datasets_of(assets, documents[slug])
    }
    return [
        security_manager.add_permission_view_menu("datasource_access", table.perm)
        for table in _tables(asked)
    ]


def _tables(uuids: set[str]) -> list[Any]:
    from superset.connectors.sqla.models import SqlaTable

    from superset import db

    return [table for table in db.session.query(SqlaTable) if str(table.uuid) in uuids]


def _sync_dashboards(rules: Rules, assets: Any, guests: bool) -> Iterator[str]:
    """Name on each dashboard the roles that open it; one without roles opens by its datasets."""
    from superset.models.dashboard import Dashboard

    from superset import db, security_manager

    for slug in assets.of("dashboards"):
        names = [name for name, role in rules.roles.items() if slug in role["dashboards"]]
        if guests and slug in rules.guests["dashboards"]:
            names.append(GUESTS)
        dashboard = db.session.query(Dashboard).filter_by(slug=slug).one_or_none()
        if dashboard is None:
            raise AccessError(f"dashboards/{slug}.yaml chưa được nhập: hãy chạy sync_assets.py")
        wanted = [security_manager.find_role(name) for name in names]
        if dashboard.roles and set(dashboard.roles) != set(wanted):
            yield f"trang «{slug}»: đặt lại vai trò được mở"
        dashboard.roles = wanted


def _sync_row_rules(rules: Rules, assets: Any, agencies: list[str]) -> Iterator[str]:
    """One rule that gives nothing to anybody, and one alternative to it for each agency."""
    from superset.connectors.sqla.models import RowLevelSecurityFilter

    from superset import db, security_manager

    all_rows = ["Admin", *(name for name, role in rules.roles.items() if role["rows"] == "all")]
    covered = _tables(
        {
            str(dataset["uuid"])
            for slug, dataset in assets.of("datasets").items()
            if width_of_dataset(rules, slug, dataset) != "everybody"
        }
    )
    wanted = {NOTHING: ("Base", "1 = 0", all_rows)} | {
        agency_role(code): ("Regular", agency_clause(code), [agency_role(code)])
        for code in agencies
    }
    found = {rule.name: rule for rule in db.session.query(RowLevelSecurityFilter)}
    for name in sorted(found.keys() - wanted.keys()):
        db.session.delete(found[name])
        yield f"đã gỡ quy tắc dòng «{name}»"
    for name, (kind, clause, roles) in wanted.items():
        rule = found.get(name)
        if rule is None:
            rule = RowLevelSecurityFilter(name=name, filter_type=kind, clause=clause)
            db.session.add(rule)
        elif (str(rule.filter_type), rule.clause, rule.group_key) != (kind, clause, GROUP_KEY):
            yield f"quy tắc dòng «{name}»: đặt lại điều kiện"
        rule.filter_type, rule.clause, rule.group_key = kind, clause, GROUP_KEY
        rule.roles = [security_manager.find_role(role) for role in roles]
        rule.tables = list(covered)


def _sync_accounts(accounts: list[Account], admin: User) -> Iterator[str]:
    """Each account with exactly its roles; one that no file names cannot log in any more."""
    from superset import db, security_manager

    named = {account.username: account for account in accounts}
    if admin.username in named:
        raise AccessError(f"tài khoản «{admin.username}» là của người quản trị: hãy dùng tên khác")
    for account in accounts:
        roles = [security_manager.find_role(name) for name in account.roles]
        user = security_manager.find_user(username=account.username)
        if user is None:
            _add_user(account, roles)
            continue
        if set(user.roles) != set(roles) or not user.active:
            yield f"tài khoản «{account.username}»: đặt lại vai trò"
        user.roles, user.groups, user.active = roles, [], True
    for user in db.session.query(User):
        if user.username not in named and user is not admin and (user.active or user.roles):
            user.active, user.roles, user.groups = False, [], []
            yield f"tài khoản «{user.username}»: không có trong danh sách, đã khoá"


def _add_user(account: Account, roles: list[Role]) -> User:
    from superset import security_manager

    if account.password is None:
        raise AccessError(f"tài khoản mới «{account.username}» cần mật khẩu đầu tiên (password)")
    made = security_manager.add_user(
        account.username,
        account.name,
        "SIPAS",
        f"{account.username}@localhost",
        roles,
        password=account.password,
    )
    if not made:
        raise AccessError(f"không tạo được tài khoản «{account.username}»")
    return made


def _remove_other_roles(rules: Rules, agencies: list[str]) -> Iterator[str]:
    from superset import db

    kept = {*BUILT_IN, *rules.roles, *(agency_role(agency) for agency in agencies)}
    for role in db.session.query(Role):
        if role.name not in kept:
            db.session.delete(role)
            yield f"đã gỡ vai trò «{role.name}»"


def main() -> int:
    """Run from the command line; return the exit code."""
    with create_app().app_context():
        try:
            assets, rules = load(), load_rules()
            accounts = load_accounts(Path(setting("SIPAS_ACCOUNTS_FILE")), rules)
            check(rules, assets)
            for change in sync_access(rules, assets, accounts, admin_account()):
                print(change)
        except (AccessError, AssetError) as error:
            for line in str(error).splitlines():
                print(f"access: {line}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
