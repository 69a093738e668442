"""Seconds and peak memory of child processes, and of the database server meanwhile."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sipas.local.instance import PROJECT


@dataclass
class Peak:
    """The largest number of bytes seen."""

    megabytes: float = 0.0
    stopped: threading.Event = field(default_factory=threading.Event)


def run(command: list[str]) -> tuple[str, float]:
    """Runs a command; returns what it printed and its peak memory in MB (of its own process and
    those that it waited for). Raises RuntimeError with its output when it fails."""
    process = subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    output = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} failed:\n{output[-3000:]}")
    return output, usage.ru_maxrss / 1024


@contextmanager
def server_memory(postmaster: int) -> Iterator[Peak]:
    """Watches the server's processes; shared memory counts once (proportional set size)."""
    peak = Peak()
    watcher = threading.Thread(target=_watch, args=(postmaster, peak), daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        peak.stopped.set()
        watcher.join()


def _watch(postmaster: int, peak: Peak) -> None:
    while not peak.stopped.wait(0.25):
        pids = [postmaster, *_children(postmaster)]
        peak.megabytes = max(peak.megabytes, sum(map(_proportional_kilobytes, pids)) / 1024)


def _children(parent: int) -> list[int]:
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in text.split()]


def _proportional_kilobytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # a connection that has ended
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
