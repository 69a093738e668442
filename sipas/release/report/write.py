"""A document to files: drawn, written to the side, noted in the log of extracts, put in place."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sipas.access import Extract, note_extract
from sipas.errors import UserError
from sipas.release.report.model import Document

FORMATS = ("docx", "pdf", "xlsx")

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Taken:
    """Who takes a report, what for, and of which release."""

    person: str
    purpose: str | None
    release_id: str | None


def formats_of(text: str) -> list[str]:
    """`docx,pdf` as a list; raises UserError for a format that there is not."""
    wanted = [part.strip().lower() for part in text.split(",") if part.strip()]
    strange = sorted(set(wanted) - set(FORMATS))
    if strange or not wanted:
        named = f"«{', '.join(strange)}»" if strange else "rỗng"
        raise UserError(f"--format {named}: chỉ có {', '.join(FORMATS)}, cách nhau bằng dấu phẩy.")
    return [name for name in FORMATS if name in wanted]


def write_report(
    document: Document, name: str, formats: Iterable[str], folder: Path, taken: Taken, tell: Tell
) -> list[Path]:
    """Writes `<folder>/<name>.<format>`; whoever opened the old file keeps it whole.

    Every file is noted with the hash of its bytes before it is put in place.
    """
    formats = list(formats)
    pictures: dict[str, bytes] = {}
    if set(formats) & {"docx", "pdf"}:
        for place, figure in enumerate(document.figures, start=1):
            tell(f"drawing chart {place} of {len(document.figures)}")
            pictures[figure.number] = figure.draw()
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in formats:
        tell(f"writing {kind}")
        content = content_of(kind, document, pictures)
        rows = sum(len(table.rows) for table in document.tables)
        what = f"báo cáo {name}.{kind}"
        note_extract(
            Extract(what, "figures", rows, taken.person, taken.purpose, taken.release_id), content
        )
        path = folder / f"{name}.{kind}"
        put_in_place(path, content)
        written.append(path)
    return written


def content_of(kind: str, document: Document, pictures: dict[str, bytes]) -> bytes:
    """The bytes of one file."""
    if kind == "docx":
        from sipas.release.report.docx_file import word_file

        return word_file(document, pictures)
    if kind == "pdf":
        from sipas.release.report.pdf_file import pdf_file

        return pdf_file(document, pictures)
    from sipas.release.report.xlsx_file import workbook

    return workbook(document)


def put_in_place(path: Path, content: bytes) -> None:
    """Writes to the side, makes sure that it is on the disk, and renames."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
