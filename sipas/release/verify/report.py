"""What a verification found: one check a line, in Vietnamese, for auditors; or as JSON.

A *fault* is something that differs. A *limit* is something that could only be compared in a
weaker way (a copy in place of a purged original). A *note* only explains.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from sipas.errors import UserError

# More lines than this do not help a reader; the number of the others is told.
SHOWN = 20
EQUAL, DIFFERENT, LIMITED = 0, 1, 2
VERDICTS = {
    EQUAL: "ĐÚNG: mọi thứ đã đối chiếu đều khớp.",
    DIFFERENT: "SAI: có chỗ không khớp, xem các dòng SAI ở trên.",
    LIMITED: "ĐÚNG, CÓ GIỚI HẠN: những gì đối chiếu được đều khớp; các dòng GIỚI HẠN nói rõ phần "
    "chưa đối chiếu được với bản gốc.",
}


@dataclass(frozen=True)
class Difference:
    """One cell that differs; `column` is None when the whole row stands on one side only."""

    table: str
    key: str
    column: str | None
    noted: Any
    found: Any

    def __str__(self) -> str:
        if self.column is None:
            return f"{self.table} [{self.key}]: {self.noted} / {self.found}"
        if self.column.endswith("_code"):  # 1.1 is a code here, no number
            return f"{self.table} [{self.key}] {self.column}: {self.noted} ≠ {self.found}"
        return f"{self.table} [{self.key}] {self.column}: {shown(self.noted)} ≠ {shown(self.found)}"


@dataclass
class Check:
    """One check of one release: what was compared, how much of it, what was found."""

    code: str
    title: str
    unit: str  # what `compared` counts
    compared: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    is_broken: bool = False  # it stopped half-way

    @property
    def is_good(self) -> bool:
        """Whether nothing differs."""
        return not self.faults and not self.differences

    @property
    def mark(self) -> str:
        """The first word of the line."""
        if not self.is_good:
            return "SAI"
        return "GIỚI HẠN" if self.limits else "ĐÚNG"

    def lines(self) -> Iterator[str]:
        """The line of the check and, indented, what it found."""
        amount = f"{self.compared:,}".replace(",", ".") + f" {self.unit}"
        seconds = f"{self.seconds:.1f}".replace(".", ",")
        yield f"{self.mark:<9} {self.title:<44} {amount:<22} {seconds:>6} giây"
        yield from shortened(self.faults, "lỗi")
        if self.differences:
            yield f"          {len(self.differences)} ô khác nhau (đã ghi ≠ tìm thấy):"
            yield from shortened([str(item) for item in self.differences], "ô")
        yield from shortened(self.limits, "giới hạn")
        yield from shortened(self.notes, "ghi chú")

    def as_json(self) -> dict:
        """Everything, nothing shortened."""
        return {
            "check": self.code,
            "title": self.title,
            "is_good": self.is_good,
            "compared": self.compared,
            "unit": self.unit,
            "seconds": round(self.seconds, 2),
            "faults": self.faults,
            "limits": self.limits,
            "notes": self.notes,
            "differences": [vars(item) for item in self.differences],
        }


@contextmanager
def new_check(reports: "Sequence[Report]", code: str, title: str, unit: str) -> Iterator[Check]:
    """A check that the block makes, once, for one or several reports. What stops it is a fault: a
    check that cannot be made is never left out."""
    made = Check(code, title, unit)
    for report in reports:
        report.checks.append(made)
    began = time.monotonic()
    try:
        yield made
    except (UserError, psycopg.Error) as error:
        made.faults.append(f"Không đối chiếu được: {str(error).strip()}")
        made.is_broken = True
    finally:
        made.seconds += time.monotonic() - began


@dataclass
class Report:
    """All checks of one release."""

    release: dict
    checks: list[Check] = field(default_factory=list)

    def find(self, code: str) -> Check:
        """The check `code`."""
        return next(item for item in self.checks if item.code == code)

    @property
    def wrong(self) -> list[str]:
        """The codes of the checks that found something."""
        return [item.code for item in self.checks if not item.is_good]

    @property
    def exit_code(self) -> int:
        """0 all equal, 1 something differs, 2 equal as far as it could be compared."""
        if self.wrong:
            return DIFFERENT
        return LIMITED if any(item.limits for item in self.checks) else EQUAL

    def text(self) -> str:
        """The report as people read it."""
        release = self.release
        simulated = release["data_nature"] == "simulated"
        head = [
            f"Bản phát hành {release['release_id']} ({release['scope']}), "
            f"{STATUS_VI.get(release['status'], release['status'])}",
            *(["DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật"] if simulated else []),
            f"Mã băm nội dung: {release['content_sha256']}",
        ]
        body = [line for item in self.checks for line in item.lines()]
        return "\n".join([*head, *body, f"KẾT LUẬN: {VERDICTS[self.exit_code]}"])

    def as_json(self) -> dict:
        """The report as a program reads it."""
        return {
            "release_id": self.release["release_id"],
            "scope": self.release["scope"],
            "status": self.release["status"],
            "data_nature": self.release["data_nature"],
            "content_sha256": self.release["content_sha256"],
            "exit_code": self.exit_code,
            "checks": [item.as_json() for item in self.checks],
        }


STATUS_VI = {
    "candidate": "bản chờ duyệt",
    "approved": "đã phê duyệt, chưa công bố",
    "published": "đang công bố",
    "superseded": "đã bị thay thế",
    "withdrawn": "đã thu hồi",
    "rejected": "không được duyệt",
}


def exit_code_of(reports: list[Report]) -> int:
    """One code for several releases: the worst of them."""
    codes = {report.exit_code for report in reports}
    return DIFFERENT if DIFFERENT in codes else LIMITED if LIMITED in codes else EQUAL


def shortened(texts: list[str], what: str) -> Iterator[str]:
    """The first of the texts, indented, and how many more there are."""
    for text in texts[:SHOWN]:
        yield f"          - {text}"
    if len(texts) > SHOWN:
        yield f"          - … và {len(texts) - SHOWN} {what} khác (--json in đủ)"


def shown(value: Any) -> str:
    """A value as a Vietnamese reader expects it: nothing is «trống», decimals have a comma."""
    if value is None:
        return "trống"
    if isinstance(value, bool):
        return "có" if value else "không"
    text = str(value)
    whole, point, digits = text.partition(".")
    if point and whole.lstrip("-").isdigit() and digits.isdigit():
        return f"{whole},{digits}"
    return text
