"""The frozen rows against their hash, and the archived project."""

import hashlib
from pathlib import Path

from sipas.builds import project_path
from sipas.release.content import Content
from sipas.release.verify.noted import Noted
from sipas.release.verify.report import Check


def check_content(noted: Noted, content: Content, check: Check) -> None:
    """The frozen rows hash to the hash of the release, and are as many as it says."""
    release = noted.release
    check.compared = sum(len(table.rows) * len(table.columns) for table in content.tables.values())
    if content.sha256 != release["content_sha256"]:
        check.faults.append(
            f"Các dòng đóng băng có mã băm {content.sha256}, bản phát hành ghi "
            f"{release['content_sha256']}: đã có dòng bị thêm, mất hoặc sửa sau khi đóng băng."
        )
    if content.row_count != release["row_count"]:
        check.faults.append(
            f"Có {content.row_count} dòng đóng băng, bản phát hành ghi {release['row_count']}."
        )
    if content.data_nature != release["data_nature"]:
        check.faults.append(
            f"Các dòng là dữ liệu {content.data_nature}, bản phát hành ghi "
            f"{release['data_nature']}."
        )


def check_project(noted: Noted, landing: Path, check: Check) -> None:
    """The archive of the dbt project is the one that the build and the release name."""
    check.compared = 1
    release_hash = noted.release["dbt_project_sha256"]
    build_hash = noted.build["dbt_project_sha256"]
    if release_hash != build_hash:
        check.faults.append(
            f"Bản phát hành ghi dự án {release_hash}, lượt tính {noted.build['build_id']} ghi "
            f"{build_hash}."
        )
    path = project_path(landing, release_hash)
    if not path.is_file():
        check.faults.append(f"Thiếu tệp lưu trữ dự án tính {path}. Khôi phục từ bản sao lưu.")
        return
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != release_hash:
        check.faults.append(
            f"Tệp lưu trữ dự án tính {path.name} có mã băm {found}: đã bị thay. Khôi phục từ bản "
            "sao lưu."
        )
