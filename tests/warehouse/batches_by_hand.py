"""Batches written straight into raw, so that a test says in a line what a delivery holds.

Columns are SQL expressions over `i`, the number of the record from 1. Files and interfaces have
tests of their own; here only what the gate reads matters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

import psycopg
from handover import NOON, SOURCE

from sipas.loading.profiles import write_profile

numbers = count(1)
ROUND = "hue-2023-sim"
WORKDAY = timedelta(days=1)
DOSSIER = {
    "agency_code": "'H99.31.01'",
    "dossier_code": "'H99.31.01-240105-' || lpad(i::text, 4, '0')",
    "position": "i",
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


@dataclass(frozen=True)
class Deliveries:
    """What one source, and the contractor of one round, hand in; each test has its own."""

    owner: psycopg.Connection
    source: str = SOURCE
    round_code: str = ROUND

    def add(
        self,
        kind: str,
        size: int,
        *,
        state: str = "loaded",
        request: str = "everything",
        at: datetime = NOON,
        lot: str | None = None,
        counts: Mapping[str, int] | None = None,
        answers: Mapping[str, str] | None = None,
        **columns: str,
    ) -> int:
        """A delivery with one batch of `size` records, profiled; returns the batch.

        `request` is what the delivery asked for: everything, or changes of the last day. `counts`
        are those of the batch where they differ from what stands in raw.
        """
        batch_id = self.open(kind, size, state, request, at, lot, counts or {})
        table, defaults = TABLES[kind]
        own = {"batch_id": str(batch_id)}
        own |= (
            {"round_code": f"'{self.round_code}'"}
            if kind == "survey_forms"
            else {"source_code": f"'{self.source}'"}
        )
        values = defaults | own | columns
        self.owner.execute(
            f"insert into {table} ({', '.join(values)}) "
            f"select {', '.join(values.values())} from generate_series(1, {size}) as i"
        )
        if kind == "survey_forms":
            answered = ANSWER | dict(answers or {})
            self.owner.execute(
                "insert into raw.survey_answers "
                "(batch_id, position, item_code, score, missing_kind) "
                f"select {batch_id}, i, '1.1.' || item, {answered['score']}, "
                f"{answered['missing_kind']} from generate_series(1, {size}) as i, "
                "generate_series(1, 3) as item"
            )
        write_profile(self.owner, kind, batch_id)
        return batch_id

    def open(self, kind, size, state, request, at, lot, counts) -> int:
        """The rows of audit."""
        delivery_id = f"delivery-{next(numbers)}"
        is_survey = kind == "survey_forms"
        told = {"received": size, "loaded": size, "quarantined": 0} | dict(counts)
        return self.owner.execute(
            """
            with delivery as (
                insert into audit.deliveries (
                    delivery_id, source_code, delivery_kind, lot_key, subject_code, data_nature,
                    received_at, window_from, watermark, object_count, byte_count,
                    content_sha256, manifest_sha256, landing_path
                ) values (%s, %s, %s, %s, %s, 'simulated', %s, %s, %s, 1, 1, 'x', 'x', %s)
                returning delivery_id
            )
            insert into audit.batches (
                delivery_id, contract_version, mapping_version, status, received_count,
                loaded_count, unchanged_count, quarantined_count, decided_at
            ) select delivery_id, 'c', 'm', %s, %s, %s, 0, %s, now() from delivery
            returning batch_id
            """,
            [
                delivery_id,
                "surveys" if is_survey else self.source,
                kind,
                lot or delivery_id,
                self.round_code if is_survey else None,
                at,
                at - WORKDAY if request == "changes" else None,
                None if is_survey else at,
                delivery_id,
                state,
                told["received"],
                told["loaded"],
                told["quarantined"],
            ],
        ).fetchone()[0]

    def add_history(self, kind: str, size: int = 100, batches: int = 3, **options) -> list[int]:
        """Accepted batches of earlier days that show what is usual."""
        return [
            self.add(kind, size, state="accepted", at=NOON - WORKDAY * (batches - n), **options)
            for n in range(batches)
        ]
