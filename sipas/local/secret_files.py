"""Makes the secrets of an installation whose servers somebody else starts: one file a secret.

    python3 -m sipas.local.secret_files secrets

Needs nothing but Python 3.11, so that it also runs in a bare container. What is there is left
alone: to change a secret, remove its file and run this again. `postgres.env` holds the database
administrator's password as the variables that PostgreSQL's own image and clients read.
"""

import os
import secrets
import sys
from pathlib import Path

from sipas.local.instance import make_secrets

# Of servers that only `make up` starts.
EMBEDDED_ONLY = {"password_postgres", "password_supervisor"}
ADMINISTRATOR = "postgres.env"


def make_secret_files(folder: Path) -> list[str]:
    """Makes the files that are missing in `folder` and returns their names.

    The folder is closed to other accounts (0700). The files are not (0444): a container that is
    given one reads it as an account of its own.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = secrets.token_urlsafe(18)
    wanted = {name: text for name, text in make_secrets().items() if name not in EMBEDDED_ONLY}
    wanted[ADMINISTRATOR] = f"POSTGRES_PASSWORD={password}\nPGPASSWORD={password}\n"
    missing = sorted(name for name in wanted if not (folder / name).exists())
    for name in missing:
        path = folder / name
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(wanted[name])
        path.chmod(0o400 if name == ADMINISTRATOR else 0o444)
    return missing


def main() -> None:
    """The command: one argument, the folder."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    made = make_secret_files(folder)
    print(f"{folder}: {len(made)} secrets made." if made else f"{folder}: all secrets are there.")


if __name__ == "__main__":
    main()
