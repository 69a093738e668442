"""Batches written straight into raw, so that a test says in a line what a delivery holds.

Columns are SQL expressions over `i`, the number of the record from 1. Files and interfaces have
tests of their own; here only what the gate reads matters.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count

from handover import NOON, SOURCE

from sipas.loading.profiles import write_profile

numbers = count(1)
ROUND = "hue-2023-sim"
WORKDAY = timedelta(days=1)
DOSSIER = {
    "agency_code": "'H99.31.01'",
    "dossier_code": "'H99.31.01-240105-' || lpad(i::text, 4, '0')",
    "position": "i",
    "source_code": f"'{SOURCE}'",
    "source_updated_at": "timestamptz '2024-01-10 11:00:00+07'",
    "record_sha256": "sha256(i::text::bytea)",
    "procedure_code": "'9.1'",
    "procedure_name": "'Thủ tục'",
    "field_code": "(array['HT', 'DD', 'XD'])[1 + i % 3]",
    "field_name": "'Lĩnh vực'",
    "channel": "1 + i % 2",
    "applicant_type": "0",
    "status": "(array[4, 9])[1 + i % 2]",
    "submitted_at": "timestamptz '2024-01-08 08:00:00+07'",
    "received_at": "timestamptz '2024-01-08 09:00:00+07'",
    "due_at": "timestamptz '2024-01-18 09:00:00+07'",
    "time_limit_working_days": "5",
    "online_payment": "0",
    "is_postal_return": "false",
    "is_interlinked": "false",
    "has_digitised_parts": "false",
    "has_guidance_slip": "false",
    "handler_hash": "'x'",
    "extra": "null",
}
FEEDBACK = {
    "agency_code": "'H99.31.01'",
    "feedback_code": "'PA-' || i",
    "position": "i",
    "source_code": f"'{SOURCE}'",
    "source_updated_at": "timestamptz '2024-01-10 11:00:00+07'",
    "record_sha256": "sha256(i::text::bytea)",
    "field_code": "'HT'",
    "channel": "(array['web', 'phone'])[1 + i % 2]",
    "subject": "(array['attitude', 'delay', 'other'])[1 + i % 3]",
    "submitted_at": "timestamptz '2024-01-08 08:00:00+07'",
    "received_at": "timestamptz '2024-01-08 09:00:00+07'",
    "handler_hash": "'x'",
    "extra": "null",
}
FORM = {
    "position": "i",
    "round_code": f"'{ROUND}'",
    "form_code": "'P' || i",
    "sampling_point_code": "'D' || (1 + i % 4)",
    "interviewed_on": "date '2023-11-10'",
    "collection_mode": "'paper'",
    "respondent_type": "'individual'",
    "gender": "'female'",
    "recheck_result": "null",
    "is_substitute": "null",
}
# Answers are drawn over forms (i) and three questions (item); one is left out here and there.
ANSWER = {
    "score": "case when (i + item) % 25 > 0 then (1 + (i + item) % 5)::smallint end",
    "missing_kind": "case when (i + item) % 25 = 0 then 'blank' end",
}
TABLES = {
    "dossiers": ("raw.dossiers", DOSSIER),
    "feedback": ("raw.feedback", FEEDBACK),
    "survey_forms": ("raw.survey_forms", FORM),
}


def add_batch(
    owner,
    kind: str,
    size: int,
    *,
    status: str = "loaded",
    request: str = "everything",
    at: datetime = NOON,
    lot: str | None = None,
    subject: str | None = None,
    counts: Mapping[str, int] | None = None,
    answers: Mapping[str, str] | None = None,
    **columns: str,
) -> int:
    """A delivery with one batch of `size` records, profiled; returns the batch.

    `request` is what the delivery asked for: everything, or changes of the last working day.
    """
    number = next(numbers)
    delivery_id = f"delivery-{number}"
    is_survey = kind == "survey_forms"
    owner.execute(
        """
        insert into audit.deliveries (
            delivery_id, source_code, delivery_kind, lot_key, subject_code, data_nature,
            received_at, window_from, watermark, object_count, byte_count, content_sha256,
            manifest_sha256, landing_path
        ) values (%s, %s, %s, %s, %s, 'simulated', %s, %s, %s, 1, 1, 'x', 'x', %s)
        """,
        [
            delivery_id,
            "surveys" if is_survey else SOURCE,
            kind,
            lot or delivery_id,
            (subject or ROUND) if is_survey else None,
            at,
            at - WORKDAY if request == "changes" else None,
            None if is_survey else at,
            delivery_id,
        ],
    )
    told = {"received": size, "loaded": size, "quarantined": 0} | dict(counts or {})
    (batch_id,) = owner.execute(
        """
        insert into audit.batches (
            delivery_id, contract_version, mapping_version, status, received_count, loaded_count,
            unchanged_count, quarantined_count, decided_at
        ) values (%s, 'c', 'm', %s, %s, %s, 0, %s, now()) returning batch_id
        """,
        [delivery_id, status, told["received"], told["loaded"], told["quarantined"]],
    ).fetchone()
    table, defaults = TABLES[kind]
    values = defaults | {"batch_id": str(batch_id)} | columns
    owner.execute(
        f"insert into {table} ({', '.join(values)}) "
        f"select {', '.join(values.values())} from generate_series(1, {size}) as i"
    )
    if is_survey:
        answered = ANSWER | dict(answers or {})
        owner.execute(
            "insert into raw.survey_answers (batch_id, position, item_code, score, missing_kind) "
            f"select {batch_id}, i, '1.1.' || item, {answered['score']}, "
            f"{answered['missing_kind']} from generate_series(1, {size}) as i, "
            "generate_series(1, 3) as item"
        )
    write_profile(owner, kind, batch_id)
    return batch_id


def add_history(owner, kind: str, size: int = 100, batches: int = 3, **options) -> list[int]:
    """Accepted batches of earlier days that show what is usual."""
    return [
        add_batch(
            owner, kind, size, status="accepted", at=NOON - WORKDAY * (batches - n), **options
        )
        for n in range(batches)
    ]
