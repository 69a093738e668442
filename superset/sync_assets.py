"""Make Superset hold exactly what this folder says: accounts, roles, dashboards.

Runs in Superset's environment, after `superset db upgrade` and `superset init`, with
SUPERSET_CONFIG_PATH set:

    python superset/sync_assets.py

Needs SUPERSET_USER, SUPERSET_PASSWORD (administrator), SUPERSET_OFFICIAL_USER and
SUPERSET_OFFICIAL_PASSWORD (an official who reads). Checks the files, imports them, removes what
is no longer in the folder, then asks the question of every chart and filter as the official
would. Any fault: exit 1, one line a fault. An import is whole or not at all; a question that
fails afterwards leaves the imported files in place.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from compile_assets import AssetError, query_of
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import create_engine, text
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import SQLAlchemyError
from superset.app import create_app
from validate_assets import ASSETS, KINDS, Assets, load, validate
from werkzeug.security import check_password_hash

# Superset's models may only be imported inside an application context: hence the local imports.
ROLES_FILE = Path(__file__).parent / "roles.yaml"


class SyncError(Exception):
    """Something that the reader can mend; the text names the file or setting, then the cause."""


def _setting(name: str) -> str:
    if not os.environ.get(name):
        raise SyncError(f"thiếu biến môi trường {name}")
    return os.environ[name]


def view_columns(url: str) -> dict[str, frozenset[str]]:
    """Return "schema.view" → columns, as the BI role itself sees them."""
    query = text(
        "select table_schema || '.' || table_name, array_agg(cast(column_name as text)) "
        "from information_schema.columns "
        "where table_schema in ('published', 'operational') group by 1"
    )
    try:
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg2"))
        with engine.connect() as connection:
            return {view: frozenset(columns) for view, columns in connection.execute(query)}
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise SyncError(f"SIPAS_BI_DATABASE_URL: không kết nối được: {cause}") from error


def contents_of(assets: Assets, bi_url: str) -> dict[str, str]:
    """Return file name → YAML as Superset imports it.

    Adds what depends on the place (the warehouse's address, without password) and what follows
    from a chart's settings (its query, which the chart-data API needs).
    """
    address = make_url(bi_url).set(drivername="postgresql+psycopg2", password=None)
    contents = {"metadata.yaml": (ASSETS / "metadata.yaml").read_text(encoding="utf-8")}
    for kind in KINDS:
        for slug, document in assets.of(kind).items():
            if kind == "databases":
                document = {**document, "sqlalchemy_uri": str(address)}
            if kind == "charts":
                query = query_of(document["params"])
                context = {"datasource": None, "queries": [query], "result_format": "json"}
                document = {
                    **document,
                    "query_context": json.dumps({**context, "result_type": "full"}),
                }
            contents[f"{kind}/{slug}.yaml"] = yaml.safe_dump(document, allow_unicode=True)
    return contents


def import_contents(contents: dict[str, str]) -> None:
    """Import all files in one transaction; raise SyncError naming file and cause."""
    from superset.commands.exceptions import CommandException, CommandInvalidError
    from superset.commands.importers.v1.assets import ImportAssetsCommand

    try:
        ImportAssetsCommand(contents).run()
    except CommandException as error:
        # Superset wraps the refusal of a file in a second error that names nothing.
        cause = error.__cause__ or error
        faults = cause._exceptions if isinstance(cause, CommandInvalidError) else []
        lines = [f"{name}: {causes}" for fault in faults for name, causes in fault.messages.items()]
        raise SyncError("\n".join(lines) or f"nhập tài nguyên: {cause}") from error


def prune(assets: Assets) -> list[str]:
    """Remove objects of ours whose file is gone; return their names.

    Ours = managed externally with a derived (version 5) uuid: what a person makes in the
    browser has a random one and stays.
    """
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.core import Database
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice

    from superset import db

    removed = []
    models = {"dashboards": Dashboard, "charts": Slice, "datasets": SqlaTable}
    for kind, model in {**models, "databases": Database}.items():
        kept = assets.by_uuid(kind)
        for item in db.session.query(model).filter_by(is_managed_externally=True):
            if item.uuid.version == 5 and str(item.uuid) not in kept:
                db.session.delete(item)
                removed.append(f"{kind}: {item}")
        db.session.flush()
    db.session.commit()
    return removed


def ensure_account(username: str, password: str, first_name: str, role: Role) -> User:
    """Return the account; make it, or give it the password and role, if they differ."""
    from superset import db, security_manager

    user = security_manager.find_user(username=username)
    if user is None:
        user = security_manager.add_user(
            username, first_name, "SIPAS", f"{username}@localhost", role, password=password
        )
        if not user:
            raise SyncError(f"không tạo được tài khoản «{username}»")
        return user
    if not check_password_hash(user.password, password):
        security_manager.reset_password(user.id, password)
    if user.roles != [role]:
        user.roles = [role]
        db.session.commit()
    return user


def sync_roles(assets: Assets) -> dict[str, Role]:
    """Give each role of roles.yaml exactly its permissions; return name → role."""
    from superset.connectors.sqla.models import SqlaTable

    from superset import db, security_manager

    tables = [
        table
        for table in db.session.query(SqlaTable)
        if str(table.uuid) in assets.by_uuid("datasets")
    ]
    roles = {}
    for name, wanted in yaml.safe_load(ROLES_FILE.read_text(encoding="utf-8")).items():
        pairs = [item.split(" on ", 1) for item in wanted["permissions"]]
        if wanted.get("datasets") == "all":
            pairs += [["datasource_access", table.perm] for table in tables]
        permissions = []
        for permission, view in pairs:
            found = security_manager.find_permission_view_menu(permission, view)
            if found is None:
                wrong = f"Superset không có quyền «{permission} on {view}»"
                raise SyncError(f"roles.yaml: {name}: {wrong}")
            permissions.append(found)
        roles[name] = security_manager.add_role(name)
        roles[name].permissions = permissions
    db.session.commit()
    return roles


def questions_of(assets: Assets) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (file and part, dataset uuid, query) of every chart and every dashboard filter."""
    for slug, document in assets.of("charts").items():
        yield f"charts/{slug}.yaml", document["dataset_uuid"], query_of(document["params"])
    for slug, document in assets.of("dashboards").items():
        for item in document["metadata"].get("native_filter_configuration", []):
            params: dict[str, Any] = {"row_limit": 1000, "groupby": []}
            if item.get("sortMetric"):
                params["metric"] = item["sortMetric"]
            for target in item["targets"]:
                params["groupby"].append(target["column"]["name"])
                place = f"dashboards/{slug}.yaml, bộ lọc «{item['name']}»"
                yield place, target["datasetUuid"], query_of(params)


def smoke_test(assets: Assets) -> None:
    """Ask every question that the dashboards ask and print seconds and rows.

    Raises SyncError naming the file of the first question that fails.
    """
    from superset.charts.schemas import ChartDataQueryContextSchema
    from superset.commands.chart.data.get_data_command import ChartDataCommand
    from superset.connectors.sqla.models import SqlaTable

    from superset import db

    for place, dataset_uuid, query in questions_of(assets):
        dataset = db.session.query(SqlaTable).filter_by(uuid=dataset_uuid).one()
        source = {"id": dataset.id, "type": "table"}
        start = time.perf_counter()
        try:
            context = ChartDataQueryContextSchema().load(
                {"datasource": source, "queries": [query], "force": True}
            )
            command = ChartDataCommand(context)
            command.validate()
            rows = sum(result["rowcount"] or 0 for result in command.run()["queries"])
        except Exception as error:  # whatever stops one chart, the line must name the chart
            cause = " ".join(str(error).split()) or type(error).__name__
            raise SyncError(f"{place}: truy vấn lỗi: {cause}") from error
        print(f"{time.perf_counter() - start:6.2f} giây {rows:>5} dòng  {place}")


def sync() -> None:
    """Do all of it inside an application context; raise AssetError or SyncError."""
    from superset.utils.core import override_user

    from superset import security_manager

    bi_url = _setting("SIPAS_BI_DATABASE_URL")
    assets = load()
    validate(assets, view_columns(bi_url))
    admin_role = security_manager.find_role("Admin")
    if admin_role is None:
        raise SyncError("chưa có vai trò Admin: hãy chạy `superset init` trước")
    admin = ensure_account(
        _setting("SUPERSET_USER"), _setting("SUPERSET_PASSWORD"), "Quản trị", admin_role
    )
    start = time.perf_counter()
    with override_user(admin):
        import_contents(contents_of(assets, bi_url))
        removed = prune(assets)
    print(
        f"nhập {sum(len(assets.of(kind)) for kind in KINDS)} tệp: "
        f"{time.perf_counter() - start:.2f} giây"
    )
    for name in removed:
        print(f"đã gỡ {name}")
    official = ensure_account(
        _setting("SUPERSET_OFFICIAL_USER"),
        _setting("SUPERSET_OFFICIAL_PASSWORD"),
        "Cán bộ",
        sync_roles(assets)["Cán bộ"],
    )
    with override_user(official):
        smoke_test(assets)


def main() -> int:
    """Run the sync; return the exit code."""
    app = create_app()
    with app.app_context():
        try:
            sync()
        except (AssetError, SyncError) as error:
            for line in str(error).splitlines():
                print(f"sync_assets: {line}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
