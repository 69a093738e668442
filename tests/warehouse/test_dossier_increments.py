"""Scorecards counted by increments: equal to a plain-Python oracle and to a full rebuild.

One story of six builds, the last two over 50,000 drawn dossiers; each test looks at a chapter.
"""

import csv
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import dossier_oracle as oracle
import drawn_dossiers
import pytest
from dbt_here import dbt, said
from dossier_oracle import COUNTS, HERE, Calendar
from drawn_dossiers import AGENCIES, AREAS, GROUPS, RULES, Drawn
from handover import REFERENCE, accept, load_pending

from sipas.builds import close_build, open_build
from sipas.local.instance import Instance
from sipas.local.scratch import Warehouse, make_warehouse, variables
from sipas.sources.inbox import land_reference

MODELS = "+intermediate.dossiers"
FIRST = datetime(2024, 11, 20, 10, tzinfo=HERE)
TABLES = {
    "int_dossier_outcomes": "agency_code, dossier_code",
    "int_agency_period_counts": "agency_code, period_type, period_start, breakdown, "
    "breakdown_value",
    "int_agency_working_days": "agency_code, period_type, period_start, breakdown, "
    "breakdown_value, working_day_count",
    "int_agency_field_names": "agency_code, field_code, field_name",
}


@dataclass
class Chapter:
    """What the warehouse held after a build, and what it should have held."""

    full_because: str | None = None
    looked_at: int = 0
    counts: dict = field(default_factory=dict)
    expected_counts: dict = field(default_factory=dict)
    outcomes: dict = field(default_factory=dict)
    expected_outcomes: dict = field(default_factory=dict)


class Story:
    """A warehouse that is told drawn dossiers and builds them."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.drawn = Drawn(random.Random(4))
        self.calendar = Calendar()

    def take_in_reference(self, **tables: list[dict]) -> None:
        """Reference rows; the statuses and the calendar are the product's."""
        folder = self.warehouse.folder / "reference"
        folder.mkdir(exist_ok=True)
        for name in ("calendar_days", "dossier_statuses"):
            shutil.copy(REFERENCE / f"{name}.csv", folder)
        for name, rows in tables.items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, rows[0])
                writer.writeheader()
                writer.writerows(rows)
        with self.warehouse.connect("ingest") as ingest:
            land_reference(ingest, self.warehouse.landing, folder, self.warehouse.inbox)
            results = load_pending(ingest, self.warehouse.landing, "reference")
            assert {result.status for result in results} == {"loaded"}, results
            accept(ingest, *results)

    def batch(self, lot: str, as_of: datetime, status: str = "accepted") -> int:
        """An empty batch of a delivery of its own; the lot may have had one before."""
        with self.warehouse.connect() as owner:
            (number,) = owner.execute("select count(*) from audit.deliveries").fetchone()
            owner.execute(
                "insert into audit.deliveries values (%(id)s, 'mot_cua_xa', 'dossiers', %(lot)s, "
                "null, null, 'simulated', %(as_of)s, null, %(as_of)s, 1, 1, 'x', 'x', %(id)s)",
                {"id": f"drawn-{number}", "lot": lot, "as_of": as_of},
            )
            return owner.execute(
                "insert into audit.batches (delivery_id, contract_version, mapping_version, status,"
                " received_count, loaded_count, unchanged_count, quarantined_count, refusal_reason)"
                " values (%s, 'c', 'm', %s, 0, 0, 0, 0, %s) returning batch_id",
                [f"drawn-{number}", status, "a test" if status == "refused" else None],
            ).fetchone()[0]

    def tell(self, lot: str, as_of: datetime, *, status: str = "accepted", **counts: int) -> int:
        """A batch of drawn dossiers; a refused one is not held against the warehouse."""
        batch_id = self.batch(lot, as_of, status)
        self.drawn.tell(batch_id, as_of, **counts)
        with self.warehouse.connect() as owner:
            self.drawn.copy(owner, batch_id)
            owner.execute("analyze raw.dossiers")
        if status != "accepted":
            del self.drawn.versions[batch_id], self.drawn.removals[batch_id]
        return batch_id

    def correct(self, old: int, lot: str, as_of: datetime) -> None:
        """The lot is loaded once more and a tenth of its records is quarantined this time."""
        new = self.batch(lot, as_of)
        kept = [v for v in self.drawn.versions.pop(old) if self.drawn.random.random() > 0.1]
        del self.drawn.removals[old]
        self.drawn.versions[new] = [version | {"batch_id": new} for version in kept]
        self.drawn.removals[new] = []
        with self.warehouse.connect() as owner:
            self.drawn.copy(owner, new)

    def open_build(self) -> int:
        """A build of what was accepted since the last one that succeeded."""
        with self.warehouse.connect("transform") as transform:
            return open_build(transform, "story")

    def close_build(self, build_id: int, succeeded: bool) -> None:
        """Ends it."""
        with self.warehouse.connect("transform") as transform:
            close_build(transform, build_id, succeeded=succeeded)

    def run(self, *flags: str, command: str = "run", dies_before: tuple[str, ...] = ()) -> None:
        """A run of dbt over the models of dossiers.

        A run that is killed leaves the models before as they are and those after as they were:
        every model is one transaction.
        """
        exclusions = ["--exclude", "resource_type:unit_test", *dies_before]
        selection = ["--indirect-selection", "cautious", "--select", MODELS, *exclusions]
        result = dbt(command, *flags, *selection)
        assert result.success, said(result)

    def build(self, **how: str) -> None:
        """A whole build."""
        build = self.open_build()
        self.run(**how)
        self.close_build(build, succeeded=True)

    def look(self, as_of: datetime) -> Chapter:
        """What stands, beside what the oracle reckons."""
        outcomes = [
            oracle.judge(v, self.rule(v, as_of), self.calendar, as_of)
            for v in oracle.newest_versions(self.drawn.told(), self.drawn.removed())
        ]
        rows = self.warehouse.rows(
            "select agency_code, period_type, period_start, breakdown, breakdown_value, "
            f"{', '.join(COUNTS)}, median_working_days from intermediate.int_agency_period_counts"
        )
        standing = self.warehouse.rows(
            "select dossier_code, outcome, taken_in_at, ended_at, on_time_rule_version, "
            "case when outcome <> 'not_yet_taken_in' then effective_due_at end "
            "from intermediate.int_dossier_outcomes"
        )
        (build,) = self.warehouse.rows(
            "select full_because, (select count(*) from intermediate.int_changed_dossiers) "
            "from intermediate.int_dossier_build"
        )
        return Chapter(
            *build,
            {row[:5]: row[5:] for row in rows},
            oracle.scorecards(outcomes, AREAS, GROUPS, as_of),
            {code: tuple(rest) for code, *rest in standing},
            {
                o.version["dossier_code"]: (o.outcome, o.taken_in, o.ended, o.rule, o.due)
                for o in outcomes
            },
        )

    def rule(self, version: dict, as_of: datetime) -> oracle.Rule:
        """The rule by the day on which the dossier was taken in."""
        received = version["received_at"]
        known = received if received and received <= as_of else version["submitted_at"]
        return drawn_dossiers.rule_of(version, known)

    def keep(self) -> None:
        """Puts the tables that grow aside."""
        with self.warehouse.connect() as owner:
            owner.execute("create schema kept")
            for table in TABLES:
                owner.execute(f"create table kept.{table} as table intermediate.{table}")

    def differing(self) -> dict[str, int]:
        """How many rows of each table are not what was put aside, in any column that counts."""
        return {
            table: self.warehouse.value(
                f"select count(*) from kept.{table} as kept full join intermediate.{table} as made "
                f"using ({key}) where to_jsonb(kept) - 'build_id' - 'as_of_at' "
                "is distinct from to_jsonb(made) - 'build_id' - 'as_of_at'"
            )
            for table, key in TABLES.items()
        }


def reference_rows() -> dict[str, list[dict]]:
    """Units, rules, areas and groups of the drawn world."""
    return {
        "units": [
            {
                "unit_key": f"onestop:{code}@2020-01-01",
                "unit_code": f"onestop:{code}",
                "unit_name": f"Cơ quan {code}",
                "unit_level": "agency",
                "valid_from": "2020-01-01",
            }
            for code in AGENCIES
        ],
        "on_time_rules": [
            {
                "rule_version": rule.version,
                "label_vi": rule.version,
                "end_moments": " ".join(rule.end_moments),
                "compares": "day" if rule.by_day else "moment",
                "pauses_count": str(rule.pauses_count).lower(),
                "most_supplement_requests": rule.most_requests,
                "without_appointment": "procedure_limit" if rule.by_limit else "never_late",
                "source_note": "drawn",
            }
            for rule in RULES
        ],
        "on_time_rule_uses": use_rows(),
        "field_areas": [{"field_code": c, "field_area": area} for c, area in AREAS.items()],
        "procedure_groups": [
            {"procedure_code": c, "procedure_group": group, "label_vi": group}
            for c, group in GROUPS.items()
        ],
    }


def use_rows() -> list[dict]:
    """Which rule judges whom."""
    return [
        {"applies_to": who, "rule_version": rule, "valid_from": day.isoformat()}
        for who, rule, day in drawn_dossiers.USES
    ]


@dataclass
class Told:
    """The chapters of the story."""

    first: Chapter
    second: Chapter
    fourth: Chapter
    large: Chapter
    day_after: Chapter
    differing: dict[str, int]


@pytest.fixture(scope="module")
def told(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Six builds: a load, some days, two that die, a load of thousands under new rules, a day."""
    warehouse = make_warehouse(instance, tmp_path_factory.mktemp("increments"), "increments")
    warehouse.landing.mkdir()
    warehouse.inbox.mkdir()
    with variables(warehouse.variables()), pytest.MonkeyPatch.context() as patch:
        story = Story(warehouse)
        story.take_in_reference(**reference_rows())
        first, second = first_days(story)
        fourth, differing = builds_that_die(story)
        large, day_after = many_dossiers_under_new_rules(story, patch)
        yield Told(first, second, fourth, large, day_after, differing)


def first_days(story: Story) -> tuple[Chapter, Chapter]:
    """A first load; then what came late, what was refused, and a file that was corrected."""
    story.tell("main", FIRST, new=2_500, again=0, removed=30)
    corrected = story.tell("small", FIRST, new=500, again=100, removed=20)
    story.build(command="build")
    first = story.look(FIRST)
    later = FIRST + timedelta(days=6)
    story.tell("late", FIRST - timedelta(days=30), new=10, again=100, removed=40)
    story.tell("day", later, new=100, again=100, removed=30)
    story.tell("refused", later, status="refused", new=50, again=50, removed=5)
    story.correct(corrected, "small", later)
    story.build()
    return first, story.look(later)


def builds_that_die(story: Story) -> tuple[Chapter, dict[str, int]]:
    """Another month, then another year, into which open dossiers are carried."""
    story.tell("december", datetime(2024, 12, 3, 8, tzinfo=HERE), new=100, again=100, removed=10)
    build = story.open_build()
    story.run(dies_before=("int_agency_period_counts+",))
    story.close_build(build, succeeded=False)
    new_year = datetime(2025, 1, 2, 9, tzinfo=HERE)
    story.tell("new year", new_year, new=100, again=100, removed=10)
    build = story.open_build()
    story.run(dies_before=("int_dossier_outcomes",))
    story.run()
    chapter = story.look(new_year)
    story.keep()
    story.run("--full-refresh")
    story.close_build(build, succeeded=True)
    return chapter, story.differing()


def many_dossiers_under_new_rules(
    story: Story, patch: pytest.MonkeyPatch
) -> tuple[Chapter, Chapter]:
    """Rows of rules and 47,000 dossiers come with one build, a day with the next."""
    uses = (("agency:H99.02", "strict", date(2024, 1, 1)), drawn_dossiers.USES[-1])
    patch.setattr(drawn_dossiers, "USES", uses)
    story.take_in_reference(on_time_rule_uses=use_rows())
    spring = datetime(2025, 2, 20, 9, tzinfo=HERE)
    story.tell("many", spring, new=47_000, again=500, removed=300)
    story.build(command="build")
    large = story.look(spring)
    later = spring + timedelta(days=2)
    story.tell("a day", later, new=300, again=300, removed=30)
    story.build(command="build")
    return large, story.look(later)


def differences(chapter: Chapter) -> list[tuple]:
    """Keys whose counts or outcomes are not the oracle's, with both."""
    return [
        (key, made.get(key), expected.get(key))
        for made, expected in (
            (chapter.counts, chapter.expected_counts),
            (chapter.outcomes, chapter.expected_outcomes),
        )
        for key in made.keys() | expected.keys()
        if made.get(key) != expected.get(key)
    ]


def test_counts_of_50_000_drawn_dossiers_equal_a_plain_oracle(told: Told) -> None:
    assert told.large.looked_at >= 50_000
    assert differences(told.large) == []
    assert {row[0] for row in told.large.outcomes.values()} == {
        "not_yet_taken_in",
        *(name.removesuffix("_count") for name in COUNTS[2:9]),
    }


def test_a_day_looks_at_what_came_and_what_fell_due_and_equals_the_oracle(told: Told) -> None:
    assert told.day_after.full_because is None
    assert 600 < told.day_after.looked_at < 10_000
    assert differences(told.day_after) == []


def test_a_dossier_falls_due_between_builds_without_any_new_record(told: Told) -> None:
    fell_due = [
        code
        for code, (outcome, *_) in told.large.outcomes.items()
        if outcome == "in_progress_on_time"
        and told.day_after.outcomes.get(code, [None])[0] == "in_progress_overdue"
    ]
    assert len(fell_due) > 100


def test_late_versions_removals_and_corrected_files_reach_the_counts(told: Told) -> None:
    assert told.first.full_because == "there are no outcomes yet"
    assert told.second.full_because is None
    assert differences(told.first) == differences(told.second) == []
    assert told.first.outcomes.keys() - told.second.outcomes.keys(), "some were removed"


def test_builds_that_died_between_counts_and_outcomes_leave_no_trace(told: Told) -> None:
    assert told.fourth.full_because is None
    assert differences(told.fourth) == []


@pytest.mark.parametrize("table", TABLES)
def test_increments_equal_a_full_refresh_row_by_row(told: Told, table: str) -> None:
    assert told.differing[table] == 0


def test_a_new_on_time_rule_judges_every_dossier_again(told: Told) -> None:
    assert told.large.full_because == "new reference rows: on_time_rule_uses"
    judged = {code: rule for code, (_, _, _, rule, _) in told.large.outcomes.items()}
    before = {code: rule for code, (_, _, _, rule, _) in told.fourth.outcomes.items()}
    assert [code for code in before if code in judged and before[code] != judged[code]]
