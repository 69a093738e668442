"""What a round asks: questions, the words of its scales, skip logic, sampling points.

All of it is reference rows; sipas/loading/survey_instrument.py reads them.
"""

from dataclasses import dataclass, field

# What a column of type smallint holds.
LARGEST_SCORE = 32767


@dataclass(frozen=True)
class Question:
    """One question of the round's method, or of the agency itself: what may stand in its column."""

    item_code: str
    group_code: str | None
    measure_type: str
    scale_min: int | None
    scale_max: int | None
    scale_code: str | None = None
    label_vi: str = ""

    @property
    def lowest(self) -> int:
        """The smallest score; a count begins at nothing."""
        return 0 if self.scale_min is None else self.scale_min

    @property
    def highest(self) -> int:
        """The largest score; a count without a maximum ends where the column does."""
        return LARGEST_SCORE if self.scale_max is None else self.scale_max


@dataclass(frozen=True)
class SkipRule:
    """`item_code` is asked only of forms that answered `depends_on_code` with one of `scores`."""

    item_code: str
    depends_on_code: str
    scores: frozenset[int]


@dataclass(frozen=True)
class Instrument:
    """What one round asks; `group_codes` are the method's indicators that are no questions,
    `scales` has the words of each scale code, `points` the sampling points that are known (empty:
    the round has no list of them)."""

    round_code: str
    questions: dict[str, Question]
    group_codes: frozenset[str] = frozenset()
    scales: dict[str, dict[str, int]] = field(default_factory=dict)
    skip_rules: tuple[SkipRule, ...] = ()
    points: frozenset[str] = frozenset()
    mapping: str | None = None
    round_kind: str = "official"
