"""Everything that the report of a round tells, read from frozen rows once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sipas.errors import UserError
from sipas.release.report.figures import Figure, figure_of
from sipas.release.trace.released import Released
from sipas.vietnamese import sort_key

# Releases that another report may tell of: what is under embargo or withdrawn is told by nobody.
TOLD = ("published", "superseded")
UNIT_LEVELS = ("province", "district", "commune", "agency")


@dataclass(frozen=True)
class Results:
    """The frozen rows of a round, ready for sentences and tables.

    `satisfaction` are the figures of the round's own unit in the method's order, `stated_id` the
    release whose stated ranks are told, `previous_questions` last round's answers by code, `units`
    the overall figure of every unit, `points` how many sampling points each unit has, `notes` and
    `tasks` what documents say about single criteria, `earlier` the overall figures of other years,
    `variants` the overall index by other reckonings.
    """

    round_name: str
    round_code: str
    unit_name: str
    year: int
    is_simulated: bool
    value_source: str
    method: Mapping[str, Any]
    rollup: str
    satisfaction: tuple[Figure, ...]
    perceptions: tuple[Mapping[str, Any], ...] = ()
    expectations: tuple[Mapping[str, Any], ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    sampled_count: int | None = None
    modes: tuple[tuple[str, int | None], ...] = ()
    previous_year: int | None = None
    previous_questions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stated_id: str | None = None
    units: tuple[Mapping[str, Any], ...] = ()
    points: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[Mapping[str, Any], ...] = ()
    tasks: tuple[Mapping[str, Any], ...] = ()
    earlier: tuple[Mapping[str, Any], ...] = ()
    variants: tuple[Mapping[str, Any], ...] = ()
    used: tuple[str, ...] = ()

    def of_level(self, level: str) -> list[Figure]:
        """The figures of one level."""
        return [figure for figure in self.satisfaction if figure.level == level]

    def below(self, code: str) -> list[Figure]:
        """The figures right below another one."""
        return [figure for figure in self.satisfaction if figure.parent == code]

    @property
    def overall(self) -> Figure:
        """The figure of the whole."""
        return self.of_level("overall")[0]

    @property
    def people(self) -> str:
        """Who was asked, by the method."""
        return "người dân" if self.method["population"] == "households" else "cá nhân, tổ chức"


def read_results(released: Released) -> Results:
    """The results of a round's release; raises UserError when it holds no satisfaction index."""
    own = in_order(own_rows(released, "criterion_results"))
    if not any(row["indicator_level"] == "overall" for row in own):
        raise UserError(
            f"Bản phát hành {released.release_id} không có chỉ số chung nào để lập báo cáo. "
            "Báo cáo lập từ bản phát hành của một cuộc khảo sát; danh sách: sipas release list."
        )
    first = own[0]
    rounds = {row["round_code"]: row for row in released.whole_reference("rounds")}
    stated = stated_twin(released, first, rounds)
    before_code = first["previous_round_code"]
    before = told(released, before_code)
    improvement = told_scope(released, "improvement")
    twins = {row["indicator_code"]: row for row in (own_rows(stated, "criterion_results"))}
    methods = released.method_rows("methods")
    notes, tasks = documents_say(improvement, released, first, stated)
    return Results(
        round_name=rounds[first["round_code"]]["round_name_vi"],
        round_code=first["round_code"],
        unit_name=first["unit_name"],
        year=first["survey_year"],
        is_simulated=released.release["data_nature"] == "simulated",
        value_source=first["value_source"],
        method=next(m for m in methods if m["method_version"] == first["method_version"]),
        rollup=rollup_words(released, first["method_version"]),
        satisfaction=tuple(figure_of(row, twins.get(row["indicator_code"])) for row in own),
        perceptions=tuple(in_order(own_rows(released, "perception_results"))),
        expectations=tuple(in_order(own_rows(released, "expectation_results"))),
        labels={
            row["indicator_code"]: row["label_vi"]
            for row in released.method_rows("method_indicators")
        },
        sampled_count=first["sampled_count"],
        modes=collection_modes(released, first),
        previous_year=rounds[before_code]["survey_year"] if before_code else None,
        previous_questions=questions(before),
        stated_id=stated and stated.release_id,
        units=units_of(released, first),
        points=points_by_unit(released, first["round_code"]),
        notes=notes,
        tasks=tasks,
        earlier=other_years(released, first, rounds),
        variants=tuple(v for one in (released, stated) for v in other_reckonings(one)),
        used=tuple(sorted({other.release_id for other in (stated, before, improvement) if other})),
    )


def in_order(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows in the method's order."""
    return sorted(rows, key=lambda row: (row["sort_order"], row["indicator_code"]))


def own_rows(released: Released | None, mart: str) -> list[dict]:
    """The rows of the round's own unit as a whole; none of no release."""
    return released.frozen(mart, breakdown="all", is_round_unit=True) if released else []


def told_scope(released: Released, scope: str) -> Released | None:
    """The newest told release of another scope made of the same build or an earlier one."""

    def read() -> Released | None:
        found = released.query(
            """
            select * from release.releases
            where scope = %s and build_id <= %s and status = any(%s)
            order by build_id desc, created_at desc limit 1
            """,
            [scope, released.release["build_id"], list(TOLD)],
        )
        return Released(released.connection, found[0], released.landing) if found else None

    return released.keep(("told", scope), read)


def told(released: Released, round_code: str | None) -> Released | None:
    """The same, of another round."""
    return told_scope(released, f"round:{round_code}") if round_code else None


def stated_twin(
    released: Released, first: Mapping[str, Any], rounds: Mapping[str, Mapping]
) -> Released | None:
    """The release in which a document states the same unit's year by the same method."""
    if first["value_source"] == "stated":
        return None
    for code, row in sorted(rounds.items()):
        alike = all(row[name] == first[name] for name in ("unit_key", "survey_year"))
        if alike and row["value_source"] == "stated" and (twin := told(released, code)):
            rows = own_rows(twin, "criterion_results")
            if rows and rows[0]["method_version"] == first["method_version"]:
                return twin
    return None


def rollup_words(released: Released, version: str) -> str:
    """How the overall index is made of what lies below, in words of the method's own rows."""
    indicators = [
        row
        for row in released.method_rows("method_indicators")
        if row["method_version"] == version and row["block"] == "satisfaction"
    ]
    levels = {row["indicator_code"]: row["indicator_level"] for row in indicators}
    (whole,) = [code for code, level in levels.items() if level == "overall"]
    parts = [
        row
        for row in released.method_rows("method_rollups")
        if row["method_version"] == version and row["indicator_code"] == whole
    ]
    if not parts:
        return ""
    kinds = {levels[row["component_code"]] for row in parts}
    names = {"item": "tiêu chí", "factor": "yếu tố", "part": "phần"}
    how = (
        "trung bình cộng"
        if len({row["component_weight"] for row in parts}) == 1
        else ("trung bình có hệ số")
    )
    return f"bằng {how} của tất cả các {' và '.join(names[kind] for kind in sorted(kinds))}"


def collection_modes(
    released: Released, first: Mapping[str, Any]
) -> tuple[tuple[str, int | None], ...]:
    """How many forms came by which way."""
    rows = released.frozen(
        "criterion_results",
        breakdown="collection_mode",
        indicator_code=first["indicator_code"],
        is_round_unit=True,
    )
    return tuple(sorted((row["breakdown_value"], row["sampled_count"]) for row in rows))


def questions(before: Released | None) -> dict[str, Mapping[str, Any]]:
    """What the last round asked beside satisfaction, by code."""
    rows = own_rows(before, "perception_results") + own_rows(before, "expectation_results")
    return {row["indicator_code"]: row for row in rows}


def units_of(released: Released, first: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The overall row of every unit below the round's own, level by level, by name."""
    found = released.frozen(
        "criterion_results",
        breakdown="all",
        indicator_code=first["indicator_code"],
        is_round_unit=False,
    )
    order = {level: place for place, level in enumerate(UNIT_LEVELS)}
    return tuple(
        sorted(
            found,
            key=lambda row: (order.get(row["unit_level"], 9), sort_key(row["unit_name"])),
        )
    )


def points_by_unit(released: Released, round_code: str) -> dict[str, int]:
    """How many sampling points lie in each unit, by the plan that the build saw."""
    parents = {row["unit_key"]: row["parent_unit_key"] for row in released.whole_reference("units")}
    counts: dict[str, int] = defaultdict(int)
    for point in released.reference("sampling_points", round_code=round_code):
        unit = point["unit_key"]
        while unit:
            counts[unit] += 1
            unit = parents.get(unit)
    return dict(counts)


def documents_say(
    improvement: Released | None,
    released: Released,
    first: Mapping[str, Any],
    stated: Released | None,
) -> tuple[tuple[Mapping, ...], tuple[Mapping, ...]]:
    """What documents say of the round's criteria (weakness, cause, solution), and the tasks that
    are to move them; real figures are not mixed with simulated words."""
    if improvement is None:
        return (), ()
    is_simulated = released.release["data_nature"] == "simulated"
    rounds = {first["round_code"], stated.scope.round_code if stated else None}

    def may_be_told(row: Mapping[str, Any]) -> bool:
        return is_simulated or row["data_nature"] == "real"

    notes = improvement.frozen("criterion_notes", unit_key=first["unit_key"])
    tasks = improvement.frozen("improvement_tasks", unit_key=first["unit_key"])
    return (
        tuple(n for n in notes if n["round_code"] in rounds and may_be_told(n)),
        tuple(
            sorted(
                (t for t in tasks if t["plan_year"] >= first["survey_year"] and may_be_told(t)),
                key=lambda task: (task["plan_year"], task["document"], task["sort_order"]),
            )
        ),
    )


def other_reckonings(released: Released | None) -> list[Mapping[str, Any]]:
    """The overall index of the unit by other methods on the same answers, and how that moved."""
    rows = own_rows(released, "criterion_variants")
    return sorted((r for r in rows if not r["parent_code"]), key=lambda row: row["variant_code"])


def other_years(
    released: Released, first: Mapping[str, Any], rounds: Mapping[str, Mapping]
) -> tuple[Mapping[str, Any], ...]:
    """The overall figure of the same unit in other years, one a year, oldest first."""
    found: dict[int, Mapping[str, Any]] = {}
    for code, row in sorted(rounds.items()):
        is_other = (
            row["unit_key"] == first["unit_key"] and row["survey_year"] < first["survey_year"]
        )
        if is_other and (other := told(released, code)):
            whole = [r for r in own_rows(other, "criterion_results") if not r["parent_code"]]
            for line in whole:
                found[line["survey_year"]] = line
    return tuple(found[year] for year in sorted(found))
