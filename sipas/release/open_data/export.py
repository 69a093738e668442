"""Writes a release as open data: to the side, synced, read back, checked, noted and renamed."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from sipas.errors import UserError
from sipas.landing import sync_folder, write_synced
from sipas.release.content import Content, read_release
from sipas.release.open_data.check import check
from sipas.release.open_data.facts import Facts, facts_of, types_of
from sipas.release.open_data.package import (
    DICTIONARY,
    METHOD,
    PACKAGE,
    dictionary,
    method_rows,
    package,
)
from sipas.release.open_data.readme import licence_text, readme
from sipas.release.open_data.settings import OpenDataSettings, read_settings
from sipas.release.open_data.tables import write_csv, write_parquet
from sipas.release.open_data.words import Mart, marts_of
from sipas.release.sums import SUMS, sums_of
from sipas.settings import directory


@dataclass(frozen=True)
class Exported:
    """What was written; `is_new` is false when the same bytes lay there already."""

    release_id: str
    folder: Path
    row_count: int
    file_count: int
    is_new: bool


def export(
    connection: psycopg.Connection,
    release_id: str,
    folder: Path,
    note: Callable[[str, int, bytes], None],
) -> Exported:
    """Writes the open data of a release into `folder`, read as the audit role.

    `note` is called with id, number of rows and SHA256SUMS before anything takes its name. Raises
    UserError when the release is not to be handed out, what was written does not read back, or the
    folder holds something else.
    """
    folder = folder.resolve()
    facts = facts_of(connection, release_id)
    content = read_release(connection, release_id)
    marts = marts_of(
        directory("SIPAS_LANDING_DIR"),
        facts.release["dbt_project_sha256"],
        types_of(connection, content),
    )
    side = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(side, ignore_errors=True)  # what a killed run left
    try:
        write_files(side, facts, content, marts, read_settings())
        report = check(side)
        if report.faults or report.content_sha256 != facts.release["content_sha256"]:
            faults = "; ".join(report.faults) or "mã băm nội dung khác"
            raise UserError(f"{release_id} không đọc lại được như đã ghi: {faults}.")
        is_new = not is_there_already(side, folder)
        if is_new:
            sums = side / SUMS
            note(release_id, content.row_count, sums.read_bytes())
            os.rename(side, folder)  # also over an empty folder
            sync_folder(folder.parent)
    finally:
        shutil.rmtree(side, ignore_errors=True)
    count = sum(1 for file in folder.rglob("*") if file.is_file())
    return Exported(release_id, folder, content.row_count, count, is_new)


def write_files(
    side: Path, facts: Facts, content: Content, marts: list[Mart], settings: OpenDataSettings
) -> None:
    """Every file, each on the disk; the sums last."""
    data = side / "data"
    data.mkdir(parents=True)
    told = {
        name: str(facts.release[name]) for name in ("release_id", "content_sha256", "data_nature")
    }
    for mart in marts:
        table = content.tables[mart.name]
        write_csv(data / f"{mart.name}.csv", table)
        write_parquet(data / f"{mart.name}.parquet", mart, table, told)
    write_synced(side / DICTIONARY, dictionary(marts))
    write_synced(side / METHOD, method_rows(content))
    write_synced(side / "README.md", readme(facts, content, marts, settings).encode())
    write_synced(side / "LICENSE.txt", licence_text(facts, settings).encode())
    write_synced(side / PACKAGE, package(facts, content, marts, settings, side))
    write_synced(side / SUMS, sums_of(side).encode())
    sync_folder(data)
    sync_folder(side)


def is_there_already(side: Path, folder: Path) -> bool:
    """Whether the folder holds exactly this; raises UserError when it holds something else."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    sums = folder / SUMS
    is_same = sums.is_file() and sums.read_bytes() == (side / SUMS).read_bytes()
    if not is_same or (found := check(folder)).faults:
        raise UserError(
            f"{folder} đã có nội dung khác"
            + (f" ({found.faults[0]})" if is_same else "")
            + ": chọn thư mục khác, hoặc tự xóa thư mục này."
        )
    return True
