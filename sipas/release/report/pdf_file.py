"""A report as PDF, set by typst with the fonts of its own wheel.

The template reads the document as data, so no text of a document is ever read as markup.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst

from sipas.release.report.docx_file import MOTTO, NATION
from sipas.release.report.model import Document, Figure, Heading, Paragraph, Table

TEMPLATE = Path(__file__).with_name("report.typ")


def pdf_file(document: Document, pictures: Mapping[str, bytes]) -> bytes:
    """The document as PDF; `pictures` are its figures by number."""
    return typeset(document, pictures, "pdf")


def pages(document: Document, pictures: Mapping[str, bytes]) -> list[str]:
    """The pages of the PDF as drawings (SVG)."""
    made = typeset(document, pictures, "svg")
    return [page.decode() for page in (made if isinstance(made, list) else [made])]


def typeset(document: Document, pictures: Mapping[str, bytes], kind: str) -> Any:
    """The document in one of typst's formats; SVG is a list of pages where there are several."""
    with tempfile.TemporaryDirectory(prefix="sipas-report-") as name:
        folder = Path(name)
        (folder / "report.typ").write_bytes(TEMPLATE.read_bytes())
        names = {number: f"{place}.png" for place, number in enumerate(pictures)}
        for number, png in pictures.items():
            (folder / names[number]).write_bytes(png)
        (folder / "document.json").write_text(
            json.dumps(as_data(document, names), ensure_ascii=False), encoding="utf8"
        )
        return typst.compile(
            str(folder / "report.typ"),
            root=str(folder),
            format=kind,
            ignore_system_fonts=True,
            timestamp=int(document.stamped_at.timestamp()),
        )


def as_data(document: Document, names: Mapping[str, str]) -> dict[str, Any]:
    """What the template reads."""
    return {
        "nation": NATION,
        "motto": MOTTO,
        "issuer": document.issuer,
        "number": document.number_and_date[0],
        "day": document.number_and_date[1],
        "title": document.title,
        "marks": document.marks,
        "watermark": document.watermark,
        "signature": document.signature
        and [document.signature.position, document.signature.signatory],
        "blocks": [block_data(block, names) for block in document.blocks],
    }


def block_data(block: Any, names: Mapping[str, str]) -> dict[str, Any]:
    """One block as the template reads it."""
    match block:
        case Heading(level, text):
            return {"kind": "heading", "level": level, "text": text}
        case Paragraph(text, is_item):
            return {"kind": "item" if is_item else "paragraph", "text": text}
        case Figure():
            return {
                "kind": "figure",
                "file": names[block.number],
                "caption": block.caption,
                "alternative": block.alternative,
            }
        case Table():
            return {
                "kind": "table",
                "caption": f"Bảng {block.caption}",
                "widths": [column.width for column in block.columns],
                "is_text": [column.is_text for column in block.columns],
                "titles": [column.title for column in block.columns],
                "rows": [
                    {"cells": [cell.text for cell in row.cells], "strong": row.is_strong}
                    for row in block.rows
                ],
                "notes": block.notes,
            }
    raise TypeError(f"no block of a report: {block!r}")
