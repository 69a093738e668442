"""Make Superset hold exactly what this folder says: accounts, roles, dashboards.

Runs in Superset's environment, after `superset db upgrade` and `superset init`, with
SUPERSET_CONFIG_PATH set:

    python superset/sync_assets.py

Needs SUPERSET_USER, SUPERSET_PASSWORD (administrator) and SIPAS_ACCOUNTS_FILE (who reads, see
README.md); SIPAS_PUBLIC_DASHBOARDS=1 opens some dashboards to guests. Checks the files, imports
them, removes what is no longer in the folder, then asks the question of every chart and filter as
somebody who may open it. Any fault: exit 1, one line a fault. An import is whole or not at all; a
question that fails afterwards leaves the imported files in place.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from access import admin_account, setting, sync_access
from access_rules import AccessError, check, load_accounts, load_rules, readers_of
from compile_assets import AssetError, query_of
from dashboard_questions import of_charts, of_filters
from sqlalchemy import create_engine, text
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import SQLAlchemyError
from superset.app import create_app
from validate_assets import (
    ASSETS,
    KINDS,
    Assets,
    Columns,
    load,
    reads,
    validate,
    work_lists_to_come,
)

# Superset's models may only be imported inside an application context: hence the local imports.


class SyncError(Exception):
    """Something that the reader can mend; the text names the file or setting, then the cause."""


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


def questions_of(assets: Assets) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (file and part, dataset uuid, query) of every chart and every dashboard filter."""
    for asked in of_charts(assets):
        place = f"charts/{asked.subject}.yaml trên dashboards/{asked.dashboard}.yaml"
        yield place, asked.dataset_uuid, asked.query
    for asked in of_filters(assets):
        place = f"dashboards/{asked.dashboard}.yaml, bộ lọc «{asked.subject}»"
        yield place, asked.dataset_uuid, asked.query


def smoke_test(assets: Assets, readers: dict[str, str], to_come: Columns) -> None:
    """Ask every question that the dashboards ask and print seconds and rows.

    `readers`: dataset uuid → account that may read it; what nobody reads, the administrator asks.
    A question about a view that is still to come (`to_come`) is left out and printed.
    Raises SyncError naming the file of the first question that fails.
    """
    from superset.charts.schemas import ChartDataQueryContextSchema
    from superset.commands.chart.data.get_data_command import ChartDataCommand
    from superset.connectors.sqla.models import SqlaTable
    from superset.utils.core import override_user

    from superset import db, security_manager

    for place, dataset_uuid, query in questions_of(assets):
        if reads(assets.by_uuid("datasets")[dataset_uuid], to_come):
            print(f"chờ lần tính đầu tiên       {place}")
            continue
        dataset = db.session.query(SqlaTable).filter_by(uuid=dataset_uuid).one()
        source = {"id": dataset.id, "type": "table"}
        reader = security_manager.find_user(readers.get(dataset_uuid) or setting("SUPERSET_USER"))
        start = time.perf_counter()
        try:
            with override_user(reader):
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
    """Do all of it inside an application context; raise AssetError, AccessError or SyncError."""
    from superset.utils.core import override_user

    bi_url = setting("SIPAS_BI_DATABASE_URL")
    assets, rules = load(), load_rules()
    accounts = load_accounts(Path(setting("SIPAS_ACCOUNTS_FILE")), rules)
    there = view_columns(bi_url)
    to_come = work_lists_to_come(there)
    validate(assets, {**there, **to_come})
    check(rules, assets)
    admin = admin_account()
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
    for change in sync_access(rules, assets, accounts, admin):
        print(change)
    smoke_test(assets, readers_of(rules, assets, accounts), to_come)


def main() -> int:
    """Run the sync; return the exit code."""
    app = create_app()
    with app.app_context():
        try:
            sync()
        except (AccessError, AssetError, SyncError) as error:
            for line in str(error).splitlines():
                print(f"sync_assets: {line}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
