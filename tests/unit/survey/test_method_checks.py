"""An inconsistent method is found, with the row that is wrong; a consistent one passes."""

import csv

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from methods import METHOD, component, find, indicator, placed, survey_round, whole, words

from sipas.contracts.reference_tables import TABLES
from sipas.local.instance import PROJECT
from sipas.survey.method_checks import find_problems
from sipas.survey.reference_rows import KEYS, Row


def change(table, wanted, **values):
    """A damage that changes one row; the row is the wrong one."""

    def damage(tables):
        row = find(tables, table, **wanted)
        row |= values
        return row

    return damage


def add(table, row):
    """A damage that adds a wrong row."""

    def damage(tables):
        tables[table].append(row)
        return row

    return damage


def drop(table, wanted, blamed_table, **blamed):
    """A damage that takes one row away, which makes another one wrong."""

    def damage(tables):
        tables[table].remove(find(tables, table, **wanted))
        return find(tables, blamed_table, **blamed)

    return damage


def of(code, version="m"):
    return {"method_version": version, "indicator_code": code}


def rollup(node, code):
    return {"method_version": "m", "indicator_code": node, "component_code": code}


IND, ROLL, SKIP = "method_indicators", "method_rollups", "method_skip_rules"
SKIP_ROW = {"item_code": "C.1"}
VARIANT = {"round_code": "r-2"}
DAMAGES = {
    "an item in two factors": (add(ROLL, component("2", "1.1", 1, 2)), "nằm trong 2 yếu tố"),
    "an item on another branch": (change(IND, of("1.1"), parent_code="2"), "1.1"),
    "a mean without its best answer": (change(IND, of("1.1"), scale_max=None), "điểm cao nhất"),
    "a question without lowest answer": (change(IND, of("Q"), scale_min=None), "điểm thấp nhất"),
    "a computed mean without maximum": (change(IND, of("S"), scale_max=None), "điểm cao nhất"),
    "a scale upside down": (change(IND, of("Q"), scale_min=3), "scale_min 3"),
    "mean5 on a scale to 4": (change(IND, of("2.1"), scale_max=4), "mean5 cần scale_max 5"),
    "a circle of components": (add(ROLL, component("1", "S", 1, 2)), "vòng lặp"),
    "a circle of parents": (change(IND, of("S"), parent_code="1"), "vòng lặp"),
    "a component on the same level": (
        change(IND, of("1.1"), indicator_level="factor"),
        "không ở cấp thấp hơn",
    ),
    "two overall indices": (change(IND, of("2"), indicator_level="overall"), "nhiều chỉ số chung"),
    "coefficients below 1": (change(ROLL, rollup("2", "2.1"), weight_total=2), "1/2, không bằng 1"),
    "coefficients above 1": (
        change(ROLL, rollup("1", "1.2"), component_weight=2),
        "3/2, không bằng 1",
    ),
    "two totals in a node": (
        change(ROLL, rollup("S", "2"), weight_total=4),
        "weight_total khác nhau",
    ),
    "an unknown component": (change(ROLL, rollup("2", "2.1"), component_code="2.9"), "2.9"),
    "an unknown node": (add(ROLL, component("9", "1.1", 1, 1)), "9 không có"),
    "an unknown parent": (change(IND, of("C.1"), parent_code="D"), "chỉ số mẹ D"),
    "a node that is asked": (add(ROLL, component("1.1", "1.2", 1, 1)), "câu được hỏi"),
    "an item counted twice": (add(ROLL, component("S", "1.1", 1, 3)), "hai lần"),
    "an item in no roll-up": (add(IND, indicator("2.2", "2", "item")), "câu 2.2 nằm dưới"),
    "an item without parent": (change(IND, of("C.1"), parent_code=None), "không có parent_code"),
    "a node without components": (
        drop(ROLL, rollup("2", "2.1"), IND, **of("2")),
        "2 không có thành phần",
    ),
    "a method without indicators": (
        add("methods", METHOD | {"method_version": "empty"}),
        "không có chỉ số nào",
    ),
    "a method without overall index": (
        change(IND, of("S", "stated"), indicator_level="part"),
        "không có chỉ số chung",
    ),
    "a skip rule on an unknown question": (
        change(SKIP, SKIP_ROW, depends_on_code="Z"),
        "Z không phải câu được hỏi",
    ),
    "a skip rule of a computed node": (change(SKIP, SKIP_ROW, item_code="1"), "1 không phải câu"),
    "a skip rule on an impossible answer": (
        change(SKIP, SKIP_ROW, asked_when_scores="3 4"),
        "không có điểm 4",
    ),
    "a question that waits for itself": (
        change(SKIP, SKIP_ROW, depends_on_code="C.1"),
        "chờ lẫn nhau",
    ),
    "a scale with a word missing": (
        drop("method_scales", {"score": 3}, IND, **of("1.1")),
        "không có lời cho điểm 3",
    ),
    "a scale with a word too many": (add("method_scales", words("words", 6, 6)[0]), "ngoài 1–5"),
    "a scale nobody wrote": (change(IND, of("1.1"), scale_code="other"), "thang «other»"),
    "a share without its question": (change(IND, of("Q.2"), parent_code="C"), "single_choice"),
    "a share of an impossible answer": (
        add(
            IND,
            indicator(
                "Q.4",
                "Q",
                "item",
                block="perception",
                measure_type="share_single",
                is_asked=False,
                scale_min=None,
                scale_max=None,
                scale_code=None,
            ),
        ),
        "mã phải là Q.<điểm>",
    ),
    "a row of an unknown method": (
        add("method_roundings", {"method_version": "none", "figure": "index"}),
        "phương pháp none",
    ),
    "a round of an unknown method": (add("rounds", survey_round("r-9", "none")), "none"),
    "answers by a stated method": (add("rounds", survey_round("r-9", "stated")), "value_source"),
    "an unknown previous round": (
        change("rounds", {"round_code": "r-2"}, previous_round_code="r-8"),
        "đợt trước r-8",
    ),
    "an own question with a method's code": (
        change("round_items", VARIANT, indicator_code="1.1"),
        "trùng mã",
    ),
    "an own question without maximum": (
        change("round_items", VARIANT, scale_max=None),
        "điểm cao nhất",
    ),
    "an own question without words": (change("round_items", VARIANT, scale_code="x"), "thang «x»"),
    "an own question of no round": (change("round_items", VARIANT, round_code="r-9"), "đợt r-9"),
    "a variant of no round": (
        change("round_variants", VARIANT, round_code="r-9"),
        "đợt r-9",
    ),
    "a variant by an unknown method": (
        change("round_variants", VARIANT, method_version="none"),
        "phương pháp none",
    ),
    "a variant that cannot be computed": (
        change("round_variants", VARIANT, method_version="stated"),
        "không tính được",
    ),
    "a variant of questions that were not asked": (
        change(IND, of("1.1", "short"), indicator_code="7.7"),
        "7.7",
    ),
    "an unknown previous variant": (
        change("round_variants", VARIANT, previous_variant_code="long"),
        "phương án trước long",
    ),
    "a crosswalk to an unknown code": (
        change("indicator_crosswalk", {"relation": "same"}, to_code="9.9"),
        "9.9 không có",
    ),
    "a crosswalk from an unknown method": (
        change("indicator_crosswalk", {"relation": "same"}, from_method="none"),
        "phương pháp none",
    ),
    "points for an unknown indicator": (
        change("point_rules", {"rule_code": "p"}, indicator_code="9"),
        "9 không có",
    ),
    "points by an unknown method": (
        change("point_rules", {"rule_code": "p"}, method_version="none"),
        "của none",
    ),
    "dropped, yet with another end": (
        change("indicator_crosswalk", {"relation": "dropped"}, to_code="1.1"),
        "dropped",
    ),
    "same, yet without another end": (
        change("indicator_crosswalk", {"relation": "same"}, to_code=None),
        "dropped",
    ),
}
# The wrong row shows elsewhere than where the hand slipped.
SHOWN_ELSEWHERE = {
    "a component on the same level": ("method_rollups", rollup("1", "1.1")),
    "a method without overall index": ("methods", {"method_version": "stated"}),
    "an item on another branch": ("method_rollups", rollup("1", "1.1")),
    "a variant of questions that were not asked": ("round_variants", {"round_code": "r-1"}),
}


def test_a_consistent_method_passes():
    assert find_problems(placed(whole())) == []


@pytest.mark.parametrize("name", DAMAGES)
def test_a_single_damage_is_found_with_its_row(name):
    damage, words_of_it = DAMAGES[name]
    tables = whole()
    wrong = damage(tables)
    if name in SHOWN_ELSEWHERE:
        table, wanted = SHOWN_ELSEWHERE[name]
        wrong = find(tables, table, **wanted)
    found = find_problems(placed(tables))
    about = [str(problem) for problem in found if problem.row.values == wrong]
    assert about, [str(problem) for problem in found]
    assert any(words_of_it in text for text in about), about
    assert all(".csv, dòng " in text and "\n" not in text for text in about)


@pytest.mark.parametrize("table", KEYS)
def test_a_key_in_two_files_names_both(table):
    tables = placed(whole())
    first = tables[table][0]
    tables[table].append(Row(table, f"khac/{table}.csv", 7, dict(first.values)))
    found = [str(problem) for problem in find_problems(tables)]
    assert any(f.startswith(f"{table}.csv, dòng 2:") and f"khac/{table}.csv" in f for f in found)
    assert any(f.startswith(f"khac/{table}.csv, dòng 7:") for f in found)


def test_questions_outside_the_index_stand_under_a_node_that_is_not_computed():
    tables = whole()
    find(tables, IND, **of("C.1"))["parent_code"] = "2"
    (problem,) = find_problems(placed(tables))
    assert problem.row["indicator_code"] == "C.1"


def test_the_products_own_methods_are_consistent():
    tables = {table: [] for table in KEYS}
    for path in sorted((PROJECT / "reference").rglob("*.csv")):
        if path.stem not in KEYS:
            continue
        with path.open(encoding="utf8", newline="") as file:
            for line, values in enumerate(csv.DictReader(file), start=2):
                given_values = {column: value for column, value in values.items() if value}
                row = msgspec.convert(given_values, TABLES[path.stem], strict=False)
                tables[path.stem].append(
                    Row(path.stem, path.name, line, msgspec.structs.asdict(row))
                )
    assert len(tables["methods"]) >= 9
    assert [str(problem) for problem in find_problems(tables)] == []


@st.composite
def methods_of_any_shape(draw):
    """A method with random parts, factors and items, rolled up flat or level by level."""
    best = draw(st.integers(2, 10))
    scale = {"measure_type": f"mean{best}", "scale_min": 1, "scale_max": best}
    rows = [indicator("S", None, "overall", **scale)]
    below: dict[str, list[str]] = {"S": []}
    items: dict[str, list[str]] = {"S": []}
    for part in range(1, draw(st.integers(1, 3)) + 1):
        rows.append(indicator(f"{part}", "S", "part", **scale))
        below["S"].append(f"{part}")
        below[f"{part}"], items[f"{part}"] = [], []
        for factor in range(1, draw(st.integers(1, 3)) + 1):
            code = f"{part}.{factor}"
            rows.append(indicator(code, f"{part}", "factor", **scale))
            below[f"{part}"].append(code)
            count = draw(st.integers(1, 4))
            below[code] = [f"{code}.{item}" for item in range(1, count + 1)]
            items[code] = below[code]
            items[f"{part}"] += below[code]
            items["S"] += below[code]
            rows += [indicator(item, code, "item", **scale) for item in below[code]]
    rollups = []
    for node in below:
        components = draw(st.sampled_from((items, below)))[node]
        weights = [draw(st.integers(1, 9)) for _ in components]
        rollups += [
            component(node, code, weight, sum(weights))
            for code, weight in zip(components, weights, strict=True)
        ]
    return {
        "methods": [dict(METHOD)],
        "method_indicators": draw(st.permutations(rows)),
        "method_rollups": draw(st.permutations(rollups)),
        "method_scales": words("words", 1, best),
        "rounds": [survey_round("r-1")],
    }


def lose(table):
    """A random row of a table is gone."""

    def damage(tables, draw):
        row = draw(st.sampled_from(tables[table]))
        tables[table].remove(row)

    return damage


def rewrite(table, column, value):
    """A random row of a table has another value; nothing else that is asked depends on it."""

    def damage(tables, draw):
        draw(st.sampled_from(tables[table]))[column] = value

    return damage


def weigh(tables, draw):
    """A random coefficient is one heavier."""
    draw(st.sampled_from(tables["method_rollups"]))["component_weight"] += 1


ANY_DAMAGE = {
    "row lost": [lose(t) for t in ("methods", IND, ROLL, "method_scales")],
    "weight": [weigh],
    "code": [
        rewrite(ROLL, "component_code", "9.9.9"),
        rewrite(ROLL, "indicator_code", "9"),
        rewrite(IND, "parent_code", "9"),
        rewrite(IND, "scale_max", 11),
        rewrite(IND, "scale_max", None),
        rewrite(IND, "scale_min", 99),
        rewrite(IND, "indicator_code", "9.9.9"),
        rewrite("rounds", "method_version", "9"),
    ],
}


@given(methods_of_any_shape())
def test_any_consistent_method_passes(tables):
    assert [str(problem) for problem in find_problems(placed(tables))] == []


@given(methods_of_any_shape(), st.data())
def test_any_single_damage_is_found(tables, data):
    kind = data.draw(st.sampled_from(sorted(ANY_DAMAGE)))
    data.draw(st.sampled_from(ANY_DAMAGE[kind]))(tables, data.draw)
    assert find_problems(placed(tables))
