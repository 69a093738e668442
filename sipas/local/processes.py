"""Finding and ending every process of an instance by the mark in its environment."""

import os
import signal
import time
from collections.abc import Callable

MARK_VARIABLE = "SIPAS_INSTANCE_MARK"


def processes_with_mark(mark: str) -> list[int]:
    """Ids of living processes that carry the instance's `mark`, this process excepted.

    A process that overwrites its environment to show a title (PostgreSQL's children do) is
    found through its parent.
    """
    needle = f"{MARK_VARIABLE}={mark}".encode()
    parents: dict[int, int] = {}
    marked: set[int] = set()
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:
                state, parent = file.read().rpartition(b")")[2].split()[:2]
            if state == b"Z":
                continue
            parents[int(entry)] = int(parent)
            with open(f"/proc/{entry}/environ", "rb") as file:
                if needle in file.read().split(b"\0"):
                    marked.add(int(entry))
        except OSError:
            continue  # it has ended meanwhile, or belongs to somebody else
    grown = True
    while grown:
        children = {pid for pid, parent in parents.items() if parent in marked} - marked
        marked |= children
        grown = bool(children)
    return sorted(marked - {os.getpid(), os.getppid()})


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.1) -> bool:
    """Whether `condition()` came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def end_processes(mark: str, grace_seconds: float = 5) -> list[int]:
    """Ends what still lives under `mark`: SIGTERM, then SIGKILL after the grace time.

    Returns the ids that had to be ended.
    """
    found = processes_with_mark(mark)
    for sign, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 5)):
        for pid in processes_with_mark(mark):
            try:
                os.kill(pid, sign)
            except ProcessLookupError:
                continue
        if wait_until(lambda: not processes_with_mark(mark), seconds):
            break
    return found
