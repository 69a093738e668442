"""The grid of a dashboard, as Superset wants it: rows of charts, headings and texts."""

from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]
# The row of links to the neighbours is one line high.
NAVIGATION_HEIGHT = 7


def grid_of(title: str, navigation: str, rows: list[Document]) -> Document:
    """Return the position document: a row of links, then the rows from top to bottom.

    A row is `{"heading": text}`, `{"text": markdown, "height": units}` or chart slug → its size
    (`4x20`: 4 of 12 columns wide, 20 units high), chartId, uuid and sliceName.
    """
    items = [_text("navigation", navigation, NAVIGATION_HEIGHT)]
    for number, row in enumerate(rows, 1):
        if "heading" in row:
            items.append([_heading(number, row["heading"])])
        elif "text" in row:
            items.append(_text(str(number), row["text"], row.get("height", 12)))
        else:
            items.append(list(_charts(number, row)))
    return {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {
            "type": "GRID",
            "id": "GRID_ID",
            "children": [row[0]["id"] for row in items],
            "parents": ["ROOT_ID"],
        },
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": title}},
        **{item["id"]: item for row in items for item in row},
    }


def _charts(number: int, row: Document) -> Iterator[Document]:
    row_id = f"ROW-{number}"
    yield _row(row_id, [f"CHART-{slug}" for slug in row])
    for slug, meta in row.items():
        width, height = (int(part) for part in str(meta["size"]).split("x"))
        yield {
            "type": "CHART",
            "id": f"CHART-{slug}",
            "children": [],
            "parents": ["ROOT_ID", "GRID_ID", row_id],
            "meta": {
                "width": width,
                "height": height,
                **{key: meta[key] for key in ("chartId", "uuid", "sliceName")},
            },
        }


def _row(row_id: str, children: list[str]) -> Document:
    return {
        "type": "ROW",
        "id": row_id,
        "children": children,
        "parents": ["ROOT_ID", "GRID_ID"],
        "meta": {"background": "BACKGROUND_TRANSPARENT"},
    }


def _text(name: str, text: str, height: int) -> list[Document]:
    row_id = f"ROW-text-{name}"
    return [
        _row(row_id, [f"MARKDOWN-{name}"]),
        {
            "type": "MARKDOWN",
            "id": f"MARKDOWN-{name}",
            "children": [],
            "parents": ["ROOT_ID", "GRID_ID", row_id],
            "meta": {"width": 12, "height": height, "code": text},
        },
    ]


def _heading(number: int, text: str) -> Document:
    return {
        "type": "HEADER",
        "id": f"HEADER-{number}",
        "children": [],
        "parents": ["ROOT_ID", "GRID_ID"],
        "meta": {
            "text": text,
            "headerSize": "MEDIUM_HEADER",
            "background": "BACKGROUND_TRANSPARENT",
        },
    }
