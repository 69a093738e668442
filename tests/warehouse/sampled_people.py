"""Who was asked in a round, as an analyst takes it from the raw rows into a survey package."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import exp, log

import polars as pl
import svy
from drawn_surveys import reference_rows
from exact_indices import components, value_of

from sipas.local.scratch import Warehouse


@dataclass(frozen=True)
class Person:
    """One form; `answers` has the valid answers. A point without a form is a person who is not
    there: its primary sampling unit was drawn all the same."""

    stratum: str
    psu: str
    gender: str | None
    answers: dict[str, int]


@dataclass(frozen=True)
class Sampled:
    """The people of one unit, and how many primary sampling units there are to draw from."""

    method: str
    people: tuple[Person, ...]
    population: int | None = None

    def indicator(self, code: str) -> dict[str, str]:
        """The row of an indicator."""
        (row,) = (
            row
            for row in reference_rows("method_indicators")
            if row["method_version"] == self.method and row["indicator_code"] == code
        )
        return row

    def values(self, code: str) -> list[Fraction | None]:
        """What each person brings to an item's index, None without a valid answer."""
        row = self.indicator(code)
        question = row["parent_code"] if row["measure_type"] == "share_single" else code
        return [
            value_of(row, person.answers[question]) if question in person.answers else None
            for person in self.people
        ]

    def index(self, code: str) -> Fraction | None:
        """The index of an item."""
        values = [value for value in self.values(code) if value is not None]
        return sum(values, Fraction()) / len(values) if values else None

    def coefficients(self, node: str) -> dict[str, Fraction]:
        """The coefficients of the items in a node; missing children as the method has it."""
        (rule,) = (
            row["missing_child_rule"]
            for row in reference_rows("methods")
            if row["method_version"] == self.method
        )
        if node not in components(self.method):
            return {node: Fraction(1)} if self.index(node) is not None else {}
        children = [
            (self.coefficients(child), weight, total)
            for child, weight, total in components(self.method)[node]
        ]
        present = sum(weight for below, weight, _ in children if below)
        found: dict[str, Fraction] = {}
        for below, weight, total in children:
            share = Fraction(weight, present if rule == "renormalise" and below else total)
            for item, coefficient in below.items():
                found[item] = found.get(item, Fraction()) + share * coefficient
        return found

    def node_index(self, node: str) -> Fraction:
        """The index of a node from those of its items."""
        return sum(
            (c * self.index(item) for item, c in self.coefficients(node).items()), Fraction()
        )

    def linearised(self, node: str) -> list[float]:
        """u = Σ cₖ · mₖ · (100·yₖ/maxₖ − index of k) / Σmₖ for each person."""
        terms = []
        for item, coefficient in self.coefficients(node).items():
            values, mean = self.values(item), self.index(item)
            valid = sum(value is not None for value in values)
            terms.append(
                [
                    Fraction() if value is None else coefficient * (value - mean) / valid
                    for value in values
                ]
            )
        return [float(sum(column)) for column in zip(*terms, strict=True)]

    def of(self, belongs: Callable[[Person], bool]) -> "Sampled":
        """The same sample with the answers of a group alone: all primary sampling units stay."""
        people = (
            person if belongs(person) else Person(person.stratum, person.psu, None, {})
            for person in self.people
        )
        return Sampled(self.method, tuple(people), self.population)

    def estimation(self, columns: dict[str, list[float]]):
        """The package's estimators over one row a person."""
        frame = pl.DataFrame(
            {
                "stratum": [person.stratum for person in self.people],
                "psu": [person.psu for person in self.people],
                "weight": [1.0] * len(self.people),
                "population": [self.population or 0] * len(self.people),
                **columns,
            }
        )
        design = svy.Design(
            stratum="stratum",
            psu="psu",
            wgt="weight",
            pop_size="population" if self.population else None,
        )
        return svy.Sample(frame, design).estimation

    def mean_interval(self, code: str) -> tuple[float, float]:
        """Ratio of the answers' values to their number: the answering are a domain."""
        return bounds(self._ratio(code))

    def share_interval(self, code: str) -> tuple[float, float]:
        """Logit bounds from the package's standard error and quantile of the whole design."""
        share = float(self.index(code)) / 100
        low, high = bounds(self._ratio(code))
        margin = (high - low) / 200 / (share * (1 - share))
        logit = log(share / (1 - share))
        return expit(logit - margin), expit(logit + margin)

    def packaged_share_interval(self, code: str) -> tuple[float, float]:
        """The package's own logit interval. Its degrees of freedom are of the primary sampling
        units in which somebody answered: ours where that is all of them."""
        values = self.values(code)
        columns = {
            "hit": [float(value == 100) for value in values],
            "m": [float(value is not None) for value in values],
        }
        estimate = self.estimation(columns).prop(y="hit", where=svy.col("m") == 1)
        low, high = bounds(estimate, y_level=1.0)
        return 100 * low, 100 * high

    def _ratio(self, code: str):
        values = self.values(code)
        columns = {
            "y": [float(value or 0) for value in values],
            "m": [float(value is not None) for value in values],
        }
        return self.estimation(columns).ratio(y="y", x="m")

    def node_interval(self, node: str) -> tuple[float, float]:
        """The index with the bounds of the total of its linearised values."""
        low, high = bounds(self.estimation({"u": self.linearised(node)}).total(y="u"))
        index = float(self.node_index(node))
        return index + low, index + high

    def jackknife_variance(self, node: str) -> float:
        """Variance of an index when one primary sampling unit after the other is left out and
        the others of its stratum stand in for it."""
        psus: dict[str, set[str]] = {}
        for person in self.people:
            psus.setdefault(person.stratum, set()).add(person.psu)
        variance = Fraction()
        for stratum, drawn in psus.items():
            size = len(drawn)
            without = [self._without(stratum, psu, size).node_index(node) for psu in drawn]
            mean = sum(without) / size
            variance += Fraction(size - 1, size) * sum((index - mean) ** 2 for index in without)
        return float(variance)

    def _without(self, stratum: str, psu: str, size: int) -> "Sampled":
        """Weights of size/(size − 1) in the stratum, as so many copies of its people."""
        people = [
            person
            for person in self.people
            if person.psu != psu
            for _ in range(size if person.stratum == stratum else size - 1)
        ]
        return Sampled(self.method, tuple(people))


def expit(logit: float) -> float:
    """The percentage of a logit."""
    return 100 / (1 + exp(-logit))


def bounds(estimate, **level: float) -> tuple[float, float]:
    """The package's bounds of one estimate."""
    (row,) = (
        row
        for row in estimate.to_dicts()
        if all(row[name] == value for name, value in level.items())
    )
    return row["lci"], row["uci"]


def people_of(
    warehouse: Warehouse, round_code: str, place: Callable[[dict], tuple[str, str] | None]
) -> tuple[Person, ...]:
    """The people of a round's accepted forms; `place` gives stratum and primary sampling unit
    from form, point, commune (the point's unit) and district, or None for people elsewhere."""
    rows = warehouse.rows(
        """
        select
            points.sampling_point_code,
            points.unit_key,
            units.parent_unit_key,
            concat_ws('/', forms.batch_id, forms.position),
            forms.gender,
            (
                select jsonb_object_agg(answers.item_code, answers.score)
                from raw.survey_answers as answers
                where answers.batch_id = forms.batch_id
                    and answers.position = forms.position
                    and answers.score is not null
            )
        from staging.stg_reference__sampling_points as points
        inner join staging.stg_reference__units as units on points.unit_key = units.unit_key
        left join (
            select forms.* from raw.survey_forms as forms
            inner join audit.batches on forms.batch_id = batches.batch_id
            where batches.status = 'accepted'
        ) as forms
            on points.round_code = forms.round_code
            and points.sampling_point_code = forms.sampling_point_code
        where points.round_code = %s
        order by 1, 4
        """,
        round_code,
    )
    people = []
    for point, commune, district, form, gender, answers in rows:
        places = {"point": point, "commune": commune, "district": district, "form": form}
        if found := place(places):
            people.append(Person(*found, gender, answers or {}))
    return tuple(people)
