"""Files handed in: reference tables and survey files, found in folders."""

import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg

from sipas.contracts.rejection import NotReady
from sipas.landing import Incoming, Manifest, is_repeat, register, register_all

SIMULATED_MARK = b"data_nature=simulated"
PROPERTIES = "docProps/core.xml"
MARK_DEPTH = 10_000  # bytes


def land_file(
    connection: psycopg.Connection,
    landing: Path,
    path: Path,
    *,
    source_code: str,
    delivery_kind: str,
    lot_key: str,
    subject_code: str,
    data_nature: str,
    file_name: str | None = None,
    is_second_try: bool = False,
) -> Manifest | None:
    """Lands one file byte for byte; None when the lot's newest delivery is the same file.

    `file_name` is what messages call it: its own name, unless a folder is needed to find it.
    A second try is landed although nothing changed in it.
    """
    incoming = Incoming(
        landing,
        source_code=source_code,
        delivery_kind=delivery_kind,
        lot_key=lot_key,
        subject_code=subject_code,
        file_name=file_name or path.name,
        data_nature=data_nature,
    )
    register_all(connection, landing, delivery_kind)
    with incoming:
        incoming.add(path.name, path.read_bytes())
        if not is_second_try and is_repeat(connection, incoming):
            return None
        manifest = incoming.commit()
    register(connection, landing, manifest)
    connection.commit()
    return manifest


def land_reference(
    connection: psycopg.Connection, landing: Path, own: Path, inbox: Path
) -> list[Manifest]:
    """Lands every reference CSV that is new or changed: the product's own folder, then those of
    the province in `<inbox>/reference/real/` and `…/simulated/`; returns what was landed.

    A file is named after its table and may lie in a folder of its own (`…/so_y_te/rounds.csv`):
    each file is a lot, and the rows of a table are those of all its files. When a file changed,
    those that the gate refused are landed once more: what was wrong may have been this file.
    """
    files = reference_files(own, inbox)
    refused = refused_lots(connection)
    landed = [land_file(connection, landing, **file) for file in files]
    changed = [manifest for manifest in landed if manifest]
    if changed:
        again = refused - {manifest.lot_key for manifest in changed}
        changed += [
            land_file(connection, landing, **file, is_second_try=True)
            for file in files
            if file["lot_key"] in again
        ]
    return changed


def reference_files(own: Path, inbox: Path) -> list[dict[str, Any]]:
    """What land_file must know of each reference CSV, in a fixed order."""
    folders = [("reference", "real", own)]
    folders += [
        (f"reference_{nature}", nature, inbox / "reference" / nature)
        for nature in ("real", "simulated")
    ]
    return [
        {
            "path": path,
            "source_code": source_code,
            "delivery_kind": "reference",
            "lot_key": f"{source_code}/{path.relative_to(folder).with_suffix('').as_posix()}",
            "subject_code": path.stem,
            "data_nature": nature,
            "file_name": path.relative_to(folder).as_posix(),
        }
        for source_code, nature, folder in folders
        for path in sorted(folder.rglob("*.csv"))
    ]


def refused_lots(connection: psycopg.Connection) -> set[str]:
    """The lots of reference rows whose newest delivery could be read and the gate refused."""
    rows = connection.execute(
        """
        select newest.lot_key
        from (
            select distinct on (lot_key) lot_key, delivery_id
            from audit.deliveries where delivery_kind = 'reference'
            order by lot_key, received_at desc
        ) as newest
        inner join audit.batches as batches using (delivery_id)
        group by newest.lot_key
        having bool_and(batches.status = 'refused' and batches.loaded_count > 0)
        """
    )
    return {lot_key for (lot_key,) in rows}


def land_surveys(connection: psycopg.Connection, landing: Path, inbox: Path) -> list[Manifest]:
    """Lands every file of `<inbox>/surveys/<round_code>/` that is new or changed.

    Raises NotReady for a folder whose round is not among the accepted reference rows, and
    UserError for a simulated file in a real round; the other files are landed first.
    """
    natures = dict(
        connection.execute(
            "select round_code, data_nature from reference.rounds "
            "where batch_id in (select batch_id from audit.current_batches)"
        ).fetchall()
    )
    landed, problems = [], []
    for path in sorted((inbox / "surveys").glob("*/*")):
        if not path.is_file() or path.name.startswith((".", "~$")):
            continue
        round_code = path.parent.name
        if round_code not in natures:
            problems.append(
                f"{path.name}: the round {round_code} is not known. Add it to rounds.csv and run "
                "ingest_reference, or rename the folder."
            )
            continue
        if natures[round_code] == "real" and is_marked_simulated(path.read_bytes()):
            problems.append(
                f"{path.name} says of itself that it is simulated, but the round {round_code} is "
                "real. Move it to the folder of a simulated round."
            )
            continue
        landed.append(
            land_file(
                connection,
                landing,
                path,
                source_code="surveys",
                delivery_kind="survey_forms",
                lot_key=f"surveys/{round_code}/{path.name}",
                subject_code=round_code,
                data_nature=natures[round_code],
            )
        )
    if problems:
        raise NotReady("\n".join(problems))
    return [manifest for manifest in landed if manifest]


def is_marked_simulated(body: bytes) -> bool:
    """Whether a survey file says that it is simulated: an XLSX in its properties, a CSV (alone or
    in a ZIP) in its first line."""
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            names = [PROPERTIES] if PROPERTIES in archive.namelist() else archive.namelist()
            beginnings = [archive.open(name).read(MARK_DEPTH) for name in names]
    except zipfile.BadZipFile:
        beginnings = [body[:MARK_DEPTH]]
    # A damaged or encrypted file is landed and refused at load, by name.
    except (zlib.error, EOFError, RuntimeError, NotImplementedError):
        return False
    return any(SIMULATED_MARK in beginning.replace(b"\0", b"") for beginning in beginnings)
