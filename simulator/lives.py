"""A record's whole life, and what a system shows of it at a moment.

A life is a list of events in order of time; each carries the fields that it changes. The record
at a moment is the sum of the events up to it, so that it cannot know what comes later.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import exp, sqrt
from random import Random


@dataclass(frozen=True)
class Life:
    """A dossier or a piece of feedback: its code, its agency, and what happens to it, when
    (ascending); `removed_at` is when the source forgets it, if ever."""

    code: str
    agency_code: str
    fields: tuple[str, ...]
    moments: tuple[datetime, ...]
    changes: tuple[dict, ...]
    removed_at: datetime | None = None

    @property
    def filed_at(self) -> datetime:
        """The first event of a life."""
        return self.moments[0]

    def updated_at(self, moment: datetime) -> datetime | None:
        """The last event up to a moment; None if it is not filed yet."""
        count = bisect_right(self.moments, moment)
        return self.moments[count - 1] if count else None

    def is_removed(self, moment: datetime) -> bool:
        """Whether the source has removed it by a moment."""
        return self.removed_at is not None and self.removed_at <= moment

    def record(self, moment: datetime, write_moment: Callable[[datetime], str]) -> dict:
        """What the system tells at a moment, dates written in the system's own way."""
        count = bisect_right(self.moments, moment)
        values = dict.fromkeys(self.fields)
        for change in self.changes[:count]:
            values.update(change)
        values["NgayCapNhat"] = self.moments[count - 1]
        return {name: _written(value, write_moment) for name, value in values.items()}


def _written(value: object, write_moment: Callable[[datetime], str]) -> object:
    if isinstance(value, datetime):
        return write_moment(value)
    if isinstance(value, tuple):
        return [
            {name: _written(part, write_moment) for name, part in entry.items()} for entry in value
        ]
    return value


def poisson(rng: Random, mean: float) -> int:
    """How many of something that happens `mean` times on average."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, sqrt(mean))))
    count, product, limit = 0, rng.random(), exp(-mean)
    while product > limit:
        count += 1
        product *= rng.random()
    return count
