"""The contract of one feedback version (phản ánh, kiến nghị), and how a vendor's becomes one.

Nothing personal is kept: neither who wrote nor what was written, only dates and codes. The
handling official is a keyed hash.
"""

import hashlib
import hmac
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from sipas.contracts import mapping as mappings
from sipas.contracts.dossier import (
    WrongField,
    explain,
    keyed_hash,
    personal_text,
    present,
    translate_code,
    translate_moment,
)
from sipas.contracts.mapping import Mapping
from sipas.contracts.rejection import Rejection

CONTRACT_VERSION = "feedback@1"
FOLDER = Path(__file__).parent / "mappings" / "feedback"

Text = Annotated[str, msgspec.Meta(min_length=1, pattern=r"^[^\x00]*$")]
# How it reached the agency.
Channel = Literal["portal", "call_centre", "email", "post", "counter", "app", "other"]
# What it is about: a regulation, the conduct of officials, a delay, money, anything else.
Subject = Literal["regulation", "conduct", "delay", "fees", "other"]


class Feedback(msgspec.Struct, kw_only=True):
    """One version of a feedback; column names of raw.feedback."""

    agency_code: Text
    feedback_code: Text
    source_updated_at: datetime
    field_code: Text | None = None
    field_name: Text | None = None
    channel: Channel = "other"
    subject: Subject = "other"
    submitted_at: datetime
    received_at: datetime | None = None
    refused_at: datetime | None = None
    asked_more_at: datetime | None = None
    more_arrived_at: datetime | None = None
    answered_at: datetime | None = None
    published_at: datetime | None = None
    is_answer_accepted: bool | None = None


MOMENTS = tuple(
    field.name for field in msgspec.structs.fields(Feedback) if field.name.endswith("_at")
)


class Accepted(msgspec.Struct):
    """A good record without persons and texts."""

    position: int
    record_sha256: bytes
    feedback: Feedback
    handler_hash: str | None
    extra: list[str]


def load_mapping(name: str) -> Mapping:
    """How the feedback of the vendor `name` is read, from the file beside that of its dossiers;
    raises UserError when it is missing or wrong."""
    return mappings.read_mapping(name, Mapping, [FOLDER])


def read_record(
    record: Any, mapping: Mapping, position: int, place: str, hash_key: bytes
) -> Accepted | Rejection:
    """One vendor record as a feedback version, or the reason why it is none.

    `place` says where its sender finds it; `hash_key` keys the hashes of record and official.
    """
    if not isinstance(record, dict):
        reason = "Bản ghi không phải là một đối tượng dữ liệu (object)."
        return Rejection(position, place, None, "record", "not_an_object", reason)
    code = record.get(mapping.fields["feedback_code"])
    code = code if isinstance(code, str) and "\0" not in code else None
    try:
        feedback = msgspec.convert(translate(record, mapping), Feedback, strict=False)
        check_order(feedback, mapping)
        handler = personal_text(record, "handler", mapping)
    except WrongField as wrong:
        return Rejection(position, place, code, wrong.field, wrong.reason_code, wrong.reason_vi)
    except msgspec.ValidationError as error:
        field, reason = explain(str(error), mapping)
        return Rejection(position, place, code, field, "contract", reason)
    handler_hash = keyed_hash(handler, hash_key) if handler else None
    extra = sorted(name.replace("\0", "") for name in record.keys() - mapping.known_names)
    kept = [CONTRACT_VERSION, mapping.label, feedback, handler_hash, extra]
    return Accepted(position, fingerprint(kept, hash_key), feedback, handler_hash, extra)


def translate(record: dict, mapping: Mapping) -> dict:
    """The record under our names, codes and dates translated, empty fields left out."""
    ours: dict[str, Any] = {}
    for name, theirs in mapping.fields.items():
        value = present(record, name, theirs, theirs, mapping)
        if name == "handler" or value is None or value == "":
            continue
        if name in mapping.codes:
            value = translate_code(name, theirs, value, mapping)
        elif name in MOMENTS:
            value = translate_moment(theirs, value, mapping)
        ours[name] = value
    return ours


def check_order(feedback: Feedback, mapping: Mapping) -> None:
    """What cannot be judged is no record: papers that came without being asked for, a published
    answer that was never given."""
    for later, earlier, reason_vi in (
        ("more_arrived_at", "asked_more_at", "Có ngày bổ sung mà không có ngày yêu cầu bổ sung."),
        ("published_at", "answered_at", "Có ngày công khai mà không có ngày trả lời."),
    ):
        if getattr(feedback, later) is not None and getattr(feedback, earlier) is None:
            raise WrongField(mapping.fields[later], "date_without_its_cause", reason_vi)


def fingerprint(kept: list, key: bytes) -> bytes:
    """HMAC-SHA256 of what is kept: equal records are repeats, a newer mapping makes a version,
    and nobody can guess a record without the key."""
    return hmac.new(key, msgspec.json.encode(kept, order="deterministic"), hashlib.sha256).digest()
