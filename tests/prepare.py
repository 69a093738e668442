"""What the tests need besides Python packages: a browser and fonts with Vietnamese letters.

`make test` runs this first. As root on Debian it installs what is missing; elsewhere it says
what to install and stops.
"""

import os
import shutil
import subprocess
import sys

from tests.reader import find_browser

PACKAGES = ("chromium", "fonts-noto-core")


def main() -> None:
    """Installs the browser, or asks for it in one line."""
    if find_browser():
        return
    command = f"apt-get install --yes {' '.join(PACKAGES)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(
            f"tests: Chromium is missing. Install it (Debian, Ubuntu: `{command}`), "
            "then run `make test` again."
        )
    print("tests: installing Chromium …", flush=True)
    quiet = {
        "stdout": subprocess.DEVNULL,
        "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
    }
    for step in ("apt-get update", command):
        if subprocess.run([*step.split(), "-qq"], check=False, **quiet).returncode:
            sys.exit(f"tests: `{step}` failed. Install {' and '.join(PACKAGES)} by hand.")


if __name__ == "__main__":
    main()
