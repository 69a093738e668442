"""What the surroundings tell the pipeline, read from environment variables.

The code does not know whether it runs under `make up`, in a container or in a test: all
three set the same variables.
"""

import os
from pathlib import Path

from sipas.errors import UserError


def required(name: str) -> str:
    """The value of environment variable `name`; raises UserError naming it when it is not set."""
    value = os.environ.get(name, "")
    if not value:
        raise UserError(
            f"The setting {name} is missing. `make up` sets it; elsewhere set it yourself "
            '(`eval "$(sipas env)"` does so for a running instance).'
        )
    return value


def optional(name: str) -> str | None:
    """The value of environment variable `name`, or None when it is not set."""
    return os.environ.get(name) or None


def directory(name: str) -> Path:
    """The folder that environment variable `name` points to, made when it is not there."""
    path = Path(required(name))
    path.mkdir(parents=True, exist_ok=True)
    return path


def whole_number(name: str, default: int, *, least: int) -> int:
    """The number in environment variable `name`, or `default` when it is not set; raises UserError
    when it is none or below `least`."""
    text = os.environ.get(name, "") or str(default)
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise UserError(f"The setting {name} must be a whole number of at least {least}.")
    return int(text)


def sqlalchemy_url(name: str, driver: str = "psycopg2") -> str:
    """The database URL in variable `name` (postgresql://…) with SQLAlchemy's driver named."""
    return required(name).replace("postgresql://", f"postgresql+{driver}://", 1)
