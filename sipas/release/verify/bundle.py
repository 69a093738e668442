"""The offline bundle of a release: one deterministic zip that proves it without the database.

`content.jsonl` is byte for byte what the release's hash is made over. Deliveries with persons go in
as the copies that a purge would make; only `--with-originals` packs originals.
"""

import json
import shutil
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import yaml

from sipas.builds import project_path
from sipas.errors import UserError
from sipas.landing import read_manifest
from sipas.personal_data.copies import write_copy
from sipas.personal_data.purge import KINDS, remove_originals
from sipas.release.content import read_release, scope_of
from sipas.release.sums import SUMS, files_of, sums_of
from sipas.release.verify.noted import Noted, Row, read_noted
from sipas.release.verify.recompute import kinds_needed, read_by_the_step, unpack_project
from sipas.settings import directory, required
from sipas.sources.configuration import read_sources

FORMAT = 1
NOTED, CONTENT, SOURCES = "noted.json", "content.jsonl", "sources.yml"
STANDING = "standing"
README = "LOI-DAN.txt"
# Zip knows no time before 1980, and a bundle made twice is the same file.
EPOCH = (1980, 1, 1, 0, 0, 0)
GUIDE = """\
Gói kiểm chứng của bản phát hành {release_id} ({scope})
{simulated}
content.jsonl    các dòng đã đóng băng, dạng chuẩn. Mã băm của tệp này chính là mã băm in trong báo
                 cáo: sha256sum content.jsonl  →  {content_sha256}
standing/        các bản khác còn hiệu lực khi đóng băng (quyết định việc ẩn số liệu)
noted.json       sổ sách: bản phát hành và phê duyệt, chuỗi bản phát hành, lần gửi, lô, lượt tính,
                 kết quả kiểm tra
landing/         các tệp đã nhận; {persons}
landing/dbt_projects/  dự án tính (dbt) đúng như khi phát hành
sources.yml, mappings/ hệ thống nguồn và bảng ánh xạ để đọc các tệp
SHA256SUMS       mã băm của từng tệp: sha256sum -c SHA256SUMS

Kiểm trên máy khác, không cần cơ sở dữ liệu của đơn vị:  sipas verify --bundle TỆP.zip
"""
COPIED = (
    "hồ sơ, phản ánh là bản sao không còn dữ liệu cá nhân; phiếu khảo sát (ẩn danh) như khi nhận"
)
ORIGINAL = "CÓ DỮ LIỆU CÁ NHÂN: tệp gốc như khi nhận"


def write_bundle(
    connection: psycopg.Connection, release_id: str, path: Path, *, with_originals: bool
) -> int:
    """Writes the bundle of a release, read as the audit role; returns how many files are in it.

    Raises UserError when the release does not exist or what it needs is missing or changed.
    """
    noted = read_noted(connection, release_id)
    landing = directory("SIPAS_LANDING_DIR")
    with tempfile.TemporaryDirectory(prefix="sipas_bundle_") as name:
        folder = Path(name) / "bundle"
        archive = collect_project(noted, landing, folder / "landing")
        project = unpack_project(archive.read_bytes(), Path(name) / "project")
        kinds = kinds_needed(project, read_by_the_step(scope_of(noted.release["scope"]).marts))
        noted = replace(noted, kinds=sorted(kinds))
        copies = collect_deliveries(noted, landing, folder / "landing", with_originals)
        collect_sources(noted, folder)
        write_content(connection, release_id, folder / CONTENT)
        for name in noted.standing:
            write_content(connection, name, folder / STANDING / f"{name}.jsonl")
        told = noted.as_json() | {"purges": copies, "format": FORMAT}
        text = json.dumps(told, sort_keys=True, ensure_ascii=False, indent=1)
        (folder / NOTED).write_text(text, encoding="utf8")
        (folder / README).write_text(guide(noted.release, with_originals), encoding="utf8")
        return pack(folder, path)


def write_content(connection: psycopg.Connection, release_id: str, path: Path) -> None:
    """The canonical lines of a release."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(read_release(connection, release_id).lines())


def collect_deliveries(
    noted: Noted, landing: Path, target: Path, with_originals: bool
) -> list[Row]:
    """Copies every delivery into the bundle, those with persons as copies without them; returns
    the notes of the copies, with those that were made for the bundle."""
    purges = list(noted.purges)
    for delivery in noted.kept_deliveries:
        place = target / delivery["landing_path"]
        shutil.copytree(landing / delivery["landing_path"], place)
        if with_originals or delivery["delivery_kind"] not in KINDS:
            continue
        manifest = read_manifest(place, delivery["manifest_sha256"])
        if delivery["delivery_id"] in noted.copies:
            remove_originals(target, manifest)  # that a killed purge may have left
            continue
        copy_sha256, byte_count = write_copy(target, manifest)
        remove_originals(target, manifest)
        purges.append(
            {
                "delivery_id": delivery["delivery_id"],
                "copy_sha256": copy_sha256,
                "byte_count": byte_count,
                "requested_by": "sipas release bundle",
                "reason": "bản sao làm cho gói kiểm chứng; bản gốc còn ở đơn vị",
                "purged_at": noted.release["created_at"],
            }
        )
    return purges


def collect_project(noted: Noted, landing: Path, target: Path) -> Path:
    """Copies the archived dbt project; returns where to."""
    name = noted.release["dbt_project_sha256"]
    archive = project_path(landing, name)
    if not archive.is_file():
        raise UserError(f"Thiếu tệp lưu trữ dự án tính {archive}. Khôi phục từ bản sao lưu.")
    place = project_path(target, name)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(archive, place)
    return place


def collect_sources(noted: Noted, folder: Path) -> None:
    """Which mapping reads which source, without addresses or accounts, and the installation's own
    mappings of survey files."""
    sources = read_sources()
    used = {delivery["source_code"] for delivery in noted.kept_deliveries}
    entries: list[dict[str, Any]] = [
        {
            "code": source.code,
            "kind": "files",
            "name_vi": source.name_vi,
            "mapping": source.mapping,
            "data_nature": source.data_nature,
        }
        for source in sources.one_stop
        if source.code in used
    ]
    told = {"one_stop": entries, "surveys": {"mapping": sources.surveys.mapping}}
    (folder / SOURCES).write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf8")
    own = Path(required("SIPAS_INBOX_DIR")) / "mappings"
    if own.is_dir():
        shutil.copytree(own, folder / "mappings")


def guide(release: Row, with_originals: bool) -> str:
    """What the bundle is, for whoever opens it."""
    simulated = release["data_nature"] == "simulated"
    return GUIDE.format(
        **{name: release[name] for name in ("release_id", "scope", "content_sha256")},
        simulated="DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật\n" if simulated else "",
        persons=ORIGINAL if with_originals else COPIED,
    )


def pack(folder: Path, path: Path) -> int:
    """The folder as a zip in which nothing depends on when or where it was made."""
    names = files_of(folder)
    (folder / SUMS).write_text(sums_of(folder), encoding="utf8")
    with zipfile.ZipFile(path, "w") as bundle:
        for name in [*names, SUMS]:
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with (folder / name).open("rb") as source, bundle.open(entry, "w") as target:
                shutil.copyfileobj(source, target)
    return len(names) + 1
