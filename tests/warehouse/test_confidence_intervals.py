"""Confidence intervals equal those of an independent package (svy) on the same design.

The package gets the people and the design; formula, quantile and logit are its own. Nodes are the
total of the linearised values (DOMAIN: one formula for all levels), and the overall index is
checked by a jackknife that knows no formula.
"""

import pytest
from drawn_surveys import MOODS, reference_rows
from drawn_world import (
    AGENCY,
    AGENCY_ROUND,
    PANEL_ROUND,
    TRANSACTIONS,
    Drawn,
    figures,
    round_code,
)
from exact_indices import PROVINCE, components
from sampled_people import Sampled, people_of

from simulator.answers import METHOD
from simulator.reference import ROUND_CODE
from sipas.local.instance import PROJECT
from sipas.vietnamese import decimal_comma

TOLERANCE = 1e-6
# The first drawn survey went to one commune of each district: it has no interval.
DRAWN = range(1, len(MOODS))
SHARES = ("share_single", "share_top", "share_top2", "multiple_choice", "yes_no")
FEW_PSUS = "Quá ít đơn vị chọn mẫu cấp một"
ONE_PSU = "Có tầng chỉ một đơn vị chọn mẫu cấp một"
PANEL = "Người trả lời tự chọn tham gia: không suy ra được cho cả đơn vị"
STATED = "Chỉ có số liệu công bố"


def is_female(person) -> bool:
    return person.gender == "female"


@pytest.fixture(scope="module")
def demo_samples(built) -> dict[tuple, Sampled]:
    """The demo's province and districts, whole and their women: communes within districts."""
    people = people_of(built, ROUND_CODE, lambda at: (at["district"], at["commune"]))
    wholes = {(PROVINCE, "all", "all"): Sampled(METHOD, people)} | {
        (district, "all", "all"): Sampled(
            METHOD, tuple(person for person in people if person.stratum == district)
        )
        for district in {person.stratum for person in people}
    }
    women = wholes[PROVINCE, "all", "all"].of(is_female)
    return wholes | {(PROVINCE, "gender", "female"): women}


@pytest.fixture(scope="module")
def samples(built, demo_samples, drawn_warehouse: Drawn) -> dict[str, tuple[dict, dict]]:
    """Our figures of a round, and its samples by unit and group."""
    drawn = drawn_warehouse.warehouse
    forms = people_of(drawn, AGENCY_ROUND, lambda at: (at["commune"], at["form"]))
    agency = Sampled(drawn_warehouse.agency.method, forms, TRANSACTIONS)
    found = {
        "demo": (figures(built, ROUND_CODE), demo_samples),
        "agency": (
            figures(drawn, AGENCY_ROUND),
            {
                (AGENCY, "all", "all"): agency,
                (AGENCY, "gender", "female"): agency.of(is_female),
            },
        ),
    }
    for number in DRAWN:
        code = round_code(number, "drawn")
        people = people_of(drawn, code, lambda at: (at["district"], at["commune"]))
        province = Sampled(drawn_warehouse.surveys[number].method, people)
        found[code] = (
            figures(drawn, code),
            {
                (PROVINCE, "all", "all"): province,
                (PROVINCE, "gender", "female"): province.of(is_female),
            },
        )
    return found


SAMPLES = ("demo", "agency", *(round_code(number, "drawn") for number in DRAWN))
every_sample = pytest.mark.parametrize("name", SAMPLES)


def ours(samples, name: str, wanted) -> list[tuple[tuple, Sampled, dict]]:
    """Group, sample and our row of every figure of a kind that has an interval."""
    rows, groups = samples[name]
    found = [
        (key, groups[key[:3]], row)
        for key, row in rows.items()
        if key[:3] in groups and row["ci_low"] is not None and wanted(key[3], row)
    ]
    assert {key[:3] for key, _, _ in found} == set(groups), "every group has intervals"
    return found


def wrong(found, interval) -> dict:
    """Where our bounds and the package's differ."""
    differing = {}
    for key, sampled, row in found:
        low, high = interval(sampled, key[3])
        if row["measure_type"].startswith("mean"):
            low, high = max(low, 100 / row["scale_max"]), min(high, 100)
        if row["measure_type"] == "count":
            low = max(low, 0)
        if abs(float(row["ci_low"]) - low) > TOLERANCE or (
            abs(float(row["ci_high"]) - high) > TOLERANCE
        ):
            differing[key] = (row["ci_low"], low, row["ci_high"], high)
    return differing


@every_sample
def test_intervals_of_means_are_those_of_a_ratio(samples, name):
    means = ours(
        samples,
        name,
        lambda _, row: row["measure_type"] not in SHARES and row["indicator_level"] == "item",
    )
    assert wrong(means, Sampled.mean_interval) == {}


@every_sample
def test_intervals_of_shares_are_logit_intervals(samples, name):
    shares = ours(
        samples,
        name,
        lambda _, row: row["measure_type"] in SHARES and 0 < row["index_value"] < 100,
    )
    assert wrong(shares, Sampled.share_interval) == {}


def test_where_every_psu_answered_shares_have_the_packages_own_logit_interval(samples):
    shares = ours(
        samples,
        "demo",
        lambda _, row: row["measure_type"] in SHARES and 0 < row["index_value"] < 100,
    )
    assert wrong(shares, Sampled.packaged_share_interval) == {}


@every_sample
def test_intervals_of_nodes_are_those_of_the_linearised_total(samples, name):
    method = next(iter(samples[name][1].values())).method
    nodes = ours(samples, name, lambda code, _: code in components(method))
    assert wrong(nodes, Sampled.node_interval) == {}


def test_a_jackknife_finds_the_same_spread_of_the_overall_index(samples):
    rows, groups = samples["demo"]
    row = rows[PROVINCE, "all", "all", "SIPAS"]
    variance = groups[PROVINCE, "all", "all"].jackknife_variance("SIPAS")
    half_width = float(row["ci_high"] - row["ci_low"]) / 2
    standard_error = half_width / t_975(degrees_of_freedom=6)
    assert standard_error == pytest.approx(variance**0.5, rel=0.15)
    assert standard_error > 0


@pytest.mark.parametrize(("mood", "share"), [("lowest", 0), ("highest", 100)])
def test_where_all_or_nobody_said_it_the_interval_is_wilsons(samples, mood, share):
    name = round_code(MOODS.index(mood), "drawn")
    extremes = ours(
        samples, name, lambda _, row: row["measure_type"] in SHARES and row["index_value"] == share
    )
    for key, sampled, row in extremes:
        psus = {(person.stratum, person.psu) for person in sampled.people}
        t = t_975(len(psus) - len({stratum for stratum, _ in psus}))
        low, high = wilson(share / 100, row["valid_count"], t)
        assert float(row["ci_low"]) == pytest.approx(100 * low, abs=TOLERANCE), key
        assert float(row["ci_high"]) == pytest.approx(100 * high, abs=TOLERANCE), key


def wilson(share: float, n: int, t: float) -> tuple[float, float]:
    """The bounds of Wilson's interval."""
    middle = (share + t * t / (2 * n)) / (1 + t * t / n)
    half = t / (1 + t * t / n) * (share * (1 - share) / n + t * t / (4 * n * n)) ** 0.5
    return middle - half, middle + half


def t_975(degrees_of_freedom: int) -> float:
    """The quantile as reference/t_quantiles.csv has it."""
    (row,) = (
        row
        for row in reference_rows("t_quantiles")
        if row["degrees_of_freedom"] == str(degrees_of_freedom)
    )
    return float(row["t_975"])


def reasons(rows: dict, wanted) -> set:
    """The reasons of figures with a value, which then have no bounds."""
    found = [row for key, row in rows.items() if wanted(key, row)]
    assert found
    return {(row["ci_reason"], row["ci_low"], row["ci_high"]) for row in found}


def test_a_commune_with_two_points_has_no_interval(samples):
    rows, _ = samples["demo"]
    communes = reasons(
        rows, lambda _, row: row["unit_level"] == "commune" and row["index_value"] is not None
    )
    assert communes == {(FEW_PSUS, None, None)}


def test_a_unit_with_one_psu_has_no_interval(drawn_warehouse):
    survey = drawn_warehouse.surveys[0]
    points = [unit for _, unit in survey.points]
    alone = {unit for unit in points if points.count(unit) == 1}
    rows = figures(drawn_warehouse.warehouse, round_code(0, "drawn"))
    assert reasons(rows, lambda key, row: key[0] in alone and row["index_value"] is not None) == {
        (ONE_PSU, None, None)
    }


def test_a_panel_has_no_interval(drawn_warehouse):
    rows = figures(drawn_warehouse.warehouse, PANEL_ROUND)
    assert reasons(rows, lambda _, row: True) == {(PANEL, None, None)}


def test_stated_figures_have_no_interval(built):
    rows = figures(built, "hue-2023")
    assert reasons(rows, lambda _, row: True) == {(STATED, None, None)}


def test_the_interval_that_officials_read_about_is_the_demos(built):
    row = figures(built, ROUND_CODE)[PROVINCE, "all", "all", "SIPAS"]
    index, low, high = (decimal_comma(row[name]) for name in ("index_rounded", "ci_low", "ci_high"))
    page = " ".join((PROJECT / "docs" / "cach-doc-so-lieu.md").read_text(encoding="utf8").split())
    assert f"{index}, từ {low} đến {high}." in page
