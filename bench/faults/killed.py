"""A night in a process of its own that is killed (SIGKILL) at a chosen point.

The process is forked from one that has imported everything (`forkserver`), and puts the kill
around one function of the product; the product knows nothing of it.
"""

import multiprocessing
import multiprocessing.forkserver
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from unittest.mock import patch

from bench.faults.nights import Pipeline
from bench.faults.quick_gate import run_suites
from sipas.sources.session import Access

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])


def stop_fork_server() -> None:
    """Ends the process that nights are forked from; by itself it outlives its parent a moment.

    The standard library has no public way to end it.
    """
    multiprocessing.forkserver._forkserver._stop()


@dataclass(frozen=True)
class Point:
    """Where the kill comes: `when` is before, after or half way through call number `call` of a
    function, given as `module:name`."""

    function: str
    when: str
    call: int = 1


POINTS = {
    "a page is half written": Point("sipas.landing:write_synced", "half", 3),
    "a page is on the disk and not in the log": Point("sipas.landing:write_synced", "after", 3),
    "a page is in the log": Point("sipas.sources.checkpoint:ResumableIncoming.keep", "after", 2),
    "all pages are there and the manifest is not": Point("sipas.landing:Incoming.commit", "before"),
    "the delivery is not renamed": Point("os:rename", "before"),
    "the delivery is renamed and not registered": Point("os:rename", "after"),
    "the delivery is registered": Point("sipas.sources.one_stop_http:register", "after"),
    "the batch is opened": Point("sipas.loading.batches:open_batch", "after"),
    "rows are being copied": Point("sipas.loading.dossiers:copy_lines", "half"),
    "the second delivery is being copied": Point("sipas.loading.dossiers:copy_lines", "half", 3),
    "the batch is not committed": Point("sipas.loading.batches:close_batch", "after"),
    "the batch is committed": Point("bench.faults.nights:load", "after"),
    "the gate looks": Point("sipas.loading.gate:run_suites", "before"),
    "the gate has not committed": Point("sipas.loading.gate:keep", "after"),
    "the gate has decided": Point("bench.faults.nights:decide", "after"),
    "counts are compared": Point("sipas.sources.reconcile:note_counts", "before"),
    "days are fetched again": Point("sipas.sources.reconcile:receive_days", "after"),
    "fetched days are landed": Point("sipas.sources.reconcile:land", "after"),
}


def night_killed_at(point: Point, access: Access) -> bool:
    """Runs one night with the settings of this environment in a process that is killed at the
    point; whether it came there."""
    process = CONTEXT.Process(target=_night, args=(point, access, dict(os.environ)))
    process.start()
    process.join()
    return process.exitcode == -signal.SIGKILL


def _night(point: Point, access: Access, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    module, _, name = point.function.partition(":")
    *path, name = name.split(".")
    place = import_module(module)
    for part in path:
        place = getattr(place, part)
    killing = _killing(getattr(place, name), point)
    gate = patch("sipas.loading.gate.run_suites", run_suites)
    with gate, patch.object(place, name, killing), Pipeline(access) as pipeline:
        pipeline.night()


def _killing(function: Callable, point: Point) -> Callable:
    calls = 0

    def wrapped(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls != point.call:
            return function(*arguments, **options)
        if point.when == "before":
            _die()
        if point.when == "half":
            arguments = (*arguments[:-1], HALVES[function.__name__](arguments[-1]))
        result = function(*arguments, **options)
        _die()
        return result

    return wrapped


def _half_of_the_lines(lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield line[: len(line) // 2]
        _die()


HALVES: dict[str, Callable] = {
    "write_synced": lambda body: body[: len(body) // 2],
    "copy_lines": _half_of_the_lines,
}


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
