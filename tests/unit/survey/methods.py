"""Methods for the tests of their checks: consistent ones, and ways to damage them."""

from sipas.survey.reference_rows import KEYS, Row

Tables = dict[str, list[dict]]

METHOD = {"method_version": "m", "instrument": "sipas", "is_computable": True}


def indicator(code: str, parent: str | None, level: str, **changes) -> dict:
    """A question of the satisfaction block when its level is item, else a computed node."""
    row = {
        "method_version": "m",
        "indicator_code": code,
        "parent_code": parent,
        "indicator_level": level,
        "block": "satisfaction",
        "measure_type": "mean5",
        "scale_min": 1,
        "scale_max": 5,
        "scale_code": "words" if level == "item" else None,
        "is_asked": level == "item",
        "label_vi": f"Chỉ số {code}",
    }
    return row | changes


def component(node: str, code: str, weight: int, total: int) -> dict:
    """One row of a roll-up."""
    return {
        "method_version": "m",
        "indicator_code": node,
        "component_code": code,
        "component_weight": weight,
        "weight_total": total,
    }


def words(scale: str, low: int, high: int) -> list[dict]:
    """The words of a scale."""
    return [
        {"method_version": "m", "scale_code": scale, "score": score, "label_vi": f"Lời {score}"}
        for score in range(low, high + 1)
    ]


def survey_round(code: str, method: str = "m", **changes) -> dict:
    """A round with answers."""
    row = {
        "round_code": code,
        "method_version": method,
        "value_source": "answers",
        "previous_round_code": None,
    }
    return row | changes


def whole() -> Tables:
    """A small method with everything: two factors, a filter, extra questions, a variant."""
    return {
        "methods": [
            dict(METHOD),
            METHOD | {"method_version": "short"},
            METHOD | {"method_version": "stated", "is_computable": False},
        ],
        "method_indicators": [
            indicator("S", None, "overall"),
            indicator("1", "S", "factor"),
            indicator("1.1", "1", "item"),
            indicator("1.2", "1", "item"),
            indicator("2", "S", "factor"),
            indicator("2.1", "2", "item"),
            indicator("C", None, "factor", measure_type="none", scale_min=None, scale_max=None),
            indicator("C.1", "C", "item"),
            indicator(
                "Q",
                None,
                "factor",
                block="perception",
                measure_type="single_choice",
                scale_max=3,
                is_asked=True,
            ),
            *(
                indicator(
                    f"Q.{score}",
                    "Q",
                    "item",
                    block="perception",
                    measure_type="share_single",
                    is_asked=False,
                    scale_min=None,
                    scale_max=None,
                    scale_code=None,
                )
                for score in (1, 2, 3)
            ),
            indicator("S", None, "overall", method_version="short"),
            indicator("1.1", "S", "item", method_version="short", scale_code=None),
            indicator("S", None, "overall", method_version="stated"),
        ],
        "method_rollups": [
            component("S", "1", 2, 3),
            component("S", "2", 1, 3),
            component("1", "1.1", 1, 2),
            component("1", "1.2", 1, 2),
            component("2", "2.1", 1, 1),
            component("S", "1.1", 1, 1) | {"method_version": "short"},
        ],
        "method_roundings": [{"method_version": "m", "figure": "index"}],
        "method_scales": words("words", 1, 5),
        "method_skip_rules": [
            {
                "method_version": "m",
                "item_code": "C.1",
                "depends_on_code": "Q",
                "asked_when_scores": "2 3",
            }
        ],
        "indicator_crosswalk": [
            {
                "from_method": "m",
                "from_code": "1.1",
                "to_method": "short",
                "to_code": "1.1",
                "relation": "same",
            },
            {
                "from_method": "m",
                "from_code": "1.2",
                "to_method": "short",
                "to_code": None,
                "relation": "dropped",
            },
        ],
        "rounds": [
            survey_round("r-1"),
            survey_round("r-2", previous_round_code="r-1"),
            survey_round("r-0", "stated", value_source="stated"),
        ],
        "round_items": [
            {
                "round_code": "r-2",
                "indicator_code": "X1",
                "block": "perception",
                "measure_type": "mean5",
                "scale_min": 1,
                "scale_max": 5,
                "scale_code": "words",
            }
        ],
        "point_rules": [{"rule_code": "p", "method_version": "m", "indicator_code": "S"}],
        "round_variants": [
            {"round_code": "r-1", "variant_code": "short", "method_version": "short"},
            {
                "round_code": "r-2",
                "variant_code": "short",
                "method_version": "short",
                "previous_round_code": "r-1",
                "previous_variant_code": "short",
            },
        ],
    }


def placed(tables: Tables) -> dict[str, list[Row]]:
    """The rows as if each table were one file."""
    assert set(tables) <= set(KEYS)
    return {
        table: [
            Row(table, f"{table}.csv", line, values) for line, values in enumerate(rows, start=2)
        ]
        for table, rows in tables.items()
    }


def find(tables: Tables, table: str, **wanted) -> dict:
    """The one row with these values."""
    (row,) = (r for r in tables[table] if all(r.get(k) == v for k, v in wanted.items()))
    return row
