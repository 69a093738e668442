"""Combinations of faults drawn from a seed: which, when, how often."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pydantic import TypeAdapter

from bench.faults.nights import SYSTEMS
from simulator.faults import AnyFault

NIGHTS = 3
ASKED = ("dossiers", "removed", "counts", "token", "any")
Drawn = dict[str, object]
FAULT: TypeAdapter = TypeAdapter(AnyFault)


@dataclass(frozen=True)
class Trouble:
    """A fault and the night before which it begins."""

    night: int
    settings: Drawn

    def fault(self) -> AnyFault:
        """A fresh fault: one that was used remembers what it hit."""
        return FAULT.validate_python(self.settings)

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        return f"night {self.night}: {told}"


def _hits(rng: Random) -> Drawn:
    """Some requests, perhaps more than the connector's tries."""
    return {"skip": rng.randrange(5), "times": rng.randint(1, 6), "part": rng.choice(ASKED)}


def _pages(rng: Random) -> Drawn:
    return {"skip": rng.randrange(3), "times": rng.randint(1, 4)}


def _records(rng: Random) -> Drawn:
    """Few records, so that the delivery is taken, or all of them."""
    return {"share": rng.choice((0.04, 0.3, 1)), "days": rng.choice((0.5, 1.5))}


KINDS: dict[str, Callable[[Random], Drawn]] = {
    "too_many_requests": lambda rng: _hits(rng) | {"as_date": rng.random() < 0.5},
    "server_error": lambda rng: _hits(rng) | {"status": rng.choice((500, 502, 503))},
    "slow_page": lambda rng: {"skip": rng.randrange(4), "times": rng.randint(1, 2), "seconds": 0.3},
    "dropped_connection": _hits,
    "truncated_json": _hits,
    "malformed_json": _hits,
    "expired_token": lambda rng: {"skip": rng.randrange(5), "times": rng.randint(1, 3)},
    "source_down": lambda rng: {"days": 1.5},
    "repeated_page": lambda rng: _pages(rng) | {"pretends": rng.random() < 0.5},
    "overlapping_pages": _pages,
    "reordered_records": lambda rng: {"times": rng.randint(1, 8)},
    "reordered_pages": lambda rng: {"days": rng.choice((0.5, 1.5))},
    "moving_pages": lambda rng: _pages(rng) | {"minutes": rng.randint(5, 90)},
    "clock_skew": lambda rng: {"hours": rng.randint(-6, 6), "times": rng.randint(1, 20)},
    "late_update": lambda rng: {"hours": rng.randint(1, 10), "days": rng.choice((0.5, 1.5, 2.5))},
    "removed_dossiers": lambda rng: {"share": rng.choice((0.03, 0.15))},
    "renamed_field": lambda rng: (
        _records(rng)
        | {
            "field": rng.choice(
                ("MaTTHC", "TrangThaiHoSo", "NgayNopHoSo", "NgayCapNhat", "NgayHenTra", "NguoiXuLy")
            )
        }
    ),
    "new_field": lambda rng: {"days": 1.5},
    "retyped_field": lambda rng: (
        _records(rng) | {"field": rng.choice(("ThoiHanGiaiQuyet", "TenTTHC", "NgayTiepNhan"))}
    ),
    "changed_codes": lambda rng: (
        _records(rng) | {"field": rng.choice(("TrangThaiHoSo", "KenhThucHien", "HinhThuc"))}
    ),
}


def draw(seed: int) -> list[Trouble]:
    """Two to five faults of different kinds, each before one of the nights."""
    rng = Random(f"faults/{seed}")
    troubles = []
    for kind in rng.sample(sorted(KINDS), rng.randint(2, 5)):
        settings = {"kind": kind, "seed": rng.randrange(1000), **KINDS[kind](rng)}
        if rng.random() < 0.7:
            settings["system"] = rng.choice(SYSTEMS)
        troubles.append(Trouble(rng.randrange(NIGHTS), settings))
    return sorted(troubles, key=lambda trouble: trouble.night)
