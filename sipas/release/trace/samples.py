"""Which forms a survey figure was counted from, and their answers, straight from raw.

The sample is found as the build found it (unit of the sampling point, up to the round's own unit;
one dimension of people), but by a query of its own: nothing of `intermediate` is read.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql

from sipas.release.trace.method import Cell, Method
from sipas.release.trace.released import Released

# What people are grouped by, and how a form tells it.
GROUPED_BY = {
    "gender": "coalesce(forms.gender, 'unknown')",
    "age_band": "coalesce(forms.age_band, 'unknown')",
    "education": "coalesce(forms.education, 'unknown')",
    "occupation": "coalesce(forms.occupation, 'unknown')",
    "urban_rural": "coalesce(forms.urban_rural, 'unknown')",
    "collection_mode": "forms.collection_mode",
    "respondent_type": "forms.respondent_type",
    "field_code": "coalesce(forms.field_code, 'unknown')",
    "is_interlinked": "case when forms.is_interlinked then 'yes' "
    "when not forms.is_interlinked then 'no' else 'unknown' end",
}


@dataclass(frozen=True)
class Sample:
    """The forms of a unit and of a group of people in it, in one round."""

    round_code: str
    unit_key: str
    breakdown: str = "all"
    breakdown_value: str = "all"
    is_recheck_failure_excluded: bool = False


@dataclass(frozen=True)
class Counted:
    """What the forms of a sample say: forms by batch, alike answers, and forms behind a node."""

    forms: dict[int, int]
    cells: dict[str, list[Cell]]
    node_counts: dict[str, int]

    @property
    def form_count(self) -> int:
        """How many forms."""
        return sum(self.forms.values())


def points_by_unit(released: Released, round_code: str) -> dict[str, set[str]]:
    """The sampling points that lie in each unit of a round, up to the round's own unit."""
    parents = {row["unit_key"]: row for row in released.whole_reference("units")}
    (round_row,) = rounds_of(released, round_code)
    found: dict[str, set[str]] = defaultdict(set)
    for point in released.reference("sampling_points", round_code=round_code):
        unit: str | None = point["unit_key"]
        while unit in parents and point["sampling_point_code"] not in found[unit]:
            found[unit].add(point["sampling_point_code"])
            unit = None if unit == round_row["unit_key"] else parents[unit]["parent_unit_key"]
    return found


def rounds_of(released: Released, round_code: str) -> list[dict]:
    """The reference row of a round."""
    return [r for r in released.whole_reference("rounds") if r["round_code"] == round_code]


def form_conditions(released: Released, sample: Sample) -> sql.Composed:
    """The forms of a sample, as a condition on raw.survey_forms."""
    points = released.keep(
        ("points", sample.round_code), lambda: points_by_unit(released, sample.round_code)
    )
    (round_row,) = rounds_of(released, sample.round_code)
    conditions = [
        sql.SQL("forms.batch_id = any({})").format(
            released.batch_ids("survey_forms", sample.round_code)
        ),
        sql.SQL("forms.round_code = {}").format(sample.round_code),
    ]
    if sample.unit_key == round_row["unit_key"]:
        # A point that nobody listed is of the round's own unit; one listed elsewhere is not.
        strangers = set().union(*points.values()) - points.get(sample.unit_key, set())
        if strangers:
            conditions.append(
                sql.SQL("forms.sampling_point_code <> all({})").format(sorted(strangers))
            )
    else:
        within = sorted(points.get(sample.unit_key, ()))
        conditions.append(sql.SQL("forms.sampling_point_code = any({})").format(within))
    if sample.breakdown != "all":
        told = sql.SQL(GROUPED_BY[sample.breakdown])
        conditions.append(told + sql.SQL(" = {}").format(sample.breakdown_value))
    if sample.is_recheck_failure_excluded:
        conditions.append(sql.SQL("forms.recheck_result is distinct from 'failed'"))
    return sql.SQL(" and ").join(conditions)


def count_sample(released: Released, sample: Sample, method: Method) -> Counted:
    """Counts the answers of a sample; asked once for each sample and method."""
    return released.keep((sample, method.version), lambda: read_sample(released, sample, method))


def read_sample(released: Released, sample: Sample, method: Method) -> Counted:
    """The forms by batch, the answers that are alike, and how many forms are behind each node."""
    conditions = form_conditions(released, sample)
    forms = released.connection.execute(
        sql.SQL(
            "select forms.batch_id, count(*) from raw.survey_forms as forms where {} group by 1"
        ).format(conditions)
    ).fetchall()
    rows = released.connection.execute(
        sql.SQL(
            """
            select answers.batch_id, answers.item_code, answers.score,
                answers.missing_kind, count(*), sum(forms.weight)
            from raw.survey_answers as answers
            inner join raw.survey_forms as forms using (batch_id, position)
            where {}
            group by answers.batch_id, answers.item_code, answers.score, answers.missing_kind
            order by answers.item_code, answers.batch_id, answers.score desc nulls last
            """
        ).format(conditions)
    )
    cells: dict[str, list[Cell]] = defaultdict(list)
    for row in rows:
        cell = Cell(*row)
        cells[cell.item_code].append(cell)
    return Counted(dict(forms), cells, node_counts(released, conditions, method))


def node_counts(released: Released, conditions: sql.Composed, method: Method) -> dict[str, int]:
    """How many forms have a valid answer to anything below each node.

    Most forms have answered the same questions as many others: they are read together.
    """
    rows = released.connection.execute(
        sql.SQL(
            """
            select told.item_codes, count(*)
            from (
                select array_agg(answers.item_code order by answers.item_code) as item_codes
                from raw.survey_answers as answers
                inner join raw.survey_forms as forms using (batch_id, position)
                where answers.score is not null and {}
                group by answers.batch_id, answers.position
            ) as told
            group by told.item_codes
            """
        ).format(conditions)
    ).fetchall()
    return {
        node: sum(count for item_codes, count in rows if not below.isdisjoint(item_codes))
        for node, below in method.descendants.items()
    }


def answer_rows(
    released: Released, sample: Sample, item_codes: list[str], *, with_positions: bool
) -> Iterator[tuple]:
    """The answers of a sample to some questions, one by one or, where a list of forms would tell
    something of the people behind them, alike answers together."""
    place = sql.SQL("answers.position, " if with_positions else "")
    count = sql.SQL("" if with_positions else ", count(*)")
    group = sql.SQL(
        ""
        if with_positions
        else "group by answers.batch_id, answers.item_code, answers.score, answers.missing_kind"
    )
    query = sql.SQL(
        """
        select answers.batch_id, {place}answers.item_code, answers.score,
            answers.missing_kind{count}
        from raw.survey_answers as answers
        inner join raw.survey_forms as forms using (batch_id, position)
        where {conditions} and answers.item_code = any({items})
        {group}
        order by answers.item_code, answers.batch_id, {place}answers.score desc nulls last
        """
    ).format(
        place=place,
        count=count,
        conditions=form_conditions(released, sample),
        items=item_codes,
        group=group,
    )
    with released.connection.cursor(name="sipas_trace_rows") as cursor:
        cursor.itersize = 20_000
        yield from cursor.execute(query)
