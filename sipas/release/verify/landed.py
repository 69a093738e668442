"""Landed bytes: every object of every delivery behind a release, against manifest and database."""

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from sipas.errors import UserError
from sipas.landing import (
    LandedObject,
    Manifest,
    object_path,
    read_manifest,
)
from sipas.release.verify.noted import Noted, Row
from sipas.release.verify.report import Check

# What the database repeats of a manifest, under the same name.
REPEATED = (
    "delivery_id",
    "source_code",
    "delivery_kind",
    "lot_key",
    "subject_code",
    "file_name",
    "data_nature",
    "received_at",
    "window_from",
    "watermark",
    "told_until",
    "days_from",
    "days_to",
    "file_stamp",
    "content_sha256",
)
MOMENTS = ("received_at", "window_from", "watermark", "told_until")


def check_landed(noted: Noted, landing: Path, check: Check) -> None:
    """Manifests, objects and what the database repeats of them; says where a copy stands."""
    if left_out := len(noted.deliveries) - len(noted.kept_deliveries):
        check.notes.append(
            f"{left_out} lần gửi của những loại dữ liệu mà các bảng này không dùng đến không có "
            "trong gói."
        )
    for delivery in noted.kept_deliveries:
        copy_sha256 = noted.copies.get(delivery["delivery_id"])
        try:
            check.faults += faults_of(delivery, landing, copy_sha256, check)
        except UserError as error:
            check.faults.append(f"{delivery['delivery_id']}: {error}")
        if copy_sha256:
            check.limits.append(
                f"{delivery['delivery_id']}: bản gốc đã được thay bằng bản sao không còn dữ liệu "
                "cá nhân; đã đối chiếu bản sao. Mã băm của bản gốc còn trong manifest.json."
            )


def faults_of(delivery: Row, landing: Path, copy_sha256: str | None, check: Check) -> list[str]:
    """What is wrong with one delivery; counts its files. Raises UserError about a missing or
    changed manifest."""
    name = delivery["delivery_id"]
    folder = landing / delivery["landing_path"]
    manifest = read_manifest(folder, delivery["manifest_sha256"])
    check.compared += 1
    faults = [f"{name}: {fault}" for fault in unlike(delivery, manifest)]
    if copy_sha256:
        copied = read_manifest(folder, None, copy_sha256)
        check.compared += 1
        if is_of_another(copied, manifest):
            faults.append(f"{name}: bản sao không phải của lần gửi này.")
        manifest = copied
    for item in manifest.objects:
        check.compared += 1
        path = object_path(landing, manifest, item)
        if (fault := fault_of_object(path, item)) is not None:
            faults.append(f"{name}: {fault}")
    return faults


def unlike(delivery: Row, manifest: Manifest) -> list[str]:
    """Where the database and the manifest disagree, and whether the manifest agrees with itself."""
    faults = []
    for column in REPEATED:
        noted = plain(column, delivery[column])
        landed = plain(column, getattr(manifest, column))
        if noted != landed:
            faults.append(f"{column}: cơ sở dữ liệu ghi {noted}, manifest.json ghi {landed}.")
    counts = (len(manifest.objects), sum(item.byte_count for item in manifest.objects))
    if counts != (delivery["object_count"], delivery["byte_count"]):
        faults.append(
            f"manifest.json có {counts[0]} tệp, {counts[1]} byte; cơ sở dữ liệu ghi "
            f"{delivery['object_count']} tệp, {delivery['byte_count']} byte."
        )
    if content_sha256(manifest) != manifest.content_sha256:
        faults.append("mã băm nội dung trong manifest.json không phải của các tệp mà nó liệt kê.")
    return faults


def plain(column: str, value: Any) -> Any:
    """A moment as one instant whatever its zone, a day as its text, else the value itself."""
    if column in MOMENTS and isinstance(value, str):
        return msgspec.convert(value, datetime)
    return value.isoformat() if type(value) is date else value


def content_sha256(manifest: Manifest) -> str:
    """The hash over the window asked for and every body, as it was made when they landed."""
    parts = [str(manifest.window_from), *(f"{i.name} {i.sha256}" for i in manifest.objects)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_of_another(copied: Manifest, original: Manifest) -> bool:
    """Whether the copy says of itself anything but what the original said, its bodies apart."""
    names = [[item.name for item in manifest.objects] for manifest in (copied, original)]
    same = msgspec.structs.replace(copied, objects=original.objects, is_copy=False)
    return same != original or names[0] != names[1]


def fault_of_object(path: Path, item: LandedObject) -> str | None:
    """What is wrong with one landed file; read a block at a time, it may be larger than memory."""
    if not path.is_file():
        return f"thiếu tệp {item.name}. Khôi phục từ bản sao lưu."
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != item.sha256:
        return f"tệp {item.name} không còn như khi nhận (mã băm khác). Khôi phục từ bản sao lưu."
    return None
