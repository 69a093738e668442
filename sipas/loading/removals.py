"""Tombstones: dossiers that their source says it removed. The versions stay, the mark is added."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg

from sipas.contracts.dossier import Text, WrongField, translate_moment
from sipas.contracts.mapping import Mapping
from sipas.contracts.rejection import DeliveryRefused, Rejection
from sipas.database import copy_rows

COLUMNS = ("agency_code", "dossier_code", "batch_id", "position", "source_code", "removed_at")


class Removal(msgspec.Struct):
    """A dossier that is gone, and since when."""

    agency_code: Text
    dossier_code: Text
    removed_at: datetime


def read_removal(record: Any, mapping: Mapping, position: int, place: str) -> Removal | Rejection:
    """One entry of a list of removed dossiers, or the reason why it is none."""
    names = mapping.removals
    if not isinstance(record, dict):
        reason = "Bản ghi không phải là một đối tượng dữ liệu (object)."
        return Rejection(position, place, None, "record", "not_an_object", reason)
    code = record.get(names["dossier_code"])
    code = code if isinstance(code, str) and "\0" not in code else None
    ours = {}
    try:
        for name, theirs in names.items():
            value = record.get(theirs)
            if value is None or value == "":
                raise WrongField(theirs, "contract", "Thiếu trường bắt buộc.")
            is_moment = name == "removed_at"
            ours[name] = translate_moment(theirs, value, mapping) if is_moment else value
            if not is_moment and not isinstance(value, str):
                raise WrongField(theirs, "contract", "Phải là một chuỗi ký tự.")
        removal = msgspec.convert(ours, Removal)
        if not removal.dossier_code.startswith(f"{removal.agency_code}-"):
            reason = "Mã hồ sơ không bắt đầu bằng mã cơ quan tiếp nhận."
            raise WrongField(names["dossier_code"], "foreign_code", reason)
    except WrongField as wrong:
        return Rejection(position, place, code, wrong.field, wrong.reason_code, wrong.reason_vi)
    except msgspec.ValidationError:  # a NUL character
        reason = "Có ký tự không hợp lệ."
        return Rejection(position, place, code, names["dossier_code"], "contract", reason)
    return removal


def require_names(source_code: str, mapping: Mapping) -> None:
    """Raises DeliveryRefused when the mapping cannot read removed dossiers."""
    if missing := set(Removal.__struct_fields__) - mapping.removals.keys():
        raise DeliveryRefused(
            f"{source_code}: bảng ánh xạ {mapping.label} chưa có tên trường của danh sách hồ sơ đã "
            f"xóa (removals: {', '.join(sorted(missing))}). Bổ sung rồi nạp lại."
        )


def copy_removals(
    connection: psycopg.Connection,
    batch_id: int,
    source_code: str,
    removals: Sequence[tuple[int, Removal]],
) -> int:
    """Stores tombstones with their positions; returns how many were not known yet."""
    connection.execute(
        "create temporary table if not exists incoming_removals "
        "(like raw.dossier_removals) on commit drop"
    )
    connection.execute("truncate incoming_removals")
    copy_rows(
        connection,
        "pg_temp",
        "incoming_removals",
        COLUMNS,
        (
            (item.agency_code, item.dossier_code, batch_id, position, source_code, item.removed_at)
            for position, item in removals
        ),
    )
    names = ", ".join(COLUMNS)
    stored = connection.execute(
        f"""
        insert into raw.dossier_removals ({names})
        select {names} from (
            select incoming_removals.*, row_number() over (
                partition by agency_code, dossier_code, removed_at order by position
            ) as repeat_number
            from incoming_removals
        ) as numbered
        where repeat_number = 1
        and not exists (
            select from raw.dossier_removals as known
            inner join audit.batches as batches using (batch_id)
            where known.agency_code = numbered.agency_code
            and known.dossier_code = numbered.dossier_code
            and known.removed_at = numbered.removed_at
            and batches.status = 'accepted'
            -- A former load of the same bytes is superseded by this one, with its tombstones.
            and batches.delivery_id <> (
                select own.delivery_id from audit.batches as own where own.batch_id = %s
            )
        )
        """,  # noqa: S608 - names of our own columns
        [batch_id],
    )
    return stored.rowcount
