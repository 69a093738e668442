"""Reports beside that of a survey round: several years, late agencies, a commune's score."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import dict_row
from reports_read import (
    BY,
    ROUND,
    decimal,
    frozen,
    frozen_rows,
    sheet_tables,
    sipas,
    word_prose,
    word_tables,
)


@pytest.fixture
def connection(released) -> Iterator[psycopg.Connection]:
    """A connection of the audit role, which reports use."""
    with psycopg.connect(released.url("audit"), row_factory=dict_row) as made:
        yield made
        made.rollback()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "khong-co"), "Không có bản phát hành «khong-co»"),
        (("report", "scorecards"), "không phải của một cuộc khảo sát"),
        (("report", ROUND, "--format", "odt"), "chỉ có docx, pdf, xlsx"),
        (("compliance", ROUND), "không có sổ theo dõi"),
        (("review", "gso:46", "--from", "2030", "--to", "2031"), "đang có: 2022, 2023"),
        (("review", "gso:46", "--from", "2023", "--to", "2022"), "phải không sau"),
    ],
)
def test_what_cannot_be_written_says_what_to_do(released, tmp_path, words, said) -> None:
    code, answer = sipas("release", *words, "--output", tmp_path)
    assert code == 1
    assert said in answer
    assert list(tmp_path.iterdir()) == []


def test_a_review_sets_years_side_by_side_and_tells_breaks(released, connection, tmp_path) -> None:
    code, said = sipas(
        *("release", "review", "gso:46", "--from", 2020, "--to", 2024),
        *("--format", "docx,xlsx", "--output", tmp_path, *BY),
    )
    assert code == 0, said
    (path,) = tmp_path.glob("*.docx")
    prose = word_prose(path)
    (broken,) = [text for text in prose if "chuỗi bị ngắt" in text]
    assert "SIPAS, 1, 1.3, 1.4, 2, 2.1, 2.3" in broken
    assert any("hai nguồn của một kỳ" in text for text in prose)
    tables = word_tables(path)
    old = frozen(connection, "criterion_results", "hue-2022")
    new = frozen(connection, "criterion_results", ROUND)
    for number in ("2", "3"):
        for code, line in tables[number].by_code().items():
            assert decimal(line[f"2023 ({ROUND})"]) == new[code]["index_rounded"]
            assert decimal(line["2022 (hue-2022)"]) == new[code]["previous_index_rounded"]
    assert (
        decimal(tables["2"].by_code()["SIPAS"]["2022 (hue-2022)"]) == old["SIPAS"]["index_rounded"]
    )
    targets = frozen_rows(connection, "target_progress", "unit_code = 'gso:46'")
    reached = {row["status_vi"] for row in targets if row["measured_year"]}
    assert reached <= {row["Trạng thái"] for row in tables["4"].rows}
    assert set(sheet_tables(next(tmp_path.glob("*.xlsx")))) == set(tables)


def test_late_and_silent_agencies_are_listed_longest_first(released, connection, tmp_path) -> None:
    code, said = sipas(
        "release", "compliance", "--format", "docx,pdf,xlsx", "--output", tmp_path, *BY
    )
    assert code == 0, said
    tables = sheet_tables(next(tmp_path.glob("*.xlsx")))
    rows = frozen_rows(connection, "report_compliance", "rows.status in ('late', 'silent')")
    listed = [(r["Cơ quan"], r["Số ngày chậm"]) for r in tables["2"].rows]
    assert sorted(listed) == sorted((r["agency_vi"], r["late_days"]) for r in rows)
    assert [days for _, days in listed] == sorted((d for _, d in listed), reverse=True)
    tasks = frozen_rows(connection, "improvement_tasks", "is_overdue")
    assert {r["Nhiệm vụ"] for r in tables["3"].rows} == {task["task_vi"] for task in tasks}
    whole = tables["1"].rows[-1]
    assert whole["Trễ hạn"] + whole["Không báo cáo"] == len(rows)
    assert next(tmp_path.glob("*.pdf")).read_bytes()[:5] == b"%PDF-"


def test_a_commune_s_report_has_its_score_of_thirty(released, connection, tmp_path) -> None:
    code, said = sipas(
        *("release", "report", "quang-thanh-2023-sim", "--format", "docx", "--output", tmp_path),
        *BY,
    )
    assert code == 0, said
    (path,) = tmp_path.iterdir()
    prose = " ".join(word_prose(path))
    assert "20,56/30,00" in prose
    assert "20,56/24,00" in prose
    rows = frozen_rows(
        connection, "commune_scores", "desk = 'all' and round_code = 'quang-thanh-2023-sim'"
    )
    printed = word_tables(path)["1"].by_code()
    for row in rows:
        line = printed[row["criterion_code"]]
        assert decimal(line["Điểm đạt được"]) == row["score"]
        assert decimal(line["Điểm tối đa"]) == row["max_score"]
