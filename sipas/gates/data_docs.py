"""Data Docs: the results of the gates as pages, drawn by Great Expectations from audit.validations.

The pages follow from the database alone, so any task may write them, and they can be made anew at
any time. One writer at a time (a lock of PostgreSQL), and every file is replaced as a whole:
two tasks that end together leave whole pages. The library's own page loads scripts and styles from
eight hosts of the internet; ours has its sections in a page that needs nothing else.
"""

import os
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import psycopg

from sipas.gates.findings import Run, newest_runs, open_findings, results_of
from sipas.vietnamese import LOCAL_TIME

TEMPLATES = Path(__file__).parent / "templates"
INDEX = "index.html"
SEVERITIES_VI = {"critical": "NGHIÊM TRỌNG", "warning": "CẢNH BÁO"}
# A check of our own has no renderer in the library; its words stand in the description.
SHOWN_AS, SHOWN_WITH = "expect_column_values_to_be_between", {"min_value": 0}
# The library's words, as they stand in what it renders.
WORDS_VI = {
    "Statistics": "Số liệu",
    "Evaluated Expectations": "Số kỳ vọng đã kiểm tra",
    "Successful Expectations": "Số kỳ vọng đạt",
    "Unsuccessful Expectations": "Số kỳ vọng không đạt",
    "Success Percent": "Tỷ lệ đạt",
    "Status": "Kết quả",
    "Expectation": "Kỳ vọng",
    "Observed Value": "Giá trị thấy",
    "Table-Level Expectations": "Cả bảng",
    "Show more info...": "Thông tin thêm",
    "Info": "Lần kiểm tra",
    "Sampled Unexpected Values": "Một số giá trị không đạt",
    "Unexpected Value": "Giá trị không đạt",
    "Count": "Số lần",
    "\n\n$unexpected_count unexpected values found. "
    "$unexpected_percent of $element_count total rows.": (
        "\n\n$unexpected_count dòng không đạt, $unexpected_percent của $element_count dòng."
    ),
    "\n\n$expectation_type raised an exception:\n$exception_message": (
        "\n\n$expectation_type không chạy được:\n$exception_message"
    ),
    "Show exception traceback...": "",
}


def write_data_docs(connection: psycopg.Connection, folder: Path) -> Path:
    """Brings the pages in `folder` up to date and returns the index; runs that are there already
    are not drawn again, those that fell out of the newest are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('sipas data docs'))")
        runs = newest_runs(connection)
        names = {file_name(run): run for run in runs}
        for name, run in names.items():
            if not (folder / name).is_file():
                replace(folder / name, run_page(run, results_of(connection, run)))
        replace(folder / INDEX, index_page(runs, open_findings(connection)))
        for path in folder.glob("run-*.html"):
            if path.name not in names:
                path.unlink()
    return folder / INDEX


def file_name(run: Run) -> str:
    """The page of a run; a run never changes."""
    return f"run-{run.run_id}.html"


def replace(path: Path, text: str) -> None:
    """Writes a page to the side and puts it in place at once."""
    beside = path.with_suffix(".new")
    beside.write_text(text, encoding="utf8")
    os.replace(beside, path)


@cache
def page_view():
    """The library's view with our templates beside its own; made, and templates compiled, once."""
    from great_expectations.render.view import DefaultJinjaPageView

    view = DefaultJinjaPageView(custom_views_directory=str(TEMPLATES))
    view.env.filters["local_time"] = lambda moment: moment.astimezone(LOCAL_TIME).strftime(
        "%d/%m/%Y %H:%M:%S"
    )
    view.env.filters["severity_vi"] = SEVERITIES_VI.get
    view.env.filters["page_of"] = file_name
    return view


def index_page(runs: list[Run], findings: list[dict[str, Any]]) -> str:
    """What is open, with owner and age, and a link to each of the newest runs."""
    template = page_view().env.get_template("gates_index.html")
    return template.render(runs=runs, findings=findings)


def run_page(run: Run, rows: list[dict[str, Any]]) -> str:
    """One run of a gate, a section a suite, drawn by the library's renderer."""
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
    )
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    failed = sum(not row["is_successful"] for row in rows)
    outcome = ExpectationSuiteValidationResult(
        success=failed == 0,
        results=[as_library_result(row) for row in rows],
        suite_name=run.subject,
        statistics={
            "evaluated_expectations": len(rows),
            "successful_expectations": len(rows) - failed,
            "unsuccessful_expectations": failed,
            "success_percent": 100 * (len(rows) - failed) / len(rows),
        },
        meta={"run_id": {"run_name": run.gate, "run_time": run.validated_at.isoformat()}},
    )
    document = ValidationResultsPageRenderer(run_info_at_end=True).render(outcome).to_json_dict()
    # Its heading links to pages of suites, which we have in the repository.
    del document["sections"][0]["content_blocks"][0]
    template = page_view().env.get_template("gates_run.html")
    return template.render(in_vietnamese(document), run=run, rows=rows)


def as_library_result(row: dict[str, Any]):
    """A row of audit.validations as the library's own result, so that its renderer can draw it.

    The library heads its sections by column; here a section is a suite.
    """
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.registry import get_expectation_impl

    kind, limits = row["expectation_type"], dict(row["limits"] or {})
    try:
        get_expectation_impl(kind)
    except ExpectationNotFoundError:
        kind, limits = SHOWN_AS, SHOWN_WITH | {"column": None}
    if "column" in limits:
        limits["column"] = row["suite_name"]
    return ExpectationValidationResult(
        success=row["is_successful"],
        expectation_config=ExpectationConfiguration(
            type=kind, kwargs=limits, description=in_words(row), severity=row["severity"]
        ),
        result=seen(row),
        exception_info={
            "raised_exception": row["exception_message"] is not None,
            "exception_message": row["exception_message"],
            "exception_traceback": "",
        },
        meta={},
    )


def seen(row: dict[str, Any]) -> dict[str, Any]:
    """What was observed, in the library's terms."""
    count, judged = row["unexpected_count"], row["judged_count"]
    if count is None or judged is None:
        return {"observed_value": row["observed"]}
    values = row["observed"] if isinstance(row["observed"], list) else []
    values = [escape(value) if isinstance(value, str) else value for value in values]
    return {
        "element_count": judged,
        "unexpected_count": count,
        "unexpected_percent": 100 * count / judged if judged else 0.0,
        "unexpected_percent_nonmissing": 100 * count / judged if judged else 0.0,
        "missing_count": 0,
        "partial_unexpected_list": values,
    }


def in_words(row: dict[str, Any]) -> str:
    """The expectation in Vietnamese and English, its weight, its rows and who mends it, as HTML:
    the library puts a description into its page as it stands."""
    parts = [f"[{SEVERITIES_VI[row['severity']]}] {row['description_vi']}"]
    if row["description_en"]:
        parts.append(f"({row['description_en']})")
    if not row["is_successful"]:
        for keys in row["sample_keys"] or []:
            parts.append("• " + ", ".join(f"{name} = {value}" for name, value in keys.items()))
        parts.append(f"Đơn vị xử lý: {row['owner_vi']}.")
    if row["note_vi"]:
        parts.append(f"{row['note_vi']}.")
    return escape(" ".join(parts))


def in_vietnamese(rendered: Any) -> Any:
    """What the library rendered, its fixed words translated."""
    if isinstance(rendered, dict):
        return {name: in_vietnamese(value) for name, value in rendered.items()}
    if isinstance(rendered, list):
        return [in_vietnamese(value) for value in rendered]
    if isinstance(rendered, str):
        return WORDS_VI.get(rendered, rendered).replace("% unexpected", "% không đạt")
    return rendered
