"""Builds the two Python environments; `make setup` runs it with any Python 3.11 or 3.12.

Only the standard library is used: nothing is installed yet when this runs. An environment is
rebuilt when its lock file has changed, and left alone otherwise.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / ".venv"
LOCKS = ROOT / "requirements"


def stop(message: str) -> None:
    """Ends with one clear line."""
    sys.exit(f"setup: {message}")


def run(command: list[str], what: str) -> None:
    """Runs a quiet step; on failure prints what it said and stops, naming the step."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        sys.stderr.write(result.stdout + result.stderr)
        stop(f"{what} failed (see above).")


def find_uv() -> str:
    """The path of uv: ours if it is there, else installed by pip, else the one on the PATH."""
    ours = ENVIRONMENTS / "uv"
    stamp = ours / "lock.sha256"
    wanted = digest("uv")
    if stamp.is_file() and stamp.read_text() == wanted:
        return str(ours / "bin" / "uv")
    has_pip = subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
    )
    if has_pip.returncode:
        if on_path := shutil.which("uv"):
            return on_path
        stop(
            f"{sys.executable} has no pip. Install it (Debian and Ubuntu: "
            "`apt-get install python3-pip`) or put uv on the PATH, then run this again."
        )
    shutil.rmtree(ours, ignore_errors=True)
    lock = LOCKS / "uv.lock"
    run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "--target",
            str(ours),
            "-r",
            str(lock),
        ],
        "installing uv with pip",
    )
    stamp.write_text(wanted)
    return str(ours / "bin" / "uv")


def digest(name: str) -> str:
    """What environment `name` is built from: its lock file and the interpreter."""
    lock = (LOCKS / f"{name}.lock").read_bytes()
    return hashlib.sha256(lock + sys.version.encode()).hexdigest()


def build(name: str, uv: str) -> None:
    """Makes environment `name` what its lock file says; does nothing when it already is."""
    home = ENVIRONMENTS / name
    stamp = home / "lock.sha256"
    if stamp.is_file() and stamp.read_text() == digest(name):
        return
    started = time.monotonic()
    print(f"setup: installing the environment '{name}' …", flush=True)
    stamp.unlink(missing_ok=True)
    python = str(home / "bin" / "python")
    quiet = [uv, "--quiet"]
    if not home.is_dir():
        run(
            [*quiet, "venv", "--no-python-downloads", "--python", sys.executable, str(home)],
            f"making the environment '{name}'",
        )
    run(
        [
            *quiet,
            "pip",
            "sync",
            "--python",
            python,
            "--require-hashes",
            str(LOCKS / f"{name}.lock"),
        ],
        f"installing the packages of '{name}'",
    )
    if name == "pipeline":
        run(
            [
                *quiet,
                "pip",
                "install",
                "--python",
                python,
                "--no-deps",
                "--no-build-isolation",
                "--editable",
                str(ROOT),
            ],
            "installing the package sipas",
        )
    stamp.write_text(digest(name))
    print(f"setup: '{name}' is ready after {time.monotonic() - started:.0f} s", flush=True)


def main() -> None:
    """Builds both environments."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 12):
        stop(
            f"Python 3.11 or 3.12 is needed; {sys.executable} is {sys.version.split()[0]}. "
            "Name one with `make PYTHON=/path/to/python3.11 …`."
        )
    try:
        ENVIRONMENTS.mkdir(exist_ok=True)
    except OSError as error:
        stop(f"cannot write to {ROOT}: {error.strerror}. Choose a folder you may write to.")
    os.environ.pop("VIRTUAL_ENV", None)
    uv = find_uv()
    for name in ("pipeline", "superset"):
        build(name, uv)


if __name__ == "__main__":
    main()
