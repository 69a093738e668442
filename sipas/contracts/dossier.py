"""The contract of one dossier version, and how a vendor's record becomes one.

Fields as one-stop systems exchange them: reference table of dossier fields; statuses 1–10.
This is the way of a single record, which finds words for what is wrong with it; whole pages of
good records take the way of `dossier_pages`, which gives the same rows.
"""

import hashlib
import hmac
import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec

from sipas.contracts.mapping import Mapping
from sipas.contracts.rejection import Rejection
from sipas.vietnamese import nfc

CONTRACT_VERSION = "dossier@2"

# PostgreSQL keeps no NUL character, and a smallint ends at 32767.
Text = Annotated[str, msgspec.Meta(min_length=1, pattern=r"^[^\x00]*$")]
Small = Annotated[int, msgspec.Meta(ge=0, le=32767)]
Status = Annotated[int, msgspec.Meta(ge=1, le=10)]
Channel = Annotated[int, msgspec.Meta(ge=1, le=3)]
Amount = Annotated[int, msgspec.Meta(ge=0, le=10**15)]  # đồng
# Why something is late: codes only, because what officials write may name a person.
LatenessReason = Literal[
    "complex_case", "waiting_cooperation", "overload", "system_error", "applicant_side", "other"
]
OTHER_REASON = "other"
MISSING_FIELD = (
    "Thiếu trường này trong bản ghi (trường rỗng vẫn phải có tên). Nếu hệ thống đã đổi tên trường, "
    "sửa bảng ánh xạ rồi nạp lại."
)


class Supplement(msgspec.Struct):
    """One request for supplements: the clock stands still until they arrive."""

    requested_at: datetime
    arrived_at: datetime | None = None
    due_before_at: datetime | None = None
    due_after_at: datetime | None = None


class Apology(msgspec.Struct):
    """One apology letter of a late dossier."""

    issued_on: date
    due_after_at: datetime | None = None
    sequence: Small | None = None
    reason_code: LatenessReason | None = None


class Fee(msgspec.Struct):
    """One fee or charge of a dossier."""

    fee_code: Text | None = None
    fee_type: Text | None = None
    amount: Amount | None = None
    is_online: bool | None = None
    paid_at: datetime | None = None


class StatusEvent(msgspec.Struct):
    """One step of the handling: the status that it led to, and when."""

    status: Status
    occurred_at: datetime


class Dossier(msgspec.Struct, kw_only=True):
    """One version of a dossier, without personal data; column names of raw.dossiers."""

    agency_code: Text
    dossier_code: Text
    source_updated_at: datetime
    procedure_code: Text
    procedure_name: Text
    field_code: Text
    field_name: Text
    channel: Channel = 1  # null = direct
    applicant_type: Small | None = None
    status: Status
    submitted_at: datetime
    received_at: datetime | None = None
    due_at: datetime | None = None
    processed_at: datetime | None = None
    returned_at: datetime | None = None
    refused_at: datetime | None = None
    time_limit_working_days: Small | None = None
    supplements: list[Supplement] = []
    apologies: list[Apology] = []
    fees: list[Fee] = []
    status_events: list[StatusEvent] = []
    lateness_reason: LatenessReason | None = None
    late_notice_at: datetime | None = None
    online_payment: Annotated[int, msgspec.Meta(ge=0, le=2)] = 0
    is_postal_return: bool = False
    is_interlinked: bool = False
    has_digitised_parts: bool = False
    has_guidance_slip: bool = False


PERSONAL_FIELDS = ("applicant_name", "applicant_phone", "handler")
LISTS = {
    "supplements": Supplement,
    "apologies": Apology,
    "fees": Fee,
    "status_events": StatusEvent,
}
MOMENTS = tuple(
    field.name for field in msgspec.structs.fields(Dossier) if field.name.endswith("_at")
)
HASHED = re.compile("hmac-sha256:[0-9a-f]{64}")
LIST_MOMENTS = (
    "requested_at",
    "arrived_at",
    "due_before_at",
    "due_after_at",
    "issued_on",
    "paid_at",
    "occurred_at",
)
# Fields whose text becomes a code; a text that the mapping does not know is `other`.
REASONS = ("lateness_reason", "apologies.reason_code")


class WrongField(ValueError):
    """A field of a record that breaks the contract."""

    def __init__(self, field: str, reason_code: str, reason_vi: str) -> None:
        super().__init__(reason_vi)
        self.field, self.reason_code, self.reason_vi = field, reason_code, reason_vi


class Accepted(msgspec.Struct):
    """A good record, its personal data split off."""

    position: int
    dossier: Dossier
    applicant_name: str | None
    applicant_phone: str | None
    handler_hash: str | None
    extra: list[str]


def read_record(
    record: Any, mapping: Mapping, position: int, place: str, hash_key: bytes
) -> Accepted | Rejection:
    """One vendor record as a dossier version, or the reason why it is none.

    `place` says where its sender finds it; `hash_key` keys the hash of the handling official.
    """
    if not isinstance(record, dict):
        return Rejection(
            position,
            place,
            None,
            "record",
            "not_an_object",
            "Bản ghi không phải là một đối tượng dữ liệu (object).",
        )
    code = record.get(mapping.fields["dossier_code"])
    code = code if isinstance(code, str) and "\0" not in code else None
    try:
        dossier = msgspec.convert(translate(record, mapping), Dossier, strict=False)
        check_codes(dossier, mapping)
        name, phone = (personal_text(record, our, mapping) for our in PERSONAL_FIELDS[:2])
    except WrongField as wrong:
        return Rejection(position, place, code, wrong.field, wrong.reason_code, wrong.reason_vi)
    except msgspec.ValidationError as error:
        field, reason = explain(str(error), mapping)
        return Rejection(position, place, code, field, "contract", reason)
    handler = record.get(mapping.fields.get("handler", ""))
    return Accepted(
        position=position,
        dossier=dossier,
        applicant_name=name,
        applicant_phone=phone,
        handler_hash=keyed_hash(str(handler), hash_key) if handler else None,
        extra=sorted(name.replace("\0", "") for name in record.keys() - mapping.known_names),
    )


def personal_text(record: dict, name: str, mapping: Mapping) -> str | None:
    """A personal field as text (a number counts as one); anything else breaks the contract."""
    theirs = mapping.fields.get(name, "")
    value = record.get(theirs)
    if value is None or value == "":
        return None
    if not isinstance(value, str | int) or "\0" in str(value):
        raise WrongField(theirs, "contract", "Phải là một chuỗi ký tự.")
    return str(value)


def keyed_hash(value: str, key: bytes) -> str:
    """HMAC-SHA256 as hex: equal persons stay equal, nobody can be looked up without the key.

    In a copy without persons the hash itself stands in the official's place (HASHED).
    """
    if HASHED.fullmatch(value):
        return value.partition(":")[2]
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def translate(record: dict, mapping: Mapping) -> dict:
    """The record under our names, codes and dates translated, empty fields left out."""
    ours: dict[str, Any] = {}
    for name, theirs in mapping.fields.items():
        value = present(record, name, theirs, theirs, mapping)
        if name in PERSONAL_FIELDS or value is None or value == "":
            continue
        ours[name] = translate_value(name, theirs, value, mapping)
    for name, names in mapping.lists.items():
        entries = present(record, name, names["from"], names["from"], mapping) or []
        if not isinstance(entries, list):
            raise WrongField(names["from"], "contract", "Phải là một danh sách.")
        ours[name] = [translate_entry(entry, name, names, mapping) for entry in entries]
    return ours


def translate_entry(entry: Any, name: str, names: dict[str, str], mapping: Mapping) -> dict:
    """One entry of the list `name` inside the record (a supplement, an apology …)."""
    if not isinstance(entry, dict):
        raise WrongField(names["from"], "contract", "Phải là một danh sách các đối tượng.")
    ours = {}
    for part, theirs in names.items():
        if part == "from":
            continue
        path = f"{names['from']}.{theirs}"
        value = present(entry, f"{name}.{part}", theirs, path, mapping)
        if value is None or value == "":
            continue
        ours[part] = translate_value(f"{name}.{part}", path, value, mapping)
    return ours


def present(record: dict, name: str, theirs: str, path: str, mapping: Mapping) -> Any:
    """The value of a field that must be there, be it empty; raises WrongField when it is not:
    a field that was renamed or left out would otherwise be lost without a word."""
    if theirs not in record and name not in mapping.may_be_absent:
        raise WrongField(path, "missing_field", MISSING_FIELD)
    return record.get(theirs)


def translate_value(name: str, theirs: str, value: Any, mapping: Mapping) -> Any:
    """One value that is there: codes and dates translated, anything else as it came.

    `name` is our field, or `<list>.<field>`; `theirs` is what its sender calls it.
    """
    if name in REASONS:
        return translate_reason(name, theirs, value, mapping)
    if name in mapping.codes:
        return translate_code(name, theirs, value, mapping)
    part = name.rpartition(".")[2]
    if part in (MOMENTS if part == name else LIST_MOMENTS):
        moment = translate_moment(theirs, value, mapping)
        return mapping.local_day(moment) if part == "issued_on" else moment
    return value


def translate_reason(name: str, theirs: str, value: Any, mapping: Mapping) -> str:
    """The code of a reason written as text; `other` for what the mapping does not know."""
    if not isinstance(value, str | int):
        raise WrongField(theirs, "contract", "Phải là một chuỗi ký tự.")
    known = {plain_words(text): code for text, code in mapping.codes.get(name, {}).items()}
    return str(known.get(plain_words(str(value)), OTHER_REASON))


def plain_words(text: str) -> str:
    """A text as it is compared: NFC, small letters, single spaces."""
    return " ".join(nfc(text).casefold().split())


def translate_code(name: str, theirs: str, value: Any, mapping: Mapping) -> Any:
    """A vendor's code as ours; an unknown one breaks the contract."""
    try:
        return mapping.codes[name][str(value)]
    except KeyError:
        known = ", ".join(mapping.codes[name])
        raise WrongField(
            theirs, "unknown_code", f"Mã không có trong danh mục; các mã hợp lệ: {known}."
        ) from None


def translate_moment(theirs: str, value: Any, mapping: Mapping) -> datetime:
    """A vendor's date and time; what cannot be read as one breaks the contract."""
    try:
        return mapping.moment(str(value))
    except ValueError:
        formats = ", ".join(f"«{written}»" for written in mapping.datetime_formats)
        raise WrongField(
            theirs, "not_a_moment", f"Không đọc được ngày giờ theo định dạng {formats}."
        ) from None


def check_codes(dossier: Dossier, mapping: Mapping) -> None:
    """A dossier belongs to the agency in its code (the receiving one), which never changes."""
    if not dossier.dossier_code.startswith(f"{dossier.agency_code}-"):
        raise WrongField(
            mapping.fields["dossier_code"],
            "foreign_code",
            "Mã hồ sơ không bắt đầu bằng mã cơ quan tiếp nhận.",
        )


def explain(message: str, mapping: Mapping) -> tuple[str, str]:
    """Field (in the vendor's words) and reason of a contract violation, without its value."""
    reason, _, path = message.partition(" - at `$")
    names = re.findall(r"[A-Za-z_]\w*", path)
    if is_missing := "missing required field" in reason:
        names.append(reason.split("`")[1])
    if names and names[0] in mapping.lists:
        entry = mapping.lists[names[0]]
        field = ".".join([entry["from"], *(entry.get(name, name) for name in names[1:])])
    else:
        field = mapping.fields.get(names[0], names[0]) if names else "record"
    return field, "Thiếu trường bắt buộc." if is_missing else (
        f"Sai kiểu hoặc ngoài phạm vi ({reason})."
    )
