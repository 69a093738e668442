"""Words that are chosen by figures: no sentence of a report says what its numbers do not.

Every comparison is of Decimals as they are printed, the very values that the tables show.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TypeVar

from sipas.vietnamese import decimal_comma

Thing = TypeVar("Thing")
NBSP = "\u00a0"


def direction(change: Decimal | int) -> str:
    """tăng, giảm or không đổi, by the sign of a change."""
    if change > 0:
        return "tăng"
    return "giảm" if change < 0 else "không đổi"


def moved(change: Decimal | int, unit: str, digits: int = 2) -> str:
    """A change in words: `tăng 1,36 điểm`, `giảm 2 bậc`, `không đổi`."""
    if change == 0:
        return direction(change)
    amount = decimal_comma(abs(change), digits if isinstance(change, Decimal) else 0)
    return f"{direction(change)} {amount}{NBSP}{unit}"


def against(value: Decimal, other: Decimal) -> str:
    """cao hơn, thấp hơn or bằng, of a value against another one."""
    if value > other:
        return "cao hơn"
    return "thấp hơn" if value < other else "bằng"


def lowest(things: Iterable[Thing], key: Callable[[Thing], Decimal]) -> list[Thing]:
    """All things with the lowest value, in their order; ties are told together."""
    listed = list(things)
    return [thing for thing in listed if key(thing) == min(map(key, listed))]


def highest(things: Iterable[Thing], key: Callable[[Thing], Decimal]) -> list[Thing]:
    """All things with the highest value, in their order; ties are told together."""
    listed = list(things)
    return [thing for thing in listed if key(thing) == max(map(key, listed))]


def listed(names: Sequence[str]) -> str:
    """Names one after the other: `a`, `a và b`, `a; b và c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{'; '.join(names[:-1])} và {names[-1]}"


def spread(values: Sequence[Decimal]) -> str:
    """Where values lie: `nằm trong khoảng 79,64–83,72`, or `cùng là 80,00`."""
    low, high = decimal_comma(min(values)), decimal_comma(max(values))
    return f"cùng là {low}" if low == high else f"nằm trong khoảng {low}–{high}"


def sentence(*parts: str) -> str:
    """Parts joined to one sentence with a capital and a full stop; empty ones are left out."""
    text = ", ".join(part for part in parts if part)
    return text[:1].upper() + text[1:] + "."
