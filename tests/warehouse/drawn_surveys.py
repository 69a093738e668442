"""Surveys drawn at random: questions of the product's methods, people and what they answered."""

import csv
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from handover import REFERENCE
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

TICK, BLANK = "x", ""
# As contractors write them; the mapping of the drawn rounds knows these words.
MISSING = (BLANK, "Không biết", "Không áp dụng", "Từ chối")
GENDERS = {"Nam": "male", "Nữ": "female", BLANK: "unknown"}
MODES = {"Phiếu giấy": "paper", "Điện thoại": "phone"}
# The product's methods that compute: plain means, means of means, a missing child that the others
# stand in for (with skip logic).
METHODS = ("ministry-2023", "ministry-2022", "soc-trang-2022")
# As contractors write them, with a decimal comma.
WEIGHTS = ("1", "0,5", "2,25", "3,125")
# In two surveys everyone agrees, so that indices lie on their bounds.
MOODS = ("any", "any", "any", "lowest", "any", "highest")
# Three districts of three communes of two points; a survey goes to the first so many points.
POINTS = tuple(
    (f"D{place}{commune}{point}", f"thu:X{place}{commune}@2020-01-01")
    for point in "12"
    for commune in "123"
    for place in "123"
)


@dataclass(frozen=True)
class Question:
    """An asked question; `asked_when` are the scores of `depends_on` after which it is asked."""

    code: str
    parent_code: str
    measure_type: str
    lowest: int
    highest: int
    depends_on: str | None
    asked_when: frozenset[int]


@dataclass(frozen=True)
class Form:
    """One person: cells as the contractor writes them, answers by question."""

    code: str
    point: str
    gender: str
    mode: str
    weight: str
    answers: dict[str, int | str]


@dataclass(frozen=True)
class Survey:
    """The forms of one drawn survey, and one question that some of them leave out elsewhere."""

    method: str
    forms: tuple[Form, ...]
    points: tuple[tuple[str, str], ...]
    left_out: str
    leaving_out: frozenset[str]


@cache
def reference_rows(table: str) -> tuple[dict[str, str], ...]:
    """The rows of a table in all folders of the product's reference."""
    rows = []
    for path in sorted(REFERENCE.rglob(f"{table}.csv")):
        with path.open(encoding="utf8", newline="") as file:
            rows += csv.DictReader(file)
    return tuple(rows)


@cache
def questions(method: str) -> tuple[Question, ...]:
    """The asked questions of a method."""
    skips = {
        row["item_code"]: row
        for row in reference_rows("method_skip_rules")
        if row["method_version"] == method
    }
    asked = [
        row
        for row in reference_rows("method_indicators")
        if row["method_version"] == method and row["is_asked"] == "true"
    ]
    return tuple(
        Question(
            row["indicator_code"],
            row["parent_code"],
            row["measure_type"],
            int(row["scale_min"]),
            int(row["scale_max"]),
            skips.get(row["indicator_code"], {}).get("depends_on_code"),
            frozenset(
                map(int, skips.get(row["indicator_code"], {}).get("asked_when_scores", "").split())
            ),
        )
        for row in asked
    )


def drawn_surveys() -> list[Survey]:
    """One survey for each of MOODS, the same at every run: hypothesis draws with a fixed seed."""
    drawn: list[Survey] = []

    @settings(max_examples=len(MOODS), phases=[Phase.generate], derandomize=True, database=None)
    @given(
        form_count=st.integers(12, 40),
        point_count=st.integers(3, len(POINTS)),
        missing_percent=st.sampled_from((0, 5, 40)),
        seed=st.integers(0, 10**9),
    )
    def collect(form_count, point_count, missing_percent, seed):
        number = len(drawn)
        drawn.append(
            draw_survey(
                METHODS[number % len(METHODS)],
                MOODS[number],
                Random(seed),
                form_count,
                point_count,
                missing_percent / 100,
            )
        )

    collect()
    assert len(drawn) == len(MOODS)
    return drawn


def draw_survey(
    method: str, mood: str, rng: Random, form_count: int, point_count: int, missing_share: float
) -> Survey:
    """A survey of one method; `mood` is any, or the score on which everyone agrees."""
    points = POINTS[:point_count]
    forms = tuple(
        Form(
            f"P-{number:03d}",
            rng.choice(points)[0],
            rng.choice(tuple(GENDERS)),
            rng.choice(tuple(MODES)),
            rng.choice(WEIGHTS),
            draw_answers(method, mood, rng, missing_share),
        )
        for number in range(form_count)
    )
    rolled_up = [
        question.code
        for question in questions(method)
        if question.measure_type == "mean5" and question.depends_on is None
    ]
    chosen = rng.sample([form.code for form in forms], form_count // 2)
    return Survey(method, forms, points, rng.choice(rolled_up), frozenset(chosen))


def draw_answers(method: str, mood: str, rng: Random, missing_share: float) -> dict[str, int | str]:
    """The answers of one person, who keeps to the skip logic."""
    answers: dict[str, int | str] = {}
    for question in questions(method):
        if question.measure_type == "multiple_choice":
            answers[question.code] = rng.choice((TICK, BLANK))
        elif rng.random() < missing_share:
            answers[question.code] = rng.choice(MISSING)
        elif mood == "any":
            answers[question.code] = rng.randint(question.lowest, min(question.highest, 9))
        else:
            answers[question.code] = getattr(question, mood)
    for question in questions(method):
        if question.depends_on and answers[question.depends_on] not in question.asked_when:
            answers[question.code] = BLANK
    return answers


def reordered(survey: Survey) -> Survey:
    """The same forms in another order."""
    forms = list(survey.forms)
    Random(len(forms)).shuffle(forms)
    return replace(survey, forms=tuple(forms))


def with_blanks(survey: Survey) -> Survey:
    """The same forms, some of them without an answer to one question."""
    forms = tuple(
        replace(form, answers=form.answers | {survey.left_out: BLANK})
        if form.code in survey.leaving_out
        else form
        for form in survey.forms
    )
    return replace(survey, forms=forms)


def doubled(survey: Survey) -> Survey:
    """Every form twice."""
    twins = tuple(replace(form, code=f"{form.code}-2") for form in survey.forms)
    return replace(survey, forms=survey.forms + twins)


SHAPES = {
    "drawn": lambda survey: survey,
    "reordered": reordered,
    "blanks": with_blanks,
    "doubled": doubled,
}
