"""Dossiers drawn at random, in versions that arrive late, twice, out of order and from wrong clocks.

Every field is drawn by itself, so that contradictory records occur as they do in life.
"""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import psycopg
from dossier_oracle import HERE, Rule

AGENCIES = ("H99.02", "H99.04", "H99.31", "H99.31.01", "H99.31.02", "H99.310", "H99.32")
SOURCES = ("mot_cua_tinh", "mot_cua_xa")
FIELDS = {"DD": "Đất đai", "XD": "Xây dựng", "DT": "Đầu tư", "HT": "Hộ tịch", "CT": "Chứng thực"}
AREAS = {"DD": "land", "XD": "construction", "DT": "investment"}
GROUPS = {f"9.{code}.1": f"group-{code.lower()}" for code in ("DD", "XD", "HT")}
RULES = (
    Rule("portal", ("processed", "returned", "refused", "status"), False, False, 1, True),
    Rule("by_day", ("returned", "processed", "refused", "status"), True, False, None, True),
    Rule("strict", ("status", "returned"), False, True, 0, False),
)
# The closest to the agency first, then the latest: what judges a dossier from which day on.
USES = (
    ("agency:H99.31", "strict", date(2024, 3, 1)),
    ("source:mot_cua_tinh", "by_day", date(2024, 6, 1)),
    ("*", "portal", date(1900, 1, 1)),
)
COLUMNS = (
    "agency_code dossier_code batch_id position source_code source_updated_at record_sha256 "
    "procedure_code procedure_name field_code field_name channel status submitted_at received_at "
    "due_at processed_at returned_at refused_at time_limit_working_days supplements apologies "
    "late_notice_at online_payment is_postal_return is_interlinked has_digitised_parts "
    "has_guidance_slip"
).split()


def rule_of(version: dict, taken_in: datetime) -> Rule:
    """The rule that judges a dossier, by USES."""
    agency, day = version["agency_code"], taken_in.astimezone(HERE).date()
    for applies_to, rule, valid_from in USES:
        prefix = applies_to.removeprefix("agency:")
        matches = applies_to in ("*", f"source:{version['source_code']}") or (
            applies_to.startswith("agency:")
            and (agency == prefix or agency.startswith(prefix + "."))
        )
        if matches and day >= valid_from:
            return next(r for r in RULES if r.version == rule)
    raise LookupError(f"no rule for {version['dossier_code']}")


@dataclass
class Drawn:
    """What has been told so far: versions and removals by batch, and what batches stand."""

    random: random.Random
    codes: list[tuple[str, str]] = field(default_factory=list)
    versions: dict[int, list[dict]] = field(default_factory=dict)
    removals: dict[int, list[tuple]] = field(default_factory=dict)

    def told(self) -> Iterable[dict]:
        """Versions of all batches that stand."""
        return (version for batch in self.versions.values() for version in batch)

    def removed(self) -> Iterable[tuple]:
        """Removals of all batches that stand."""
        return (removal for batch in self.removals.values() for removal in batch)

    def tell(self, batch_id: int, as_of: datetime, new: int, again: int, removed: int) -> None:
        """A batch of new dossiers, versions of known ones (some older), and removals."""
        draw = self.random
        fresh = [(draw.choice(AGENCIES), f"{len(self.codes) + n:06d}") for n in range(new)]
        old = draw.sample(self.codes, min(again, len(self.codes)))
        self.codes += fresh
        some_again = draw.sample(fresh, len(fresh) // 5)
        self.versions[batch_id] = [
            self.version(agency, code, batch_id, position, as_of)
            for position, (agency, code) in enumerate(fresh + some_again + old, start=1)
        ]
        self.removals[batch_id] = [
            (agency, code, self.moment(as_of, -5, 2))
            for agency, code in draw.sample(self.codes, min(removed, len(self.codes)))
        ]

    def moment(self, around: datetime, first_day: int, last_day: int) -> datetime:
        """A whole minute between two days around another one."""
        minutes = self.random.randint(first_day * 1440, last_day * 1440)
        return around + timedelta(minutes=minutes)

    def sometimes(self, share: float, value):
        """The value, or nothing."""
        return value if self.random.random() < share else None

    def version(
        self, agency: str, code: str, batch_id: int, position: int, as_of: datetime
    ) -> dict:
        """What a system says of a dossier; one in thirty lies in the future in part."""
        draw = self.random
        submitted = self.moment(as_of, -420 if draw.random() < 0.6 else -40, 0)
        if draw.random() < 0.01:
            submitted = self.moment(as_of, 0, 8)
        is_open = draw.random() < 0.3
        latest = as_of + timedelta(days=6) if draw.random() < 0.03 else as_of
        soon = lambda days: min(self.moment(submitted, 0, days), latest)  # noqa: E731
        code_of_field = draw.choice(list(FIELDS))
        return {
            "agency_code": agency,
            "dossier_code": f"{agency}-{code}",
            "batch_id": batch_id,
            "position": position,
            "source_code": SOURCES[len(agency) % 2],
            "source_updated_at": draw.choice((soon(30), as_of, self.moment(as_of, -3, 0))),
            "record_sha256": b"",
            "procedure_code": f"9.{code_of_field}.{draw.randint(1, 3)}",
            "procedure_name": "Thủ tục",
            "field_code": code_of_field,
            "field_name": FIELDS[code_of_field] + draw.choice(("", "", " ")),
            "channel": draw.randint(1, 3),
            "status": draw.choice((1, 2, 4, 5, 6) if is_open else (3, 7, 8, 9, 9, 10, 10)),
            "submitted_at": submitted,
            "received_at": self.sometimes(0.9, soon(2)),
            "due_at": self.sometimes(0.7, self.moment(submitted, 1, 40)),
            "processed_at": None if is_open else self.sometimes(0.7, soon(25)),
            "returned_at": None if is_open else self.sometimes(0.6, soon(30)),
            "refused_at": self.sometimes(0.05, soon(5)),
            "time_limit_working_days": self.sometimes(0.8, draw.randint(1, 20)),
            "supplements": self.supplements(submitted, soon),
            "apologies": self.apologies(submitted, soon),
            "late_notice_at": self.sometimes(0.15, soon(40)),
            "online_payment": draw.randint(0, 2),
            "is_postal_return": draw.random() < 0.3,
            "is_interlinked": draw.random() < 0.1,
            "has_digitised_parts": True,
            "has_guidance_slip": False,
        }

    def supplements(self, submitted: datetime, soon) -> list[dict]:
        """Requests for papers at different moments, in no order."""
        count = self.random.choice((0, 0, 0, 0, 1, 1, 2, 3))
        moments = {soon(20) for _ in range(count)}
        return [
            {
                "requested_at": asked,
                "arrived_at": self.sometimes(0.7, self.moment(asked, -1, 9)),
                "due_after_at": self.sometimes(0.3, self.moment(asked, 1, 30)),
            }
            for asked in moments
        ]

    def apologies(self, submitted: datetime, soon) -> list[dict]:
        """Letters of apology."""
        count = self.random.choice((0, 0, 0, 0, 0, 1, 1, 2))
        return [{"issued_on": soon(40).astimezone(HERE).date()} for _ in range(count)]

    def copy(self, connection: psycopg.Connection, batch_id: int) -> None:
        """The rows of a batch into raw."""
        with connection.cursor() as cursor:
            with cursor.copy(f"copy raw.dossiers ({', '.join(COLUMNS)}) from stdin") as rows:
                for version in self.versions[batch_id]:
                    rows.write_row([as_stored(version[name]) for name in COLUMNS])
            with cursor.copy(
                "copy raw.dossier_removals (agency_code, dossier_code, removed_at, batch_id, "
                "position, source_code) from stdin"
            ) as rows:
                for position, removal in enumerate(self.removals[batch_id], start=1):
                    rows.write_row([*removal, batch_id, position, SOURCES[0]])


def as_stored(value):
    """Lists as JSON; all else as it is."""
    return json.dumps(value, default=lambda v: v.isoformat()) if isinstance(value, list) else value
