"""What the columns of a release mean: the texts of the dbt project that the release was made with.

They are read from the archived project and not from the one of today: the same release has the same
words for ever.
"""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from sipas.builds import project_path
from sipas.errors import UserError
from sipas.release.verify.recompute import unpack_project

BLOCK = re.compile(r"{% docs (\w+) %}\n(.+?)\n{% enddocs %}", re.DOTALL)
USE = re.compile(r'{{ *doc\("(\w+)"\) *}}')
# «Công thức: …» and «Nguồn: …» end the text of every column that is a figure.
FORMULA = re.compile(r"\s*((?:Công thức|Nguồn): .*)$", re.DOTALL)
UNKNOWN = "Cột chưa có khi lập bản phát hành này; để trống."
# The names' own grammar: a suffix or prefix tells the unit.
UNITS = (
    (re.compile(r"_count$"), "số lượng"),
    (re.compile(r"_rate$|_share$"), "tỷ lệ, từ 0 đến 1"),
    (re.compile(r"^index_|_index$|_index_rounded$|^ci_(low|high)$"), "điểm, từ 0 đến 100"),
    (re.compile(r"_days$"), "ngày"),
    (re.compile(r"_on$|_start$"), "ngày (năm-tháng-ngày)"),
    (re.compile(r"_at$"), "thời điểm (giờ Việt Nam, +07:00)"),
)
# The marts' names for readers; their columns' texts are the project's.
TITLES = {
    "criterion_results": ("Kết quả theo tiêu chí", "Results by criterion"),
    "criterion_variants": ("Kết quả theo cách tính khác", "Results by other reckonings"),
    "perception_results": ("Nhận định của người dân", "Perceptions"),
    "expectation_results": ("Mong đợi của người dân", "Expectations"),
    "commune_scores": ("Điểm của cấp xã (thang 30)", "Commune scores out of 30"),
    "reform_index_points": ("Điểm cho chỉ số cải cách hành chính", "Points for the reform index"),
    "agency_scorecards": ("Kết quả giải quyết hồ sơ TTHC", "Dossiers by agency"),
    "agency_scorecard_series": (
        "Kết quả giải quyết hồ sơ TTHC theo đơn vị hiện nay",
        "Dossiers by agency, units of today",
    ),
    "feedback_results": ("Phản ánh, kiến nghị", "Feedback of citizens"),
    "units_of_today": ("Đơn vị hành chính trước và sau sắp xếp", "Units, then and today"),
    "stated_vs_computed": ("Kiểm chứng số liệu", "Stated against computed figures"),
    "target_progress": ("Mục tiêu", "Progress on targets"),
    "improvement_tasks": ("Nhiệm vụ cải thiện", "Improvement tasks"),
    "criterion_notes": ("Nguyên nhân theo tiêu chí", "Causes by criterion"),
    "report_compliance": ("Chấp hành chế độ báo cáo", "Reports, late and missing"),
}


@dataclass(frozen=True)
class Column:
    """One column: its type in PostgreSQL, and its text for readers (Vietnamese)."""

    name: str
    data_type: str
    text: str
    is_required: bool

    @property
    def meaning(self) -> str:
        """The text without the formula."""
        return FORMULA.sub("", self.text)

    @property
    def formula(self) -> str:
        """How it is reckoned, or whence it is taken; nothing where it is no figure."""
        found = FORMULA.search(self.text)
        return found[1] if found else ""

    @property
    def unit(self) -> str:
        """What it is counted in, where its name tells."""
        return next((unit for pattern, unit in UNITS if pattern.search(self.name)), "")


@dataclass(frozen=True)
class Mart:
    """One mart of a release."""

    name: str
    description_en: str
    columns: list[Column]
    primary_key: list[str]

    @property
    def title_vi(self) -> str:
        """Its name for readers."""
        return TITLES[self.name][0]

    @property
    def title_en(self) -> str:
        """The same in English."""
        return TITLES[self.name][1]


def marts_of(landing: Path, project_sha256: str, types: dict[str, dict[str, str]]) -> list[Mart]:
    """The marts of a release with exactly the columns that it was frozen with; `types` are those
    columns and their types, by mart.

    Raises UserError when the archived project is missing or does not describe a mart.
    """
    archive = project_path(landing, project_sha256)
    if not archive.is_file():
        raise UserError(f"Thiếu tệp lưu trữ dự án tính {archive}. Khôi phục từ bản sao lưu.")
    with tempfile.TemporaryDirectory(prefix="sipas_open_data_") as name:
        project = unpack_project(archive.read_bytes(), Path(name) / "project")
        models = project / "models"
        blocks = {
            block: text
            for path in models.rglob("*.md")
            for block, text in BLOCK.findall(path.read_text(encoding="utf8"))
        }
        return [
            read_mart(models / "marts" / f"{mart}.yml", mart, columns, blocks)
            for mart, columns in sorted(types.items())
        ]


def read_mart(path: Path, mart: str, types: dict[str, str], blocks: dict[str, str]) -> Mart:
    """What the YAML of one mart says of these columns."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf8"))["models"][0]
    except OSError as error:
        raise UserError(f"Dự án tính lưu trữ không mô tả {mart}: {error!r}.") from error
    described = {column["name"]: column for column in told["columns"]}
    columns = [
        read_column(name, data_type, described.get(name, {}), blocks)
        for name, data_type in types.items()
    ]
    key = next(c["columns"] for c in told["constraints"] if c["type"] == "primary_key")
    return Mart(mart, " ".join(told["description"].split()), columns, key)


def read_column(name: str, data_type: str, told: dict, blocks: dict[str, str]) -> Column:
    """One column; a text that is written once stands in its place. A release of before its columns
    were listed may have one, empty, that its project does not know."""
    text = USE.sub(lambda use: blocks[use[1]], told.get("description", UNKNOWN))
    constraints = {constraint["type"] for constraint in told.get("constraints", [])}
    return Column(name, data_type, " ".join(text.split()), "not_null" in constraints)
