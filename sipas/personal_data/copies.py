"""The copy without persons of a landed delivery: the same objects, record by record."""

import gzip
import hashlib
import io
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from sipas.contracts import feedback
from sipas.contracts.mapping import Mapping, load_mapping
from sipas.contracts.rejection import DeliveryRefused
from sipas.errors import UserError
from sipas.landing import (
    COPY,
    MANIFEST,
    LandedFile,
    LandedObject,
    Manifest,
    landing_path,
    read_object,
    sync_folder,
    write_synced,
)
from sipas.loading.dossier_files import (
    REMOVALS,
    TABLE_SUFFIXES,
    is_lines,
    line_pages,
    read_data,
    table_pages,
)
from sipas.personal_data.deidentify import removal_without_persons, without_persons
from sipas.settings import required
from sipas.sources.configuration import source_by_code

SIDE = "copy.incoming"
# Stands for a body that could not be read: read again, it is refused again.
UNREADABLE = b"{"
encode = msgspec.json.encode


def write_copy(landing: Path, manifest: Manifest) -> tuple[str, int]:
    """Writes the copy beside the originals of a delivery, whole or not at all.

    Returns the hash of the copy's manifest and the bytes of its objects. Raises UserError when
    an original is not what was landed, or its source is no longer configured.
    """
    folder = landing / landing_path(manifest)
    side = folder / SIDE
    for unnoted in (side, folder / COPY):  # of a run that was killed before it noted the purge
        shutil.rmtree(unnoted, ignore_errors=True)
    side.mkdir()
    mapping = mapping_of(manifest)
    objects = [
        write_object(side / item.name, blocks(landing, manifest, item, mapping))
        for item in manifest.objects
    ]
    copied = msgspec.structs.replace(manifest, objects=objects, is_copy=True)
    body = msgspec.json.format(encode(copied))
    write_synced(side / MANIFEST, body)
    sync_folder(side)
    os.rename(side, folder / COPY)
    sync_folder(folder)
    return hashlib.sha256(body).hexdigest(), sum(item.byte_count for item in objects)


def mapping_of(manifest: Manifest) -> Mapping:
    """How the records of a delivery are read today; raises UserError."""
    source = source_by_code(manifest.source_code)
    if source is None:
        raise UserError(
            f"The source {manifest.source_code} is no longer configured: without its mapping "
            "nobody knows which fields tell of persons. Add it to the sources file again."
        )
    if manifest.delivery_kind == "feedback":
        return feedback.load_mapping(source.mapping)
    return load_mapping(source.mapping)


def write_object(path: Path, body: Iterator[bytes]) -> LandedObject:
    """Writes one object block by block and waits until it is on the disk."""
    digest, byte_count = hashlib.sha256(), 0
    with path.open("wb") as file:
        for block in body:
            digest.update(block)
            byte_count += file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return LandedObject(path.name, byte_count, digest.hexdigest())


def blocks(
    landing: Path, manifest: Manifest, item: LandedObject, mapping: Mapping
) -> Iterator[bytes]:
    """The bytes of one object of the copy; JSON of whatever kind the original was."""
    key = required("SIPAS_HASH_KEY").encode()
    source_code = manifest.source_code

    def copied(record: Any) -> dict | None:
        return without_persons(record, mapping, key)

    if is_lines(item.name):
        yield from lines(landing, manifest, item, copied)
        return
    body = read_object(landing, manifest, item)
    try:
        if item.name.startswith(REMOVALS):
            data = read_data(source_code, item.name, body)
            yield encode({"data": [removal_without_persons(row, mapping) for row in data]})
        elif item.name.lower().endswith(TABLE_SUFFIXES):
            pages = table_pages(item.name, body, mapping)
            yield encode([(place, copied(row)) for page in pages for place, row in page.records()])
        else:
            data = read_data(source_code, item.name, body)
            yield encode({"data": [copied(record) for record in data]})
    except DeliveryRefused:
        yield UNREADABLE


def lines(
    landing: Path,
    manifest: Manifest,
    item: LandedObject,
    copied: Callable[[Any], dict | None],
) -> Iterator[bytes]:
    """The lines of an object that may be larger than memory, compressed as the original was."""
    is_zipped = item.name.lower().endswith(".gz")
    made = io.BytesIO()
    with LandedFile(landing, manifest, item) as file:
        target = gzip.GzipFile(fileobj=made, mode="wb", mtime=0) if is_zipped else made
        try:
            for page in line_pages(manifest.source_code, item.name, file):
                for _, record in page.records():
                    target.write(encode(copied(record)) + b"\n")
                yield taken(made)
        except DeliveryRefused:
            target.write(UNREADABLE)
        if is_zipped:
            target.close()
        yield taken(made)
        file.check()


def taken(buffer: io.BytesIO) -> bytes:
    """What was written so far; the buffer is empty afterwards."""
    block = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return block
