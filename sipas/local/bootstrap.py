"""Builds the two Python environments; `make setup` runs it with any Python 3.11 or 3.12.

Only the standard library is used: nothing is installed yet when this runs. An environment is
rebuilt when its lock file has changed, and left alone otherwise. An image builds one of them, and
leaves out the tools of those who change the project:

    python3 sipas/local/bootstrap.py pipeline --without-tools
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / ".venv"
LOCKS = ROOT / "requirements"
TOOLS = "# tests, benchmarks and linters"  # what follows this line of an .in file


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


def without_tools(name: str) -> str:
    """The lock file of environment `name` without its tools and what only they need.

    The lock tells of each package which others want it; what leads to no line of the .in file
    above the tools is left out.
    """
    wanted = (LOCKS / f"{name}.in").read_text().split(TOOLS)[0]
    kept = {plain(line) for line in wanted.splitlines() if line and not line.startswith("#")}
    blocks = re.split(r"\n(?=\S)", (LOCKS / f"{name}.lock").read_text())
    wanted_by = {
        plain(block): {plain(by) for by in re.findall(r"^    #(?: via|  ) (\S+)", block, re.M)}
        for block in blocks
    }
    while more := {package for package, by in wanted_by.items() if by & kept} - kept:
        kept |= more
    return "\n".join(block for block in blocks if plain(block) in kept)


def plain(requirement: str) -> str:
    """The name at the beginning of a requirement, written as package indexes compare names."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]*", requirement).group()).lower()


def build(name: str, uv: str, *, has_tools: bool) -> None:
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
    with tempfile.TemporaryDirectory() as folder:
        lock = LOCKS / f"{name}.lock"
        if not has_tools:
            lock = Path(folder) / lock.name
            lock.write_text(without_tools(name))
        run(
            [*quiet, "pip", "sync", "--python", python, "--require-hashes", str(lock)],
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
    """Builds the environments that the command line names, else both."""
    names = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
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
    for name in names or ("pipeline", "superset"):
        build(name, uv, has_tools="--without-tools" not in sys.argv)


if __name__ == "__main__":
    main()
