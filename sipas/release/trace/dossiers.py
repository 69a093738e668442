"""What became of each dossier of an agency by a build's as-of, from raw and the released rules.

A second reckoning by the words of the rules (DOMAIN: «Dossiers»): it shares no code with the
models of dbt, so that it can say whether they counted right.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self

from sipas.release.trace.local_time import Calendar, Period, calendar_of, end_of, local_day
from sipas.release.trace.released import Released

NEWEST_VERSIONS = """
    select newest.*
    from (
        select distinct on (dossiers.dossier_code)
            dossiers.agency_code, dossiers.dossier_code, dossiers.batch_id, dossiers.position,
            dossiers.source_code, dossiers.source_updated_at, dossiers.procedure_code,
            dossiers.field_code, dossiers.channel, dossiers.status, dossiers.submitted_at,
            dossiers.received_at, dossiers.due_at, dossiers.processed_at, dossiers.returned_at,
            dossiers.refused_at, dossiers.time_limit_working_days, dossiers.supplements,
            dossiers.apologies, dossiers.late_notice_at, dossiers.online_payment,
            dossiers.is_postal_return, dossiers.is_interlinked
        from raw.dossiers as dossiers
        where dossiers.agency_code = %(agency)s and dossiers.batch_id = any(%(batches)s)
        order by dossiers.dossier_code, dossiers.source_updated_at desc, dossiers.batch_id desc,
            dossiers.position desc
    ) as newest
    where not exists (
        select from raw.dossier_removals as removals
        where removals.agency_code = %(agency)s and removals.batch_id = any(%(batches)s)
        and removals.dossier_code = newest.dossier_code
        and removals.removed_at >= newest.source_updated_at
    )
"""
ENDS = ("processed", "returned", "refused", "status")


@dataclass
class Outcome:
    """One dossier as of a moment."""

    version: dict
    rule_version: str | None
    outcome: str
    taken_in_at: datetime
    ended_at: datetime | None = None
    due_at: datetime | None = None
    clock_stopped_at: datetime | None = None
    repeated_at: datetime | None = None
    working_days: int | None = None
    late_notice_at: datetime | None = None
    apology_on: date | None = None

    def touches(self, period: Period, as_of: datetime) -> bool:
        """Whether it was taken in before the period ended, and not over before it began."""
        until = self.ended_at or as_of
        return self.taken_in_at < period.end_at and until >= period.start_at

    def in_period(self, period: Period, as_of: datetime) -> str:
        """Its outcome as the period ended, or as it is now."""
        if self.ended_at is not None and self.ended_at < period.end_at:
            return self.outcome
        seen = min(period.end_at, as_of)
        overdue = self.due_at is not None and self.due_at < seen
        waits = self.clock_stopped_at is not None and self.clock_stopped_at <= seen
        return "in_progress_overdue" if overdue and not waits else "in_progress_on_time"


@dataclass(frozen=True)
class Judge:
    """What decides over dossiers: the as-of, the calendar, rules and their uses as rows."""

    as_of: datetime
    calendar: Calendar
    rules: list[dict]
    uses: list[dict]
    ended_statuses: set[int]

    @classmethod
    def of(cls, released: Released) -> Self:
        """The rules that are frozen in a release."""
        statuses = released.whole_reference("dossier_statuses")
        return cls(
            released.as_of_at,
            calendar_of(released),
            released.method_rows("on_time_rules"),
            released.method_rows("on_time_rule_uses"),
            {row["status_code"] for row in statuses if row["is_ended"]},
        )

    def rule(self, agency_code: str, source_code: str, day: date) -> dict | None:
        """The rule that judges a dossier taken in on a day: the closest to the agency wins, and of
        those the latest."""
        near = [
            (closeness, use["valid_from"], use["rule_version"])
            for use in self.uses
            if (closeness := closeness_of(use["applies_to"], agency_code, source_code)) is not None
            and use["valid_from"] <= day.isoformat()
        ]
        version = max(near)[2] if near else None
        return next((rule for rule in self.rules if rule["rule_version"] == version), None)

    def known(self, moment: datetime | None) -> datetime | None:
        """What had happened by the as-of; clocks may run ahead."""
        return moment if moment is not None and moment <= self.as_of else None

    def judge(self, agency_code: str, version: dict) -> Outcome:
        """What became of a dossier."""
        taken_in = self.known(version["received_at"]) or version["submitted_at"]
        rule = self.rule(agency_code, version["source_code"], local_day(taken_in)) or {}
        made = Outcome(version, rule.get("rule_version"), "not_yet_taken_in", taken_in)
        if taken_in > self.as_of:
            return made
        ends = {name: self.known(version[f"{name}_at"]) for name in ENDS[:3]}
        has_ended = version["status"] in self.ended_statuses
        ends["status"] = self.known(version["source_updated_at"]) if has_ended else None
        found = [ends[name] for name in rule.get("end_moments", "").split() if ends[name]]
        if found:
            made.ended_at = max(found[0], taken_in)
            made.working_days = self.calendar.between(local_day(taken_in), local_day(made.ended_at))
        requests = self.requests(version)
        self.set_due(made, rule, requests)
        made.late_notice_at = self.known(version["late_notice_at"])
        letters = [date.fromisoformat(a["issued_on"]) for a in version["apologies"]]
        made.apology_on = min((d for d in letters if d <= local_day(self.as_of)), default=None)
        made.outcome = self.name(made, rule, ends, len(requests))
        return made

    def requests(self, version: dict) -> list[dict]:
        """The requests for supplements that had been made, in their order; who still waits for an
        answer comes last of those of one moment."""
        told = [
            {
                name: request.get(name) and datetime.fromisoformat(request[name])
                for name in ("requested_at", "arrived_at", "due_after_at")
            }
            for request in version["supplements"]
        ]
        known = [
            r | {"arrived": self.known(r["arrived_at"])}
            for r in told
            if self.known(r["requested_at"])
        ]
        return sorted(known, key=lambda r: (r["requested_at"], nulls_last(r["arrived_at"])))

    def set_due(self, made: Outcome, rule: dict, requests: list[dict]) -> None:
        """The last new appointment, else the promise moved by the pauses that are over."""
        version, pauses_count = made.version, rule.get("pauses_count", False)
        due = version["due_at"]
        limit = version["time_limit_working_days"]
        if (
            due is None
            and limit is not None
            and rule.get("without_appointment") == "procedure_limit"
        ):
            due = self.calendar.end_after(local_day(made.taken_in_at), limit)
        if due is not None and not pauses_count:
            for request in requests:
                over = [m for m in (request["arrived"], made.ended_at) if m is not None]
                if over:
                    due += max(min(over) - request["requested_at"], timedelta(0))
        last = max(
            requests,
            key=lambda r: (
                r["requested_at"],
                nulls_last(r["arrived_at"]),
                nulls_last(r["due_after_at"]),
            ),
            default=None,
        )
        if last and last["due_after_at"]:
            due = last["due_after_at"]
        if due is not None and rule.get("compares") == "day":
            due = end_of(local_day(due))
        made.due_at = due
        if not pauses_count:
            waiting = [r["requested_at"] for r in requests if r["arrived"] is None]
            made.clock_stopped_at = min(waiting, default=None)
        if len(requests) > 1:
            made.repeated_at = requests[1]["requested_at"]

    def name(self, made: Outcome, rule: dict, ends: dict, request_count: int) -> str:
        """One of the seven outcomes."""
        status, most = made.version["status"], rule.get("most_supplement_requests")
        if made.ended_at is None:
            overdue = made.due_at is not None and made.due_at < self.as_of
            waits = made.clock_stopped_at is not None
            return "in_progress_overdue" if overdue and not waits else "in_progress_on_time"
        if status == 7:
            return "withdrawn"
        only_refused = ends["refused"] and not ends["processed"] and not ends["returned"]
        if status in (3, 8) or only_refused:
            return "refused"
        if most is not None and request_count > most:
            return "finished_late"
        if made.due_at is not None and made.ended_at > made.due_at:
            return "finished_late"
        if made.due_at is not None and local_day(made.ended_at) < local_day(made.due_at):
            return "finished_early"
        return "finished_on_time"


def nulls_last(moment: datetime | None) -> tuple[bool, datetime]:
    """A key that sorts what has no moment last, as PostgreSQL does."""
    return moment is None, moment or datetime.max.replace(tzinfo=UTC)


def closeness_of(applies_to: str, agency_code: str, source_code: str) -> int | None:
    """How close a use of a rule is to the agency; None when it is not of it."""
    if applies_to == "*":
        return 0
    if applies_to == f"source:{source_code}":
        return 1
    if f"agency:{agency_code}.".startswith(f"{applies_to}."):
        return 1 + len(applies_to)
    return None


def outcomes(released: Released, agency_code: str) -> list[Outcome]:
    """Every dossier of an agency that the build saw, as of its as-of."""

    def read() -> list[Outcome]:
        judge = released.keep("judge", lambda: Judge.of(released))
        batches = released.batch_ids("dossiers")
        versions = released.query(NEWEST_VERSIONS, {"agency": agency_code, "batches": batches})
        made = [judge.judge(agency_code, version) for version in versions]
        return [outcome for outcome in made if outcome.outcome != "not_yet_taken_in"]

    return released.keep(("outcomes", agency_code), read)
