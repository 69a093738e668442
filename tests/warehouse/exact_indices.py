"""The indices of drawn surveys in exact fractions, by DOMAIN's formulas and not by SQL."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache

from drawn_surveys import (
    GENDERS,
    MISSING,
    MODES,
    TICK,
    Form,
    Survey,
    questions,
    reference_rows,
)

PROVINCE = "gso:46@1900-01-01"
Indices = dict[str, Fraction | None]


def district_of(commune: str) -> str:
    """The key of a commune's district: X12 lies in H1."""
    return f"thu:H{commune[5]}@2020-01-01"


def groups(survey: Survey) -> Iterator[tuple[tuple[str, str, str], list[Form]]]:
    """Unit, breakdown and its value, and the forms of it; communes have no breakdowns."""
    commune_of = dict(survey.points)
    units: dict[str, list[Form]] = {}
    for form in survey.forms:
        commune = commune_of[form.point]
        for unit in (PROVINCE, district_of(commune), commune):
            units.setdefault(unit, []).append(form)
    for unit, forms in units.items():
        yield (unit, "all", "all"), forms
        if unit.startswith("thu:X"):
            continue
        for breakdown, value_of in BREAKDOWNS.items():
            values = {value_of(form) for form in forms}
            # What nobody of the unit was asked is no breakdown of it.
            for value in values if values != {"unknown"} else ():
                yield (
                    (unit, breakdown, value),
                    [form for form in forms if value_of(form) == value],
                )


BREAKDOWNS = {
    "gender": lambda form: GENDERS[form.gender],
    "collection_mode": lambda form: MODES[form.mode],
    "respondent_type": lambda form: "individual",
}


@cache
def components(method: str) -> dict[str, list[tuple[str, int, int]]]:
    """Node to its components: code, weight, total of weights."""
    found: dict[str, list[tuple[str, int, int]]] = {}
    for row in reference_rows("method_rollups"):
        if row["method_version"] == method:
            found.setdefault(row["indicator_code"], []).append(
                (row["component_code"], int(row["component_weight"]), int(row["weight_total"]))
            )
    return found


def scores(method: str, forms: list[Form]) -> dict[str, list[tuple[int, Fraction]]]:
    """The valid answers to each question, each with its form's weight."""
    valid: dict[str, list[tuple[int, Fraction]]] = {
        question.code: [] for question in questions(method)
    }
    for form in forms:
        weight = Fraction(form.weight.replace(",", "."))
        ticked = {
            question.parent_code
            for question in questions(method)
            if form.answers[question.code] == TICK
        }
        for question in questions(method):
            answer = form.answers[question.code]
            if question.measure_type == "multiple_choice":
                # Nobody chose «not this one» who chose nothing at all.
                if question.parent_code in ticked:
                    valid[question.code].append((int(answer == TICK), weight))
            elif answer not in MISSING:
                valid[question.code].append((answer, weight))
    return valid


def item_indices(
    method: str, valid: dict[str, list[tuple[int, Fraction]]], is_weighted: bool
) -> Indices:
    """Means, shares and counts of what is asked; None where nobody answered or there is none."""
    indices: Indices = {}
    for row in reference_rows("method_indicators"):
        code, measure = row["indicator_code"], row["measure_type"]
        question = row["parent_code"] if measure == "share_single" else code
        if row["method_version"] == method and question in valid:
            values = [
                (value_of(row, answer), weight if is_weighted else 1)
                for answer, weight in valid[question]
            ]
            if values and None not in next(zip(*values, strict=True)):
                total = sum(weight for _, weight in values)
                indices[code] = sum(value * weight for value, weight in values) / Fraction(total)
            else:
                indices[code] = None
    return indices


def value_of(row: dict[str, str], answer: int) -> Fraction | None:
    """What one answer brings to an indicator, of 100; of a count, the number itself."""
    code, measure = row["indicator_code"], row["measure_type"]
    if measure.startswith("mean"):
        return Fraction(100 * answer, int(row["scale_max"]))
    if measure == "count":
        return Fraction(answer)
    lowest_counted = {
        "share_single": code.rpartition(".")[2],
        "share_top": row["scale_max"],
        "share_top2": int(row["scale_max"] or 1) - 1,
        "multiple_choice": 1,
        "yes_no": 1,
    }
    if measure not in lowest_counted:
        return None
    lowest = int(lowest_counted[measure])
    is_counted = answer == lowest if measure == "share_single" else answer >= lowest
    return Fraction(100 * is_counted)


def all_indices(method: str, forms: list[Form], is_weighted: bool = False) -> Indices:
    """The indices of items and of all nodes above them."""
    (rule,) = {
        row["missing_child_rule"]
        for row in reference_rows("methods")
        if row["method_version"] == method
    }
    indices = item_indices(method, scores(method, forms), is_weighted)

    def value(code: str) -> Fraction | None:
        if code not in indices:
            indices[code] = rolled_up(code)
        return indices[code]

    def rolled_up(code: str) -> Fraction | None:
        children = [(value(child), weight) for child, weight, _ in components(method)[code]]
        (total,) = {total for _, _, total in components(method)[code]}
        present = [(index, weight) for index, weight in children if index is not None]
        if rule == "renormalise":
            total = sum(weight for _, weight in present)
        elif rule == "null" and len(present) < len(children):
            return None
        return sum(index * weight for index, weight in present) / total if present else None

    for node in components(method):
        value(node)
    return indices
