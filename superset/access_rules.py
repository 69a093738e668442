"""Who sees what, read and checked without a server: roles.yaml, and the accounts of a province.

Needs PyYAML and the standard library only. access.py makes Superset hold what this says.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

RULES_FILE = Path(__file__).parent / "roles.yaml"
# The column of a dataset by which rows of agencies are told apart.
AGENCY_COLUMN = "agency_code"
# From the widest to the narrowest: whose rows a view or dataset holds.
WIDTHS = ("everybody", "agency", "province")
# Codes as the administration gives them: letters, digits, levels parted by dots (H57.19.05).
AGENCY_CODE = re.compile(r"[A-Z0-9]+(\.[A-Z0-9]+)*")
SHORTEST_PASSWORD = 12

# In one pass: `--` may stand in a text, a quotation mark in a comment.
_TEXT_OR_COMMENT = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_VIEW = re.compile(r'\b(published|operational)"?\s*\.\s*"?([a-z_]\w*)', re.I)


class AccessError(Exception):
    """roles.yaml or the accounts are wrong; the text has one line a fault: file, then cause."""


@dataclass(frozen=True)
class Account:
    """A person who logs in. `password` is the first one; who has one keeps it."""

    username: str
    name: str
    role: str
    agency: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def roles(self) -> list[str]:
        """The names of the Superset roles that the account holds."""
        return [self.role, *([agency_role(self.agency)] if self.agency else [])]


@dataclass(frozen=True)
class Rules:
    """The content of roles.yaml."""

    permissions: dict[str, list[str]]
    roles: dict[str, dict[str, Any]]
    guests: dict[str, Any]
    views: dict[str, list[str]]
    datasets: dict[str, dict[str, str]]
    awaited: list[str]

    def permissions_of(self, role: str) -> list[str]:
        """Return «permission on view» of one role."""
        sets = self.roles[role]["permissions"]
        return [item for name in sets for item in self.permissions[name]]

    def width_of_view(self, view: str) -> str | None:
        """Return whose rows a view holds, or None when roles.yaml does not say."""
        return next((width for width, views in self.views.items() if view in views), None)


def agency_role(agency_code: str) -> str:
    """Return the name of the role that opens the rows of one agency and its units."""
    return f"Cơ quan {agency_code}"


def agency_clause(agency_code: str) -> str:
    """Return the SQL condition on the rows of one agency and the units below it.

    A unit's code is its agency's with one more level behind a dot. Raises AccessError for what
    is no code: it would become SQL.
    """
    if not AGENCY_CODE.fullmatch(agency_code):
        raise AccessError(f"«{agency_code}» không phải là mã cơ quan (ví dụ: H57.19)")
    return f"({AGENCY_COLUMN} = '{agency_code}' or {AGENCY_COLUMN} like '{agency_code}.%')"


def load_rules(path: Path = RULES_FILE) -> Rules:
    """Read roles.yaml; raise AccessError when it cannot be read or lacks a part."""
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Rules(**{"datasets": {}, "awaited": [], **said})
    except (OSError, yaml.YAMLError, TypeError) as error:
        raise AccessError(f"{path.name}: không đọc được: {' '.join(str(error).split())}") from error


def load_accounts(path: Path, rules: Rules) -> list[Account]:
    """Read the accounts of a province: a list `accounts` with username, name, role, agency for
    roles with `rows: agency`, and a first password for who has no account yet.

    Raises AccessError with one line an account that is wrong.
    """
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        accounts = [Account(**item) for item in said["accounts"]]
    except (OSError, yaml.YAMLError, TypeError, KeyError) as error:
        raise AccessError(f"{path}: không đọc được: {' '.join(str(error).split())}") from error
    names = [account.username for account in accounts]
    faults = [
        f"{path}: «{account.username}»: {fault}"
        for account in accounts
        for fault in _account_faults(account, rules)
    ]
    faults += [
        f"{path}: «{name}» có hai lần" for name in sorted(set(names)) if names.count(name) > 1
    ]
    if faults:
        raise AccessError("\n".join(faults))
    return accounts


def _account_faults(account: Account, rules: Rules) -> Iterator[str]:
    role = rules.roles.get(account.role)
    if role is None:
        yield f"không có vai trò «{account.role}»; có: {', '.join(rules.roles)}"
        return
    if role["rows"] == "agency" and not account.agency:
        yield f"vai trò «{account.role}» cần mã cơ quan (agency)"
    if role["rows"] == "all" and account.agency:
        yield f"vai trò «{account.role}» xem mọi cơ quan: bỏ mục agency"
    if account.agency and not AGENCY_CODE.fullmatch(account.agency):
        yield f"«{account.agency}» không phải là mã cơ quan (ví dụ: H57.19)"
    if account.password is not None and len(account.password) < SHORTEST_PASSWORD:
        yield f"mật khẩu phải có ít nhất {SHORTEST_PASSWORD} ký tự"


def views_read(dataset: dict[str, Any]) -> set[str]:
    """Return "schema.view" of everything that a dataset reads."""
    if not dataset.get("sql"):
        return {f"{dataset['schema']}.{dataset['table_name']}"}
    sql = _TEXT_OR_COMMENT.sub(lambda said: "''" if said[0][0] == "'" else " ", dataset["sql"])
    return {f"{schema}.{view}".lower() for schema, view in _VIEW.findall(sql)}


def width_of_dataset(rules: Rules, slug: str, dataset: dict[str, Any]) -> str:
    """Return whose rows a dataset holds: those of the narrowest view that it reads.

    A view that roles.yaml does not list is the province's: nobody of an agency sees it.
    """
    if slug in rules.datasets:
        return rules.datasets[slug]["rows"]
    widths = [rules.width_of_view(view) or "province" for view in views_read(dataset)]
    return max(widths, key=WIDTHS.index, default="province")


def datasets_of(assets: Any, dashboard: dict[str, Any]) -> set[str]:
    """Return the uuids of the datasets that a dashboard's charts and filters ask."""
    charts = assets.by_uuid("charts")
    items = [item for item in dashboard["position"].values() if isinstance(item, dict)]
    shown = {item["meta"].get("uuid") for item in items if item["type"] == "CHART"}
    asked = {str(charts[uuid]["dataset_uuid"]) for uuid in shown if uuid in charts}
    for item in dashboard["metadata"].get("native_filter_configuration", []):
        asked |= {str(target["datasetUuid"]) for target in item["targets"]}
    return asked


def readers_of(rules: Rules, assets: Any, accounts: list[Account]) -> dict[str, str]:
    """Return dataset uuid → an account that may read it, who sees all rows before who does not."""
    readers: dict[str, str] = {}
    for account in sorted(accounts, key=lambda account: rules.roles[account.role]["rows"] != "all"):
        for slug in rules.roles[account.role]["dashboards"]:
            if slug in assets.of("dashboards"):
                for uuid in datasets_of(assets, assets.of("dashboards")[slug]):
                    readers.setdefault(uuid, account.username)
    return readers


def check(rules: Rules, assets: Any) -> None:
    """Compare roles.yaml with the assets; raise AccessError listing every fault."""
    faults = [
        *_role_faults(rules),
        *_dashboard_faults(rules, assets),
        *_dataset_faults(rules, assets),
        *_reach_faults(rules, assets),
    ]
    if faults:
        raise AccessError("\n".join(f"roles.yaml: {fault}" for fault in faults))


def _audiences(rules: Rules) -> dict[str, list[str]]:
    opened = {name: role["dashboards"] for name, role in rules.roles.items()}
    return {**opened, "guests": rules.guests["dashboards"]}


def _role_faults(rules: Rules) -> Iterator[str]:
    for name, role in rules.roles.items():
        if role.get("rows") not in ("all", "agency"):
            yield f"{name}: rows phải là all hoặc agency"
        for missing in set(role["permissions"]) - set(rules.permissions):
            yield f"{name}: không có nhóm quyền «{missing}»"
    for width in set(rules.views) - set(WIDTHS):
        yield f"views: không có loại «{width}»; có: {', '.join(WIDTHS)}"
    listed = [view for views in rules.views.values() for view in views]
    for view in sorted({view for view in listed if listed.count(view) > 1}):
        yield f"views: «{view}» có hai lần"


def _dashboard_faults(rules: Rules, assets: Any) -> Iterator[str]:
    files, audiences = set(assets.of("dashboards")), _audiences(rules)
    opened = {slug for slugs in audiences.values() for slug in slugs}
    for slug in sorted(files - opened):
        yield f"dashboards/{slug}.yaml: không vai trò nào được mở trang này"
    for name, slugs in audiences.items():
        for slug in slugs:
            if slug not in files and slug not in rules.awaited:
                yield f"{name}: không có dashboards/{slug}.yaml"
    for slug in rules.awaited:
        if slug in files:
            yield f"awaited: dashboards/{slug}.yaml đã có, hãy bỏ khỏi danh sách"


def _dataset_faults(rules: Rules, assets: Any) -> Iterator[str]:
    for slug, exception in rules.datasets.items():
        if slug not in assets.of("datasets"):
            yield f"datasets: không có datasets/{slug}.yaml"
        if exception.get("rows") not in WIDTHS or not exception.get("because"):
            yield f"datasets: {slug} cần rows ({', '.join(WIDTHS)}) và because (lý do)"
    for slug, dataset in assets.of("datasets").items():
        for view in sorted(views_read(dataset)):
            if rules.width_of_view(view) is None:
                yield f"datasets/{slug}.yaml: chưa xếp loại «{view}» trong mục views"
        columns = {column["column_name"] for column in dataset.get("columns") or []}
        if width_of_dataset(rules, slug, dataset) == "agency" and AGENCY_COLUMN not in columns:
            yield f"datasets/{slug}.yaml: đọc dòng của từng cơ quan nên cần cột «{AGENCY_COLUMN}»"


def _reach_faults(rules: Rules, assets: Any) -> Iterator[str]:
    """A dashboard opened by somebody who may not see the rows of one of its datasets."""
    names = {str(said["uuid"]): slug for slug, said in assets.of("datasets").items()}
    forbidden = {"all": set(), "agency": {"province"}, "guests": {"agency", "province"}}
    for audience, opened in _audiences(rules).items():
        rows = "guests" if audience == "guests" else rules.roles[audience]["rows"]
        for slug in sorted(set(opened) & set(assets.of("dashboards"))):
            dashboard = assets.of("dashboards")[slug]
            for name in sorted(names[uuid] for uuid in datasets_of(assets, dashboard) & set(names)):
                dataset = assets.of("datasets")[name]
                place = f"{audience}: trang «{slug}» đọc datasets/{name}.yaml"
                if width_of_dataset(rules, name, dataset) in forbidden.get(rows, ()):
                    yield f"{place}: dòng không được phép xem"
                if rows == "guests" and any("operational." in view for view in views_read(dataset)):
                    yield f"{place}: danh sách công việc không dành cho khách"
