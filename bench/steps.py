"""The steps that are measured, each in a process of its own: `python -m bench.steps <step> …`.

A step prints one line of JSON with its own seconds, so that starting Python does not count; the
caller reads its peak memory from the operating system.
"""

import json
import sys
import time
from pathlib import Path

from sipas.database import connect
from sipas.settings import directory


def load_round(form_count: int) -> dict[str, float]:
    """Lands and loads what lies in the inbox as ingest_surveys does, then opens the raw gate.

    Raises RuntimeError unless every form of the file is loaded.
    """
    from sipas.loading.batches import load, pending_deliveries
    from sipas.loading.gate import decide
    from sipas.sources.inbox import land_surveys

    landing = directory("SIPAS_LANDING_DIR")
    with connect("ingest", autocommit=True) as connection:
        started = time.perf_counter()
        land_surveys(connection, landing, directory("SIPAS_INBOX_DIR"))
        (manifest,) = pending_deliveries(connection, landing, "survey_forms")
        result = load(connection, landing, manifest)
        loaded = time.perf_counter()
        if (result.status, result.loaded_count) != ("loaded", form_count):
            raise RuntimeError(f"not every form was loaded: {result}")
        ((_, refusal),) = decide(connection, "survey_forms")
        if refusal:
            raise RuntimeError(f"the raw gate refused the batch: {refusal}")
        return {"load": loaded - started, "gate": time.perf_counter() - loaded}


def copy_rows() -> dict[str, float]:
    """COPYs the answers that were loaded once more, ready as text, into a table without keys."""
    with connect("owner") as connection:
        columns = "batch_id, position, item_code, score, missing_kind"
        with connection.cursor().copy(
            f"copy (select {columns} from raw.survey_answers) to stdout"  # noqa: S608
        ) as copy:
            blocks = list(copy)
        connection.execute("create temporary table bare (like raw.survey_answers)")
        started = time.perf_counter()
        with connection.cursor().copy(f"copy bare ({columns}) from stdin") as copy:
            for block in blocks:
                copy.write(block)
        return {"copy": time.perf_counter() - started}


def reckon_in_pandas(path: Path, groups: list, results: Path) -> dict[str, float]:
    """Reckons the same figures in pandas and leaves them at `results` to be compared."""
    from bench.oracle import reckon

    started = time.perf_counter()
    rows = reckon(path, groups)
    seconds = time.perf_counter() - started
    rows.to_pickle(results)
    return {"pandas": seconds}


def main(step: str, *arguments: str) -> None:
    """Runs one step."""
    if step == "load":
        seconds = load_round(int(arguments[0]))
    elif step == "copy":
        seconds = copy_rows()
    elif step == "pandas":
        seconds = reckon_in_pandas(Path(arguments[0]), json.loads(arguments[1]), Path(arguments[2]))
    else:
        raise ValueError(f"no step {step}")
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
