"""The history file of the benchmarks: what was measured when, of which commit, on what machine."""

import csv
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from sipas.local.instance import PROJECT

HISTORY = Path(__file__).parent / "history.csv"
COLUMNS = (
    *("measured_at", "commit", "cores", "load_average"),
    *("benchmark", "size", "figure", "value"),
)


def note(benchmark: str, size: int, figures: dict[str, float], path: Path = HISTORY) -> None:
    """Adds one row a figure; the load average tells how much else the machine had to do."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    machine = [commit or "unknown", os.cpu_count(), f"{os.getloadavg()[0]:.1f}"]
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    is_new = not path.exists()
    with path.open("a", encoding="utf8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(COLUMNS)
        for figure, value in figures.items():
            writer.writerow([now, *machine, benchmark, size, figure, f"{value:.6g}"])
