"""Verifies a bundle on any machine: no database, no configuration of the installation."""

import json
import secrets
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sipas.errors import UserError
from sipas.local.instance import PROJECT
from sipas.local.scratch import variables
from sipas.release.content import Content, Table
from sipas.release.sums import faults_of_sums, files_of
from sipas.release.verify.bundle import CONTENT, FORMAT, NOTED, SOURCES, STANDING
from sipas.release.verify.noted import Noted
from sipas.release.verify.report import Check, Report, new_check
from sipas.release.verify.verification import Subject, Wanted, verify_group


def verify_bundle(path: Path, wanted: Wanted) -> Report:
    """Every check that a bundle allows; raises UserError when it is no bundle."""
    with unpacked(path) as folder:
        noted = read_noted_file(folder)
        standing = {
            name: read_content(folder / STANDING / f"{name}.jsonl") for name in noted.standing
        }
        subject = Subject(noted, read_content(folder / CONTENT), standing)
        with new_check([subject.report], "bundle", "Tệp trong gói", "tệp") as check:
            check_sums(folder, check)
        with variables(settings(folder)):
            verify_group([subject], folder / "landing", wanted, None)
    return subject.report


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The files of a bundle, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="sipas_bundle_") as name:
        try:
            with zipfile.ZipFile(path) as bundle:
                bundle.extractall(name)
        except zipfile.BadZipFile as error:
            raise UserError(f"{path} không phải là gói kiểm chứng: {error}.") from error
        yield Path(name)


def settings(folder: Path) -> dict[str, str]:
    """What loaders and dbt read, from the bundle; the key only has to be the same for one run."""
    return {
        "SIPAS_LANDING_DIR": str(folder / "landing"),
        "SIPAS_INBOX_DIR": str(folder),
        "SIPAS_SOURCES_FILE": str(folder / SOURCES),
        "SIPAS_DBT_PROJECT_DIR": str(PROJECT / "dbt_project"),
        "SIPAS_HASH_KEY": secrets.token_hex(32),
        "DBT_PROFILES_DIR": str(PROJECT / "dbt_project"),
    }


def read_noted_file(folder: Path) -> Noted:
    """What the bundle notes; raises UserError when it is of another format."""
    try:
        told = json.loads((folder / NOTED).read_bytes())
        if told.pop("format") != FORMAT:
            raise UserError("Gói này có định dạng khác; dùng phiên bản sipas đã tạo ra gói.")
        return Noted(**told)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"Tệp {NOTED} của gói không đọc được: {error!r}.") from error


def read_content(path: Path) -> Content:
    """The frozen rows from their canonical lines; raises UserError when they are none."""
    tables: dict[str, Table] = {}
    try:
        with path.open(encoding="utf8") as file:
            nature, method_rows = json.loads(next(file))
            table = None
            for line in file:
                values = json.loads(line)
                if len(values) == 2 and isinstance(values[1], list):
                    table = tables[values[0]] = Table(values[1], [])
                else:
                    table.rows.append(tuple(values))
    except (OSError, ValueError, StopIteration, AttributeError) as error:
        raise UserError(f"Tệp {path.name} của gói không đọc được: {error!r}.") from error
    content = Content(tables, method_rows)
    if content.data_nature != nature:
        raise UserError(f"Tệp {path.name} ghi dữ liệu {nature}, các dòng là {content.data_nature}.")
    return content


def check_sums(folder: Path, check: Check) -> None:
    """Every file is listed with its hash, and none is missing or added."""
    check.compared = len(files_of(folder))
    check.faults += faults_of_sums(folder, "Gói")
