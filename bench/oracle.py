"""The same arithmetic in pandas, on the same file: what the warehouse is measured against."""

import csv
from collections import defaultdict
from pathlib import Path

import pandas
import yaml

from bench.generate import METHOD, MISSING_WORDS, POINT_COUNT, point_code, questions, unit_of_point
from sipas.local.instance import PROJECT

DEPTHS = {"province": 1, "district": 2, "commune": 3}
COUNTRY = "gso:VN@1900-01-01"
KEY = ["unit_key", "breakdown", "breakdown_value", "indicator_code"]


def reckon(path: Path, groups: list[tuple[str, str]]) -> pandas.DataFrame:
    """Index and valid answers of every indicator, for each (unit level, breakdown) of `groups`.

    One row per KEY with index_value and valid_count (of asked indicators; else missing).
    """
    forms = pandas.read_csv(path, na_values=list(MISSING_WORDS), low_memory=False)
    values = indicator_values(forms)
    places = group_columns(forms)
    results = []
    for level, breakdown in groups:
        keys = [places[level], places[breakdown]]
        grouped = values.groupby(keys, observed=True)
        results.append(long_rows(with_nodes(100 * grouped.mean()), grouped.count(), breakdown))
    return pandas.concat(results, ignore_index=True)


def indicator_values(forms: pandas.DataFrame) -> pandas.DataFrame:
    """A column an indicator: a share of the best score, or 1 and 0; missing where not valid."""
    columns: dict[str, pandas.Series] = {}
    boxes: dict[str, list[str]] = defaultdict(list)
    for question in questions():
        answers = forms[question.code]
        if question.measure_type.startswith("mean"):
            columns[question.code] = answers / question.scale_max
        elif question.measure_type == "yes_no":
            columns[question.code] = answers
        elif question.measure_type == "share_top":
            columns[question.code] = (answers == question.scale_max).where(answers.notna())
        elif question.measure_type == "single_choice":
            for answer in range(question.scale_min, question.scale_max + 1):
                share = (answers == answer).where(answers.notna())
                columns[f"{question.code}.{answer}"] = share
        elif question.measure_type == "multiple_choice":
            boxes[question.parent_code].append(question.code)
    for codes in boxes.values():
        ticked = forms[codes] == "x"
        # Who ticked nothing did not answer.
        columns |= {code: ticked[code].where(ticked.any(axis=1)) for code in codes}
    return pandas.DataFrame(columns).astype(float)


def group_columns(forms: pandas.DataFrame) -> dict[str, pandas.Series]:
    """Unit keys by level, and our codes by breakdown."""
    mapping = yaml.safe_load(Path(__file__).with_name("bench_wide.yml").read_text("utf8"))
    point = forms["Mã điểm khảo sát"]
    everyone = pandas.Series("all", index=forms.index)
    columns = {"all": everyone, "country": pandas.Series(COUNTRY, index=forms.index)}
    for level, depth in DEPTHS.items():
        units = {point_code(number): unit_of_point(number, depth) for number in range(POINT_COUNT)}
        columns[level] = point.map(units)
    for breakdown, heading in mapping["fields"].items():
        words = forms[heading]
        codes = mapping["codes"].get(breakdown)
        columns[breakdown] = words.map(codes) if codes else words
    return columns


def with_nodes(items: pandas.DataFrame) -> pandas.DataFrame:
    """The items, and factors, parts and overall as the rows of the method weight them."""
    rollups: dict[str, list[tuple[str, float]]] = defaultdict(list)
    with (PROJECT / "reference" / "method_rollups.csv").open(encoding="utf8") as file:
        for row in csv.DictReader(file):
            if row["method_version"] == METHOD:
                weight = int(row["component_weight"]) / int(row["weight_total"])
                rollups[row["indicator_code"]].append((row["component_code"], weight))
    nodes = {
        node: sum(items[component] * weight for component, weight in components)
        for node, components in rollups.items()
    }
    return pandas.concat([items, pandas.DataFrame(nodes)], axis=1)


def long_rows(
    indices: pandas.DataFrame, counts: pandas.DataFrame, breakdown: str
) -> pandas.DataFrame:
    """One row a group and indicator."""
    for table in (indices, counts):
        table.index.names = ["unit_key", "breakdown_value"]
        table.columns.name = "indicator_code"
    rows = pandas.concat(
        [indices.stack().rename("index_value"), counts.stack().rename("valid_count")], axis=1
    ).reset_index()
    return rows.dropna(subset="index_value").assign(breakdown=breakdown)


def differences(ours: pandas.DataFrame, theirs: pandas.DataFrame) -> list[str]:
    """What differs between the warehouse's rows and pandas', at most a few lines; [] when equal.

    Equal: the same groups and indicators, the same valid answers, indices to nine decimals.
    """
    both = ours.merge(theirs, on=KEY, how="outer", suffixes=("", "_pandas"), indicator=True)
    absent = both["_merge"] != "both"
    counted = both["valid_count_pandas"].notna() & both["valid_count"].notna()
    wrong_count = counted & (both["valid_count"] != both["valid_count_pandas"])
    wrong_index = ((both["index_value"] - both["index_value_pandas"]).abs() < 1e-9) == False  # noqa: E712
    wrong = both[absent | wrong_count | wrong_index]
    return [str(row) for row in wrong.head(5).to_dict("records")] + (
        [f"{len(wrong)} of {len(both)} rows differ"] if len(wrong) else []
    )
