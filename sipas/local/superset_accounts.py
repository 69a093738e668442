"""Accounts of Superset for the servers of `make up`: one a role, of the simulator's agencies.

A province names its own people in a file of its own (superset/README.md) and SIPAS_ACCOUNTS_FILE.
"""

import os
from pathlib import Path

import yaml

from sipas.local.instance import Instance

# user name, role of superset/roles.yaml, agency, which secret
ACCOUNTS = (
    ("canbo", "Cán bộ", None, "password_superset_official"),
    ("coquan", "Cán bộ cơ quan", "H99.31", "password_superset_agency"),
    ("lanhdao", "Thủ trưởng cơ quan", "H99.31", "password_superset_head"),
    ("giamsat", "Giám sát", None, "password_superset_supervisor"),
    ("kysu", "Kỹ sư dữ liệu", None, "password_superset_engineer"),
    ("kiemtoan", "Kiểm toán", None, "password_superset_auditor"),
)


def passwords(instance: Instance) -> dict[str, str]:
    """SUPERSET_<ACCOUNT>_PASSWORD of each account, as `sipas env --all` prints them."""
    return {
        f"SUPERSET_{username.upper()}_PASSWORD": instance.secrets[key]
        for username, _, _, key in ACCOUNTS
    }


def lines() -> list[str]:
    """What `make demo` says of the accounts."""
    return [
        "Accounts of Superset (`sipas env --all` prints the passwords)",
        *(
            f"  {username:<9} {role}" + (f" {agency}" if agency else "")
            for username, role, agency, _ in ACCOUNTS
        ),
    ]


def accounts_file(instance: Instance) -> Path:
    """The file that SIPAS_ACCOUNTS_FILE names, else ours, written anew, for this account only."""
    if own := os.environ.get("SIPAS_ACCOUNTS_FILE"):
        return Path(own).resolve()
    path = instance.folder("superset") / "accounts.yaml"
    content = {
        "accounts": [
            {
                "username": username,
                "name": role,
                "role": role,
                "agency": agency,
                "password": instance.secrets[key],
            }
            for username, role, agency, key in ACCOUNTS
        ]
    }
    # Server and sync may start at the same moment: each reads a whole file.
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        yaml.safe_dump(content, file, allow_unicode=True)
    temporary.replace(path)
    return path
