"""Charts as pictures: dots with intervals, and the years with breaks where the method changed.

One blue of Okabe and Ito and grey: nothing is told by colour alone. DejaVu Sans comes with
matplotlib and has all Vietnamese letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from itertools import pairwise
from textwrap import fill

from sipas.release.report.model import SIMULATED_MARK
from sipas.vietnamese import decimal_comma

BLUE, GREY = "#0072B2", "#767676"
WIDTH = 7.2
LABEL_LETTERS = 44


@dataclass(frozen=True)
class Dot:
    """One value with its interval."""

    label: str
    value: Decimal
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True)
class Year:
    """One year of a series; values of another `method` are not joined by a line."""

    year: int
    value: Decimal
    method: str
    source: str


def mark_of(is_simulated: bool) -> str:
    """What stands in the picture itself, which may be copied out of its page."""
    return SIMULATED_MARK if is_simulated else ""


def dots(values: Sequence[Dot], axis: str, mark: str = "") -> bytes:
    """Values from above to below, each with its interval and its number, as PNG."""
    from matplotlib.figure import Figure

    labels = [fill(dot.label, LABEL_LETTERS) for dot in values]
    row = max(0.36, 0.19 * max(label.count("\n") + 1 for label in labels))
    figure = Figure(figsize=(WIDTH, 0.9 + row * len(values)), layout="constrained")
    axes = figure.subplots()
    places = range(len(values), 0, -1)
    for place, dot in zip(places, values, strict=True):
        if dot.low is not None and dot.high is not None:
            axes.plot([dot.low, dot.high], [place, place], color=BLUE, linewidth=2, alpha=0.45)
        axes.plot(float(dot.value), place, "o", color=BLUE, markersize=7)
        axes.annotate(
            decimal_comma(dot.value),
            (float(dot.value), place),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
    axes.set_yticks(list(places), labels, fontsize=8)
    axes.set_ylim(0.4, len(values) + 0.8)
    return finished(figure, axes, axis, mark)


def years(series: Sequence[Year], axis: str, mark: str = "") -> bytes:
    """A series over years, as PNG: a line within a method, a dashed break between methods."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
    axes = figure.subplots()
    for before, after in pairwise(series):
        pair = [before.year, after.year], [float(before.value), float(after.value)]
        if before.method == after.method:
            axes.plot(*pair, color=BLUE, linewidth=2)
        else:
            middle = (before.year + after.year) / 2
            axes.axvline(middle, color=GREY, linestyle="--", linewidth=1)
            axes.annotate(
                "đổi phương pháp:\nkhông nối, không so sánh",
                (middle, 0.04),
                xycoords=("data", "axes fraction"),
                ha="center",
                fontsize=7.5,
                color=GREY,
                backgroundcolor="white",
            )
    for one in series:
        axes.plot(one.year, float(one.value), "o", color=BLUE, markersize=8)
        axes.annotate(
            f"{decimal_comma(one.value)}\n{one.source}",
            (one.year, float(one.value)),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
    axes.set_xticks([one.year for one in series], [str(one.year) for one in series])
    axes.set_xlim(series[0].year - 0.6, series[-1].year + 0.6)
    values = [float(one.value) for one in series]
    axes.set_ylim(min(values) - 3, max(values) + 3)
    return finished(figure, axes, "", mark, axis)


def finished(figure, axes, across: str, mark: str, upwards: str = "") -> bytes:
    """The picture with its axes named, a decimal comma on the values, the mark, and no clock."""
    values, lines = (axes.yaxis, "y") if upwards else (axes.xaxis, "x")
    values.set_major_formatter(lambda value, _: decimal_comma(round(value, 6), 1))
    axes.set_xlabel(across, fontsize=8.5)
    axes.set_ylabel(upwards, fontsize=8.5)
    axes.tick_params(axis="both", labelsize=8)
    axes.grid(axis=lines, color="#DDDDDD", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    if mark:
        figure.supxlabel(mark, fontsize=7.5, color=GREY)
    content = BytesIO()
    figure.savefig(content, format="png", dpi=140, metadata={"Software": None})
    return content.getvalue()
