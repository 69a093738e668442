"""Landing: each delivery is stored once, byte for byte, with a manifest of hashes.

A delivery is written to the side, synced, and renamed; a folder with a manifest is whole.
Nothing after this talks to the source again.
"""

import hashlib
import io
import os
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self

import msgspec
import psycopg

from sipas.errors import UserError

INCOMING = ".incoming"
MANIFEST = "manifest.json"
# The folder of the copy without persons that a purged delivery has beside its first manifest.
COPY = "copy"
BLOCK_BYTES = 1 << 20


class LandedObject(msgspec.Struct, frozen=True):
    """One body as received."""

    name: str
    byte_count: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a delivery consists of; the file `manifest.json` beside its objects."""

    delivery_id: str
    source_code: str
    delivery_kind: str
    lot_key: str
    data_nature: str
    received_at: datetime
    content_sha256: str
    objects: list[LandedObject]
    subject_code: str | None = None
    file_name: str | None = None
    window_from: datetime | None = None
    watermark: datetime | None = None
    # The source's time of the newest of its answers; the watermark is that of the first.
    told_until: datetime | None = None
    # A request for all dossiers filed on these days, instead of what changed since window_from.
    days_from: date | None = None
    days_to: date | None = None
    # How the file looked where it was found: an equal stamp is an unchanged file.
    file_stamp: str | None = None
    is_copy: bool = False  # without persons, in place of an original that was purged


class Incoming:
    """A delivery while it is being received; leaves nothing behind unless `commit` is called."""

    def __init__(
        self,
        landing: Path,
        *,
        source_code: str,
        delivery_kind: str,
        data_nature: str,
        lot_key: str | None = None,
        subject_code: str | None = None,
        file_name: str | None = None,
        window_from: datetime | None = None,
        days_from: date | None = None,
        days_to: date | None = None,
        file_stamp: str | None = None,
        folder_name: str | None = None,
    ) -> None:
        """`lot_key` names what a later delivery replaces; None: nothing, it accumulates.
        `folder_name` keeps apart what one source may be receiving at the same time."""
        self.landing = landing
        self.header = {
            "source_code": source_code,
            "delivery_kind": delivery_kind,
            "data_nature": data_nature,
            "subject_code": subject_code,
            "file_name": file_name,
            "window_from": window_from,
            "days_from": days_from,
            "days_to": days_to,
            "file_stamp": file_stamp,
        }
        self.lot_key = lot_key
        self.objects: list[LandedObject] = []
        self.folder = landing / INCOMING / (folder_name or source_code).replace("/", "_")

    def __enter__(self) -> Self:
        shutil.rmtree(self.folder, ignore_errors=True)  # of a run that was killed
        self.folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def add(self, name: str, body: bytes) -> None:
        """Stores one body byte for byte."""
        write_synced(self.folder / name, body)
        self.objects.append(LandedObject(name, len(body), hashlib.sha256(body).hexdigest()))

    def add_file(self, name: str, path: Path) -> None:
        """Stores a file byte for byte, a block at a time: it may be larger than memory."""
        digest, byte_count = hashlib.sha256(), 0
        with path.open("rb") as source, (self.folder / name).open("wb") as file:
            while block := source.read(BLOCK_BYTES):
                digest.update(block)
                byte_count += file.write(block)
            file.flush()
            os.fsync(file.fileno())
        self.objects.append(LandedObject(name, byte_count, digest.hexdigest()))

    @property
    def content_sha256(self) -> str:
        """Hash over the window asked for and every body: equal for an equal answer."""
        asked = str(self.header["window_from"])
        self.objects.sort(key=lambda item: item.name)  # pages may arrive in any order
        parts = [asked, *(f"{item.name} {item.sha256}" for item in self.objects)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def commit(
        self, watermark: datetime | None = None, told_until: datetime | None = None
    ) -> Manifest:
        """Makes the delivery final and returns its manifest; `watermark` is the source's time up
        to which it has told everything, `told_until` that of its newest answer."""
        if not self.objects:
            raise UserError(f"The source {self.header['source_code']} handed over nothing.")
        received_at = datetime.now(UTC)
        content = self.content_sha256
        delivery_id = f"{self.folder.name}-{received_at:%Y%m%dT%H%M%S.%fZ}-{content[:8]}"
        manifest = Manifest(
            delivery_id=delivery_id,
            lot_key=self.lot_key or delivery_id,
            received_at=received_at,
            content_sha256=content,
            objects=self.objects,
            watermark=watermark,
            told_until=told_until,
            **self.header,
        )
        write_synced(self.folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        final = self.landing / self.header["delivery_kind"] / delivery_id
        final.parent.mkdir(parents=True, exist_ok=True)
        sync_folder(self.folder)
        os.rename(self.folder, final)
        sync_folder(final.parent)
        return manifest


def write_synced(path: Path, body: bytes) -> None:
    """Writes a file and waits until it is on the disk."""
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Waits until the folder's entries are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def landing_path(manifest: Manifest) -> str:
    """Where the delivery lies, relative to the landing folder."""
    return f"{manifest.delivery_kind}/{manifest.delivery_id}"


def register(connection: psycopg.Connection, landing: Path, manifest: Manifest) -> None:
    """Notes a landed delivery in audit.deliveries; twice is the same as once."""
    path = landing_path(manifest)
    manifest_bytes = (landing / path / MANIFEST).read_bytes()
    connection.execute(
        """
        insert into audit.deliveries (
            delivery_id, source_code, delivery_kind, lot_key, subject_code, file_name,
            data_nature, received_at, window_from, watermark, told_until, days_from, days_to,
            file_stamp, object_count, byte_count, content_sha256, manifest_sha256, landing_path
        ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (delivery_id) do nothing
        """,
        [
            manifest.delivery_id,
            manifest.source_code,
            manifest.delivery_kind,
            manifest.lot_key,
            manifest.subject_code,
            manifest.file_name,
            manifest.data_nature,
            manifest.received_at,
            manifest.window_from,
            manifest.watermark,
            manifest.told_until,
            manifest.days_from,
            manifest.days_to,
            manifest.file_stamp,
            len(manifest.objects),
            sum(item.byte_count for item in manifest.objects),
            manifest.content_sha256,
            hashlib.sha256(manifest_bytes).hexdigest(),
            path,
        ],
    )


def register_all(connection: psycopg.Connection, landing: Path, delivery_kind: str) -> None:
    """Notes every landed delivery of a kind: also one whose run was killed before it could."""
    known = {
        row[0]
        for row in connection.execute(
            "select delivery_id from audit.deliveries where delivery_kind = %s", [delivery_kind]
        )
    }
    for path in sorted((landing / delivery_kind).glob(f"*/{MANIFEST}")):
        if path.parent.name not in known:
            register(connection, landing, read_manifest(path.parent))


def read_manifest(
    folder: Path, sha256: str | None = None, copy_sha256: str | None = None
) -> Manifest:
    """The manifest of a landed delivery, or of its copy where the original was purged
    (`copy_sha256`); raises UserError when it is not that of the hash."""
    body = read_landed(folder / MANIFEST, sha256)
    if copy_sha256 is not None:
        body = read_landed(folder / COPY / MANIFEST, copy_sha256)
    return msgspec.json.decode(body, type=Manifest)


def landed_manifest(connection: psycopg.Connection, landing: Path, delivery_id: str) -> Manifest:
    """The manifest of a delivery that is noted: of its copy, where the original was purged."""
    path, *hashes = connection.execute(
        """
        select deliveries.landing_path, deliveries.manifest_sha256, purges.copy_sha256
        from audit.deliveries as deliveries
        left join audit.purges as purges using (delivery_id)
        where deliveries.delivery_id = %s
        """,
        [delivery_id],
    ).fetchone()
    return read_manifest(landing / path, *hashes)


def read_landed(path: Path, sha256: str | None) -> bytes:
    """The bytes of a landed file; raises UserError when they are gone or not those landed."""
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        raise missing(path) from None
    if sha256 not in (None, hashlib.sha256(body).hexdigest()):
        raise changed(path)
    return body


def missing(path: Path) -> UserError:
    """The error about a landed file that is gone."""
    return UserError(f"The landed file {path} is missing. Restore it from a backup.")


def changed(path: Path) -> UserError:
    """The error about a landed file with other bytes than were landed."""
    return UserError(
        f"The landed file {path} is not what was received (its hash differs). Restore it "
        "from a backup; nothing was loaded from it."
    )


class LandedFile(io.RawIOBase):
    """A landed object read a block at a time; its hash is known at the end (`check`)."""

    def __init__(self, landing: Path, manifest: Manifest, item: LandedObject) -> None:
        self.path, self.sha256 = object_path(landing, manifest, item), item.sha256
        try:
            self.file = self.path.open("rb")
        except FileNotFoundError:
            raise missing(self.path) from None
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        block = self.file.read(size)
        self.digest.update(block)
        return block

    def close(self) -> None:
        self.file.close()
        super().close()

    def check(self) -> None:
        """Reads what is left; raises UserError when the bytes are not those that were landed.

        Whoever loads from it checks before the transaction ends.
        """
        while self.read(BLOCK_BYTES):
            pass
        if self.digest.hexdigest() != self.sha256:
            raise changed(self.path)


def is_repeat(connection: psycopg.Connection, incoming: Incoming) -> bool:
    """Whether the newest delivery of the same lot (without one: of the source's answers, or of
    the file of this name) holds exactly the same content."""
    header = incoming.header
    row = connection.execute(
        """
        select content_sha256 from audit.deliveries
        where source_code = %s and delivery_kind = %s and file_name is not distinct from %s
        and (%s::text is null or lot_key = %s)
        order by received_at desc limit 1
        """,
        [
            header["source_code"],
            header["delivery_kind"],
            header["file_name"],
            incoming.lot_key,
            incoming.lot_key,
        ],
    ).fetchone()
    return row is not None and row[0] == incoming.content_sha256


def read_object(landing: Path, manifest: Manifest, item: LandedObject) -> bytes:
    """The bytes of a landed object; raises UserError when they are not those that were landed."""
    return read_landed(object_path(landing, manifest, item), item.sha256)


def object_path(landing: Path, manifest: Manifest, item: LandedObject) -> Path:
    """Where a landed object lies."""
    folder = landing / landing_path(manifest)
    return (folder / COPY if manifest.is_copy else folder) / item.name
