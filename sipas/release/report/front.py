"""What stands around a report: issuer, marks, decision, and how to verify what was read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sipas.release.chain import PRINTED_DIGITS, chain_head
from sipas.release.report.model import (
    SIMULATED_MARK,
    Block,
    Cell,
    Column,
    Document,
    Figure,
    Heading,
    Row,
    Signature,
    Table,
    text_cell,
)
from sipas.release.trace.released import Released
from sipas.vietnamese import LOCAL_TIME

# What a reader of a release in this state must see on every page.
WATERMARKS = {
    "candidate": "DỰ THẢO",
    "rejected": "BỊ TỪ CHỐI",
    "approved": "CHƯA CÔNG BỐ",
    "superseded": "ĐÃ ĐƯỢC THAY THẾ",
    "withdrawn": "ĐÃ THU HỒI",
}
DRAFT_MARK = "DỰ THẢO – chưa được phê duyệt"
STATES_VI = {
    "candidate": "dự thảo, chờ phê duyệt",
    "rejected": "bị từ chối phê duyệt",
    "approved": "đã phê duyệt, chưa đến ngày công bố",
    "published": "đang công bố",
    "superseded": "đã được bản khác thay thế",
    "withdrawn": "đã thu hồi",
}
EMPTY_NUMBER = "Số: …………/BC-……"
EMPTY_DATE = "……………, ngày …… tháng …… năm ………"


def document(
    released: Released,
    title: tuple[str, ...],
    issuer: str,
    blocks: Iterable[Block],
    methods: Sequence[Mapping[str, Any]],
    used: Sequence[str] = (),
) -> Document:
    """A document of one release with its marks, its place for a number, date and signature, and
    the page on which a reader finds how to verify it."""
    release = released.release
    facts = facts_of(released, methods, used)
    numbered = number_figures(blocks)
    marks = [SIMULATED_MARK] if release["data_nature"] == "simulated" else []
    if release["status"] == "candidate":
        marks.insert(0, DRAFT_MARK)
    return Document(
        issuer=issuer.upper(),
        number_and_date=(EMPTY_NUMBER, EMPTY_DATE),
        title=title,
        blocks=(*numbered, Heading(1, "CĂN CỨ VÀ KIỂM CHỨNG SỐ LIỆU"), facts_table(facts)),
        facts=facts,
        stamped_at=release["created_at"],
        marks=tuple(marks),
        watermark=WATERMARKS.get(release["status"], ""),
        signature=signature(release),
    )


def document_of_several(
    releases: Sequence[Released],
    title: tuple[str, ...],
    issuer: str,
    blocks: Iterable[Block],
) -> Document:
    """A document of several standing releases: the newest link and time are its own."""
    rows = [one.release for one in releases]
    facts = (
        ("Bản phát hành", ", ".join(row["release_id"] for row in rows)),
        *((f"Mã băm SHA-256 của {row['release_id']}", row["content_sha256"]) for row in rows),
        ("Mã băm SHA-256", ", ".join(row["content_sha256"][:PRINTED_DIGITS] for row in rows)),
        ("Đầu chuỗi", str(chain_head(releases[0].connection) or "")),
        ("Số liệu đến", day(max(row["as_of_at"] for row in rows))),
        *((f"Quyết định phê duyệt {row['release_id']}", decision(row)) for row in rows),
        ("Kiểm chứng", "; ".join(f"sipas verify {row['release_id']}" for row in rows)),
    )
    is_simulated = any(row["data_nature"] == "simulated" for row in rows)
    return Document(
        issuer=issuer.upper(),
        number_and_date=(EMPTY_NUMBER, EMPTY_DATE),
        title=title,
        blocks=(
            *number_figures(blocks),
            Heading(1, "CĂN CỨ VÀ KIỂM CHỨNG SỐ LIỆU"),
            facts_table(facts),
        ),
        facts=facts,
        stamped_at=max(row["created_at"] for row in rows),
        marks=(SIMULATED_MARK,) if is_simulated else (),
    )


def number_figures(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, their pictures numbered in their order."""
    number = 0
    for block in blocks:
        if isinstance(block, Figure):
            number += 1
            yield replace(block, number=f"Biểu đồ {number}")
        else:
            yield block


def facts_of(
    released: Released, methods: Sequence[Mapping[str, Any]], used: Sequence[str] = ()
) -> tuple[tuple[str, str], ...]:
    """Which release it is, by which method, decided by whom, and how to verify it."""
    release = released.release
    link = f"{release['chain_position']}-{release['chain_sha256'][:PRINTED_DIGITS]}"
    nature = "mô phỏng" if release["data_nature"] == "simulated" else "thật"
    return (
        ("Bản phát hành", release["release_id"]),
        ("Tình trạng", STATES_VI[release["status"]]),
        ("Tính chất số liệu", nature),
        ("Mã băm SHA-256", release["content_sha256"]),
        ("Mắt xích của bản phát hành", link),
        ("Đầu chuỗi", str(chain_head(released.connection) or "")),
        ("Phương pháp", "; ".join(method_words(method) for method in methods) or "không áp dụng"),
        ("Số liệu đến", day(release["as_of_at"])),
        ("Quyết định phê duyệt", decision(release)),
        *([("Bản phát hành đọc kèm", ", ".join(used))] if used else []),
        ("Kiểm chứng", f"sipas verify {release['release_id']}"),
    )


def method_words(method: Mapping[str, Any]) -> str:
    """A method with the decision that sets it."""
    return method["name_vi"] + (f" – {method['decision']}" if method["decision"] else "")


def day(moment: Any) -> str:
    """The day of a moment in Viet Nam."""
    return f"{moment.astimezone(LOCAL_TIME):%d/%m/%Y}"


def decision(release: Mapping[str, Any]) -> str:
    """The decision by which a release was approved."""
    if release["status"] in ("candidate", "rejected"):
        return "chưa phê duyệt"
    if release["is_automatic_approval"]:
        return "phê duyệt tự động, chỉ dùng cho trình diễn và kiểm thử"
    return (
        f"Quyết định số {release['decision_number']} ngày {release['decision_on']:%d/%m/%Y}, "
        f"{release['position']} {release['signatory']} ký"
    )


def signature(release: Mapping[str, Any]) -> Signature | None:
    """Whose name stands below an approved report."""
    if not release["signatory"] or release["status"] in ("candidate", "rejected"):
        return None
    return Signature(release["position"].upper(), release["signatory"])


def facts_table(facts: Iterable[tuple[str, str]]) -> Table:
    """The last table: what a reader needs to verify the report."""
    return Table(
        "KC",
        "Bản phát hành và cách kiểm chứng",
        (Column("Nội dung", 28, is_text=True), Column("Giá trị", 72, is_text=True)),
        tuple(Row((Cell(label), text_cell(value))) for label, value in facts),
    )
