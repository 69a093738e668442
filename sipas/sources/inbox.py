"""Files handed in: reference tables and survey files, found in folders."""

import zipfile
import zlib
from io import BytesIO
from pathlib import Path

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
) -> Manifest | None:
    """Lands one file byte for byte; None when the lot's newest delivery is the same file.

    `file_name` is what messages call it: its own name, unless a folder is needed to find it.
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
        if is_repeat(connection, incoming):
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
    each file is a lot, and the rows of a table are those of all its files.
    """
    folders = [("reference", "real", own)]
    folders += [
        (f"reference_{nature}", nature, inbox / "reference" / nature)
        for nature in ("real", "simulated")
    ]
    landed = []
    for source_code, nature, folder in folders:
        for path in sorted(folder.rglob("*.csv")):
            name = path.relative_to(folder)
            landed.append(
                land_file(
                    connection,
                    landing,
                    path,
                    source_code=source_code,
                    delivery_kind="reference",
                    lot_key=f"{source_code}/{name.with_suffix('').as_posix()}",
                    subject_code=path.stem,
                    data_nature=nature,
                    file_name=name.as_posix(),
                )
            )
    return [manifest for manifest in landed if manifest]


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
