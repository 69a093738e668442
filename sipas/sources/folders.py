"""Files of dossiers: spreadsheets that agencies without an interface hand in (kind `files`), and
folders or stores that a system writes into (kind `drop_folder`). One file is one delivery."""

import logging
from collections.abc import Iterator
from pathlib import Path

import psycopg

from sipas.errors import UserError
from sipas.landing import Incoming, Manifest, is_repeat, register, register_all
from sipas.sources.configuration import DropFolderSource, FilesSource

log = logging.getLogger(__name__)
KNOWN_ENDINGS = (".json", ".ndjson", ".ndjson.gz", ".csv", ".xlsx")
# Being written, or of an open spreadsheet program.
PASSING_NAMES = (".", "~$")


def land_handed_in(
    connection: psycopg.Connection, landing: Path, inbox: Path, source: FilesSource
) -> list[Manifest]:
    """Lands every new or changed file of `<inbox>/one_stop/<code>/`; returns what was landed."""
    return land_folder(connection, landing, handed_in_folder(inbox, source), source)


def handed_in_folder(inbox: Path, source: FilesSource) -> Path:
    """Where the agencies' files of a source are put; made when it is not there."""
    folder = inbox / "one_stop" / source.code
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def land_dropped(
    connection: psycopg.Connection, landing: Path, source: DropFolderSource
) -> list[Manifest]:
    """Lands every new or changed file of the source's folder or store; returns what was landed.

    Raises UserError naming the source when the folder is not there.
    """
    return land_folder(connection, landing, dropped_folder(source), source)


def dropped_folder(source: DropFolderSource) -> Path:
    """The source's folder, a URL opened through Airflow's object storage; raises UserError naming
    the source when it is not there."""
    if "://" in source.path:
        from airflow.sdk import ObjectStoragePath

        folder = ObjectStoragePath(source.path, conn_id=source.connection)
    else:
        folder = Path(source.path)
    try:
        is_there = folder.is_dir()
    except (ValueError, ImportError) as error:
        raise UserError(
            f"{source.code}: {source.path} needs a package that is not installed ({error}); for "
            "S3 it is apache-airflow-providers-amazon[s3fs]."
        ) from error
    if not is_there:
        raise UserError(
            f"{source.code}: the folder {source.path} is not there. Mend `path` in the sources "
            "file, or mount it."
        )
    return folder


def newest_file(folder: Path, source: FilesSource | DropFolderSource) -> Path:
    """The file of a folder that changed last; raises UserError when there is none."""
    files = [path for path, _, _ in files_below(folder)]
    if not files:
        endings = ", ".join(KNOWN_ENDINGS)
        raise UserError(f"{source.code}: there is no file in {folder} ({endings}).")
    return max(files, key=lambda path: path.stat().st_mtime)


def land_folder(
    connection: psycopg.Connection,
    landing: Path,
    folder: Path,
    source: FilesSource | DropFolderSource,
) -> list[Manifest]:
    """Lands the files of a folder, oldest name first; each is landed or left as a whole."""
    register_all(connection, landing, "dossiers")
    known = known_stamps(connection, source.code)
    landed = [
        land_dossier_file(connection, landing, path, name, stamp, source)
        for path, name, stamp in files_below(folder)
        if stamp is None or known.get(name) != stamp
    ]
    return [manifest for manifest in landed if manifest]


def files_below(folder: Path) -> Iterator[tuple[Path, str, str | None]]:
    """Each file of a known kind in a folder: itself, its name below the folder, and its stamp
    (size and time of change), or None where the store does not tell times."""
    for path in sorted(folder.rglob("*"), key=str):
        if path.name.startswith(PASSING_NAMES) or not path.name.endswith(KNOWN_ENDINGS):
            continue
        if not path.is_file():
            continue
        stat = path.stat()
        name = str(path)[len(str(folder)) :].lstrip("/")
        yield path, name, f"{stat.st_size} {stat.st_mtime}" if stat.st_mtime else None


def known_stamps(connection: psycopg.Connection, source_code: str) -> dict[str, str]:
    """The stamp of each file name at its newest delivery."""
    rows = connection.execute(
        """
        select distinct on (file_name) file_name, file_stamp
        from audit.deliveries
        where source_code = %s and file_name is not null and file_stamp is not null
        order by file_name, received_at desc
        """,
        [source_code],
    )
    return dict(rows.fetchall())


def land_dossier_file(
    connection: psycopg.Connection,
    landing: Path,
    path: Path,
    name: str,
    stamp: str | None,
    source: FilesSource | DropFolderSource,
) -> Manifest | None:
    """Lands one file; None when the newest delivery of its name is the same file."""
    incoming = Incoming(
        landing,
        source_code=source.code,
        delivery_kind="dossiers",
        data_nature=source.data_nature,
        file_name=name,
        file_stamp=stamp,
    )
    with incoming:
        incoming.add_file(path.name, path)
        if is_repeat(connection, incoming):
            return None
        manifest = incoming.commit()
    register(connection, landing, manifest)
    connection.commit()
    log.info("%s: %s is delivery %s", source.code, name, manifest.delivery_id)
    return manifest
