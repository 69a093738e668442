"""The steps of the dossier benchmark, each in a process of its own: `python -m
bench.dossier_steps <step> <folder>`. A step prints one line of JSON with its own seconds."""

import json
import sys
import time
from pathlib import Path

from bench.dossier_records import SOURCE_CODE
from sipas.contracts.dossier_rows import APPLICANT_COLUMNS, DOSSIER_COLUMNS
from sipas.database import connect
from sipas.landing import Incoming, register
from sipas.loading.batches import load, pending_deliveries
from sipas.settings import directory

TABLES = {"raw.dossiers": DOSSIER_COLUMNS, "pii.applicants": APPLICANT_COLUMNS}
BLOCK_BYTES = 1 << 20


def land_files(drop: Path) -> None:
    """Lands every file of a drop folder, each as a delivery of its own."""
    landing = directory("SIPAS_LANDING_DIR")
    with connect("ingest", autocommit=True) as connection:
        for path in sorted(drop.iterdir()):
            with Incoming(
                landing,
                source_code=SOURCE_CODE,
                delivery_kind="dossiers",
                data_nature="simulated",
                file_name=path.name,
            ) as incoming:
                incoming.add_file(path.name, path)
                manifest = incoming.commit()
            register(connection, landing, manifest)


def load_landed() -> int:
    """Loads what is landed; returns how many versions were stored. Raises RuntimeError when a
    delivery or a record is not taken."""
    landing = directory("SIPAS_LANDING_DIR")
    with connect("ingest", autocommit=True) as connection:
        pending = pending_deliveries(connection, landing, "dossiers")
        results = [load(connection, landing, manifest) for manifest in pending]
    if wrong := [r for r in results if r.status != "loaded" or r.quarantined_count]:
        raise RuntimeError(f"not everything was loaded: {wrong}")
    return sum(result.loaded_count for result in results)


def accept_batches() -> None:
    """Opens the raw gate without looking: Great Expectations have a measurement of their own."""
    with connect("ingest") as connection:
        connection.execute(
            "update audit.batches set status = 'accepted', decided_at = now() "
            "where status = 'loaded'"
        )


def prepare_text(folder: Path) -> None:
    """Writes what was loaded as files of COPY's text format, a table each."""
    with connect("owner") as connection:
        for table, columns in TABLES.items():
            query = f"copy (select {', '.join(columns)} from {table}) to stdout"  # noqa: S608
            with connection.cursor().copy(query) as copy, (folder / table).open("wb") as file:
                for block in copy:
                    file.write(block)


def copy_text_files(folder: Path) -> None:
    """COPYs those files into tables with the same columns, constraints and indexes."""
    with connect("owner") as connection:
        for table, columns in TABLES.items():
            bare = f"bare_{table.partition('.')[2]}"
            connection.execute(f"create table {bare} (like {table} including all)")
            statement = f"copy {bare} ({', '.join(columns)}) from stdin"
            with connection.cursor().copy(statement) as copy, (folder / table).open("rb") as file:
                while block := file.read(BLOCK_BYTES):
                    copy.write(block)
        connection.commit()


STEPS = {
    "land": land_files,
    "load": lambda _: load_landed(),
    "prepare": prepare_text,
    "copy": copy_text_files,
}


def main(step: str, folder: str) -> None:
    """Runs one step."""
    started = time.perf_counter()
    STEPS[step](Path(folder))
    print(json.dumps({step: time.perf_counter() - started}))


if __name__ == "__main__":
    main(*sys.argv[1:])
