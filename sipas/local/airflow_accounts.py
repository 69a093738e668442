"""Accounts, roles and pools of Airflow, made in one process (each Airflow command costs seconds).

Runs as `python -m sipas.local.airflow_accounts` in Airflow's environment, with the passwords as
JSON on standard input.
"""

import json
import sys

from sipas.orchestration.defaults import ACCOUNT_IDS

# user name, FAB role, key of the password, what the person does
ACCOUNTS = (
    ("engineer", "Admin", "password_airflow_engineer", "Kỹ sư dữ liệu"),
    ("approver", "Op", "password_airflow_approver", "Người phê duyệt"),
    ("auditor", "Viewer", "password_airflow_auditor", "Người kiểm tra"),
)
WRITER_POOL = "warehouse_writer"


def make_accounts(passwords: dict[str, str]) -> None:
    """Makes each account that is not there yet, with its role, gives the others the password of
    the secrets, and notes the number of each: a question to people is assigned by numbers."""
    from airflow.models.variable import Variable
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
    from werkzeug.security import check_password_hash

    with get_application_builder() as builder:
        manager = builder.sm
        for name, role, key, title in ACCOUNTS:
            if user := manager.find_user(username=name):
                if not check_password_hash(user.password, passwords[key]):
                    manager.reset_password(user.id, passwords[key])
                continue
            made = manager.add_user(
                name,
                title,
                "SIPAS",
                f"{name}@sipas.example",
                manager.find_role(role),
                password=passwords[key],
            )
            if not made:
                sys.exit(f"Airflow refused to make the account {name}.")
        ids = {user.username: str(user.id) for user in manager.get_all_users()}
    Variable.set(ACCOUNT_IDS, ids, serialize_json=True)


def make_pools() -> None:
    """One writer of staging, intermediate and marts at a time."""
    from airflow.models.pool import Pool

    Pool.create_or_update_pool(
        WRITER_POOL, slots=1, description="One dbt run at a time", include_deferred=True
    )


if __name__ == "__main__":
    make_accounts(json.load(sys.stdin))
    make_pools()
