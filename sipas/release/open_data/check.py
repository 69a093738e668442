"""Checks a folder of open data by itself: sums, both forms against each other, counts, and the hash
of the release, without a database."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from sipas.errors import UserError
from sipas.release.content import Content, Table
from sipas.release.open_data.package import METHOD, PACKAGE
from sipas.release.open_data.tables import differences, read_csv, read_parquet
from sipas.release.sums import faults_of_sums

# The notice beside the data of a release that no longer stands; its text changes, the data do not.
NOTICE = "TRANG-THAI.txt"


@dataclass
class Report:
    """What a folder says of itself, what was reckoned from its rows, and what does not hold."""

    release_id: str
    told_sha256: str
    content_sha256: str | None = None
    row_count: int = 0
    notice: str | None = None
    faults: list[str] = field(default_factory=list)


def check(folder: Path) -> Report:
    """Every check that the files allow; raises UserError when it is no folder of open data."""
    try:
        told = json.loads((folder / PACKAGE).read_bytes())
        report = Report(told["sipas"]["release_id"], told["sipas"]["content_sha256"])
        report.faults += faults_of_sums(folder, "Thư mục", beside=[NOTICE])
        resources = told["resources"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder} không phải là thư mục số liệu mở: {error!r}.") from error
    notice = folder / NOTICE
    report.notice = notice.read_text(encoding="utf8").strip() if notice.is_file() else None
    try:
        content = Content(
            read_tables(folder, resources, report), json.loads((folder / METHOD).read_bytes())
        )
        report.row_count = content.row_count
        report.content_sha256 = content.sha256
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        report.faults.append(f"Không đọc được số liệu: {error}.")
        return report
    if report.content_sha256 != report.told_sha256:
        report.faults.append(
            f"Mã băm nội dung tính lại là {report.content_sha256[:16]}…, gói ghi "
            f"{report.told_sha256[:16]}…: số liệu không phải là của bản {report.release_id}."
        )
    return report


def read_tables(folder: Path, resources: list[dict[str, Any]], report: Report) -> dict[str, Table]:
    """The tables from Parquet, each compared with its CSV and with the number of rows told."""
    tables = {}
    for resource in resources:
        if resource["format"] != "parquet":
            continue
        path = folder / resource["path"]
        mart = path.stem
        table = tables[mart] = read_parquet(path)
        if len(table.rows) != resource["row_count"]:
            report.faults.append(
                f"{mart}: có {len(table.rows)} dòng, gói ghi {resource['row_count']} dòng."
            )
        report.faults += differences(mart, read_csv(path.with_suffix(".csv")), table)
    return tables
