"""Answers of a survey round whose totals are given: exact sums, with people behind them.

Every form has an opinion (of its person, its village and its factor). Scores follow the opinion
as far as the totals allow, so that forms, villages and factors hang together as real ones do.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from random import Random

from simulator import REFERENCE_DIR

METHOD = "ministry-2023"
FITS_FILE = Path(__file__).resolve().parent / "fits" / "hue_2023.csv"
# The fits (documents: Huế 2023, results and sample) belong to so many forms.
FITTED_FORMS = 558
TICK = "x"
MISSING = ("", "Không biết", "Không áp dụng", "Từ chối")
_MISSING_WEIGHTS = (45, 25, 18, 12)
# Plausible shares where no document has a figure: experience, and expectations of three steps.
_YES_SHARES = {
    "P8.1": 0.62,
    "P8.2": 0.84,
    "P8.3": 0.18,
    "P8.4": 0.71,
    "P8.5": 0.33,
    "P8.6": 0.24,
    "P8.7": 0.07,
}
_TOP_SHARES = {"E1": 0.52, "E2": 0.5, "E3": 0.47, "E4": 0.51, "E5": 0.42, "E8": 0.45, "E9": 0.46}
_UNFITTED_VALID_SHARE = 0.99
# How much more opinion the next point of a score takes; larger brings scores closer together.
_STEP = 1.15


@dataclass(frozen=True)
class Question:
    """A question of the form, as `reference/method_indicators.csv` has it."""

    code: str
    parent_code: str
    measure_type: str
    scale_min: int
    scale_max: int
    label_vi: str

    @property
    def heading(self) -> str:
        """Heading of the question's column."""
        return f"{self.code}. {self.label_vi}"


@dataclass(frozen=True)
class Fit:
    """Valid answers, and the sum of scores or the count that belongs to the item."""

    valid: int
    total: int

    def scaled(self, share: float) -> "Fit":
        """The same answers for another number of forms."""
        return Fit(round(self.valid * share), round(self.total * share))


def questions() -> list[Question]:
    """The questions of the method in the order of the form."""
    with (REFERENCE_DIR / "method_indicators.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["method_version"] == METHOD and row["is_asked"] == "true"
        ]
    rows.sort(key=lambda row: int(row["sort_order"]))
    return [
        Question(
            row["indicator_code"],
            row["parent_code"],
            row["measure_type"],
            int(row["scale_min"]),
            int(row["scale_max"]),
            row["label_vi"],
        )
        for row in rows
    ]


def fits(forms: int = FITTED_FORMS) -> dict[str, Fit]:
    """The fitted totals by item, in proportion to the number of forms."""
    with FITS_FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["item_code"]: Fit(int(row["valid_count"]), int(row["score_sum"])).scaled(
                forms / FITTED_FORMS
            )
            for row in csv.DictReader(file)
        }


def scores_of_sum(
    leaning: dict[int, float], total: int, lowest: int, highest: int
) -> dict[int, int]:
    """A score for each form of `leaning` (form to opinion), together exactly `total`.

    Every form begins with the lowest score. Each further point has a price that falls with the
    form's opinion and rises with the score; the cheapest points are bought.
    """
    prices = sorted(
        (score * _STEP - opinion, form)
        for form, opinion in leaning.items()
        for score in range(highest - lowest)
    )
    scores = dict.fromkeys(leaning, lowest)
    for _, form in prices[: total - len(leaning) * lowest]:
        scores[form] += 1
    return scores


class Answers:
    """Draws the answers of all forms, question by question."""

    def __init__(self, points: list[int], rng: Random) -> None:
        """`points` has the number of the sampling point of each form."""
        self._rng = rng
        self._forms = range(len(points))
        self._fits = fits(len(points))
        climate = {point: rng.gauss(0, 0.35) for point in sorted(set(points))}
        self._mood = [climate[point] + rng.gauss(0, 0.6) for point in points]

    def columns(self, asked: list[Question]) -> dict[str, list]:
        """Question code to one cell a form: a score, a tick or a kind of missing answer."""
        columns: dict[str, list] = {}
        opinions: dict[str, list[float]] = {}
        for question in asked:
            if question.code in columns:
                continue
            if question.measure_type == "multiple_choice":
                columns |= self._multiple_choice(
                    [item.code for item in asked if item.parent_code == question.parent_code]
                )
                continue
            if question.parent_code not in opinions:
                opinions[question.parent_code] = [
                    mood + self._rng.gauss(0, 0.45) for mood in self._mood
                ]
            columns[question.code] = self._one_choice(question, opinions[question.parent_code])
        return columns

    def _one_choice(self, question: Question, opinion: list[float]) -> list:
        leaning = [value + self._rng.gauss(0, 0.7) for value in opinion]
        if question.measure_type == "yes_no":
            # Experience is a fact, it does not follow opinion.
            valid = round(len(self._forms) * _UNFITTED_VALID_SHARE)
            yes = round(valid * _YES_SHARES[question.code])
            leaning = [self._rng.random() for _ in self._forms]
            return self._by_counts(leaning, {0: valid - yes, 1: yes})
        if question.measure_type == "single_choice":
            counts = [
                self._fits[f"{question.code}.{answer}"].total
                for answer in range(question.scale_min, question.scale_max + 1)
            ]
            # The rounding of a proportional number of forms goes to the commonest answer.
            counts[0] += self._fits[f"{question.code}.1"].valid - sum(counts)
            return self._by_counts([-value for value in leaning], dict(enumerate(counts, 1)))
        if question.measure_type == "share_top":
            return self._by_counts(leaning, self._expectation_counts(question.code))
        return self._by_sum(leaning, question)

    def _expectation_counts(self, code: str) -> dict[int, int]:
        fit = self._fits.get(code)
        if fit is None:
            valid = round(len(self._forms) * _UNFITTED_VALID_SHARE)
            top = round(valid * _TOP_SHARES[code])
        else:
            valid, top = fit.valid, fit.total
        middle = round((valid - top) * 0.8)
        return {1: valid - top - middle, 2: middle, 3: top}

    def _by_counts(self, leaning: list[float], counts: dict[int, int]) -> list:
        """Each answer to exactly as many forms as counted, the first to those who lean least."""
        chosen = sorted(self._answering(sum(counts.values())), key=lambda form: leaning[form])
        answers = [answer for answer, count in counts.items() for _ in range(count)]
        return self._cells(dict(zip(chosen, answers, strict=True)))

    def _by_sum(self, leaning: list[float], question: Question) -> list:
        """Scores of exactly the fitted number of forms with exactly the fitted sum."""
        fit = self._fits[question.code]
        answering = {form: leaning[form] for form in self._answering(fit.valid)}
        return self._cells(
            scores_of_sum(answering, fit.total, question.scale_min, question.scale_max)
        )

    def _multiple_choice(self, codes: list[str]) -> dict[str, list]:
        """Ticks of a group: exact counts, and exactly the base with at least one."""
        ticks = [self._fits[code].total for code in codes]
        base = min(self._fits[codes[0]].valid, sum(ticks))
        firsts = _in_proportion(ticks, base)
        answering = self._answering(base)
        self._rng.shuffle(answering)
        columns: dict[str, list] = {}
        for code, first in zip(codes, firsts, strict=True):
            ticked, answering = set(answering[:first]), answering[first:]
            columns[code] = [TICK if form in ticked else "" for form in self._forms]
        everyone = [form for form in self._forms if any(columns[code][form] for code in codes)]
        for code, count, first in zip(codes, ticks, firsts, strict=True):
            without = [form for form in everyone if not columns[code][form]]
            for form in self._rng.sample(without, count - first):
                columns[code][form] = TICK
        return columns

    def _answering(self, count: int) -> list[int]:
        return self._rng.sample(self._forms, count)

    def _cells(self, answers: dict[int, int]) -> list:
        kinds = self._rng.choices(MISSING, _MISSING_WEIGHTS, k=len(self._forms))
        return [answers.get(form, kinds[form]) for form in self._forms]


def _in_proportion(counts: list[int], total: int) -> list[int]:
    """Split a total like the counts (largest remainder); no part exceeds its count."""
    exact = [count * total / max(sum(counts), 1) for count in counts]
    parts = [int(value) for value in exact]
    by_remainder = sorted(range(len(counts)), key=lambda i: parts[i] - exact[i])
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts
