"""Loads the landed bytes again into a scratch warehouse, in the order in which they were loaded."""

from collections.abc import Collection, Iterator
from pathlib import Path

import psycopg

from sipas.contracts.rejection import DeliveryRefused, NotReady
from sipas.database import connect
from sipas.errors import UserError
from sipas.landing import read_manifest
from sipas.loading.batches import LOADERS, close_batch
from sipas.local.scratch import Warehouse
from sipas.release.verify.noted import Noted, Row, insert_noted
from sipas.release.verify.report import Check

COUNTS = ("received_count", "loaded_count", "unchanged_count", "quarantined_count")
EMPTY = dict.fromkeys(COUNTS, 0) | {"decided_at": None, "refusal_reason": None}


def reload(
    scratch: Warehouse, noted: Noted, landing: Path, kinds: Collection[str], check: Check
) -> set[int]:
    """Fills an empty scratch warehouse with the batches of these kinds, as they were accepted, and
    with the build; returns the batches that were loaded by another contract or mapping than then.

    Raises UserError when a batch that the build consumed cannot be loaded again.
    """
    batches = [row for row in noted.batches if noted.delivery_of(row)["delivery_kind"] in kinds]
    left_out = len(noted.batches) - len(batches)
    if left_out:
        check.notes.append(
            f"{left_out} lô của những loại dữ liệu mà các bảng này không dùng đến không nạp lại."
        )
    otherwise: set[int] = set()
    with scratch.connect() as owner, connect("ingest", autocommit=True) as ingest:
        note_deliveries(owner, noted, {row["delivery_id"] for row in batches})
        for step, batch in in_order(batches):
            if step == "decide":
                decide(ingest, noted, batch)
            elif load_again(ingest, noted, landing, batch, check):
                otherwise.add(batch["batch_id"])
        note_builds(owner, noted)
    return otherwise


def note_deliveries(owner: psycopg.Connection, noted: Noted, wanted: set[str]) -> None:
    """The deliveries, and which of them are copies."""
    for table, rows in (("deliveries", noted.deliveries), ("purges", noted.purges)):
        for row in rows:
            if row["delivery_id"] in wanted:
                insert_noted(owner, "audit", table, row)


def note_builds(owner: psycopg.Connection, noted: Noted) -> None:
    """The build and the successful ones before it, with those of their batches that are here."""
    for row in noted.builds:
        insert_noted(owner, "audit", "builds", row)
    here = {batch_id for (batch_id,) in owner.execute("select batch_id from audit.batches")}
    for row in noted.build_batches:
        if row["batch_id"] in here:
            insert_noted(owner, "audit", "build_batches", row)


def in_order(batches: list[Row]) -> Iterator[tuple[str, Row]]:
    """Each batch to be loaded and decided: before a load come all decisions that came before it."""
    undecided: list[Row] = []
    for batch in batches:
        undecided.sort(key=lambda row: (row["decided_at"], row["batch_id"]))
        while undecided and undecided[0]["decided_at"] <= batch["loaded_at"]:
            yield "decide", undecided.pop(0)
        yield "load", batch
        if batch["decided_at"]:
            undecided.append(batch)
    for batch in sorted(undecided, key=lambda row: (row["decided_at"], row["batch_id"])):
        yield "decide", batch


def decide(ingest: psycopg.Connection, noted: Noted, batch: Row) -> None:
    """The state of a batch as it was for the build: what was accepted later is not yet."""
    if batch["status"] == "refused" or batch["batch_id"] in noted.consumed:
        ingest.execute(
            "update audit.batches set status = %s, refusal_reason = %s, decided_at = %s "
            "where batch_id = %s",
            [*(batch[name] for name in ("status", "refusal_reason", "decided_at", "batch_id"))],
        )


def load_again(
    ingest: psycopg.Connection, noted: Noted, landing: Path, batch: Row, check: Check
) -> bool:
    """Loads one batch by today's contract and mapping under its old number, and compares counts;
    returns whether the contract or mapping was another then.

    What was refused before anything was loaded is noted and not read.
    """
    if batch["status"] == "refused" and batch["received_count"] == 0:
        insert_noted(ingest, "audit", "batches", batch)
        return False
    try:
        version, counts = load_batch(ingest, noted, landing, batch)
    except (NotReady, DeliveryRefused, UserError) as error:
        if batch["batch_id"] in noted.consumed:
            raise UserError(f"Lô {batch['batch_id']} không nạp lại được: {error}") from error
        check.notes.append(
            f"Lô {batch['batch_id']} (không dùng trong lượt tính) không nạp lại được: {error}"
        )
        return False
    check.compared += 1
    then = f"{batch['contract_version']} {batch['mapping_version']}"
    wanted = [batch[name] for name in COUNTS]
    if version != then:
        check.notes.append(
            f"Lô {batch['batch_id']}: khi ấy nạp theo «{then}», nay theo «{version}»; quy tắc nạp "
            "đã đổi."
        )
    if counts != wanted:
        told = (
            f"Lô {batch['batch_id']}: đã ghi nhận/nạp/không đổi/bị loại "
            f"{'/'.join(map(str, wanted))}, nạp lại được {'/'.join(map(str, counts))}."
        )
        # Without its person a version may repeat another, or not: what is new is told otherwise.
        is_of_copy = noted.copies and (counts[0], counts[3]) == (wanted[0], wanted[3])
        is_limit = is_of_copy or version != then
        (check.limits if is_limit else check.faults).append(told)
    return version != then


def load_batch(
    ingest: psycopg.Connection, noted: Noted, landing: Path, batch: Row
) -> tuple[str, list[int]]:
    """Loads one batch in a transaction; returns contract and mapping used, and the counts."""
    delivery = noted.delivery_of(batch)
    manifest = read_manifest(
        landing / delivery["landing_path"],
        delivery["manifest_sha256"],
        noted.copies.get(delivery["delivery_id"]),
    )
    loader = LOADERS[manifest.delivery_kind](ingest, landing, manifest)
    with ingest.transaction():
        loader.prepare()
        insert_noted(ingest, "audit", "batches", batch | EMPTY | {"status": "loaded"})
        loader.load(batch["batch_id"])
        loader.quarantine(batch["batch_id"])
        result = close_batch(ingest, batch["batch_id"], loader)
    counts = [getattr(result, name) for name in COUNTS]
    return f"{loader.contract_version} {loader.mapping_version}", counts
