"""`datapackage.json`: the release as a Frictionless Data Package; the dictionary of its columns."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from sipas.release.content import Content, canonical
from sipas.release.open_data.facts import Facts
from sipas.release.open_data.settings import OpenDataSettings
from sipas.release.open_data.tables import ENCODING
from sipas.release.open_data.words import Column, Mart
from sipas.release.request import MARK
from sipas.release.sums import sha256_of

PACKAGE, METHOD, DICTIONARY = "datapackage.json", "phuong-phap.json", "tu-dien-du-lieu.csv"
FIELD_TYPES = {
    "text": "string",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp with time zone": "datetime",
}
# Of a release: what identifies, dates and decides it. No account of a person.
TOLD = (
    "release_id",
    "scope",
    "content_sha256",
    "previous_sha256",
    "supersedes",
    "chain_position",
    "chain_sha256",
    "row_count",
    "data_nature",
    "owner_unit_key",
    "as_of_at",
    "calendar_version",
    "build_id",
    "code_version",
    "dbt_project_sha256",
    "decision_number",
    "decision_on",
    "signatory",
    "position",
    "is_automatic_approval",
    "published_at",
)
DICTIONARY_COLUMNS = (
    "bang",
    "ten_bang",
    "cot",
    "kieu",
    "y_nghia",
    "cong_thuc_hoac_nguon",
    "don_vi",
    "bat_buoc",
    "thuoc_khoa",
)


def dictionary(marts: list[Mart]) -> bytes:
    """The data dictionary as CSV: one row a column of a mart."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(DICTIONARY_COLUMNS)
    for mart in marts:
        for column in mart.columns:
            writer.writerow(
                (
                    mart.name,
                    mart.title_vi,
                    column.name,
                    FIELD_TYPES[column.data_type],
                    column.meaning,
                    column.formula,
                    column.unit,
                    "có" if column.is_required else "không",
                    "có" if column.name in mart.primary_key else "không",
                )
            )
    return text.getvalue().encode(ENCODING)


def method_rows(content: Content) -> bytes:
    """The rows of methods and rules, which the hash covers too."""
    return json.dumps(content.method_rows, ensure_ascii=False, sort_keys=True, indent=1).encode()


def package(
    facts: Facts, content: Content, marts: list[Mart], settings: OpenDataSettings, folder: Path
) -> bytes:
    """The text of datapackage.json for the files that lie in `folder`."""
    licence = settings.licence
    title = f"Số liệu mở, bản phát hành {facts.release_id}"
    told = {
        "profile": "data-package",
        "name": f"sipas-{facts.release_id}",
        "id": f"sha256:{facts.release['content_sha256']}",
        "version": facts.release_id.rpartition("-r")[2],
        "title": f"{title} ({MARK})" if facts.is_simulated else title,
        "description": "Đọc README.md trước. Ô bị ẩn để bảo vệ người trả lời có giá trị trống, "
        "is_suppressed = true và lý do trong suppression_reason.",
        "created": canonical(facts.published_at),
        "licenses": [{"name": licence.id, "title": licence.title, "path": licence.url}],
        "contributors": [{"title": settings.publisher_vi, "role": "publisher"}],
        "sources": facts.sources,
        "sipas": {name: canonical(facts.release[name]) for name in TOLD}
        | {
            "chain_head": facts.chain_head,
            "methods": facts.methods,
            "mark_vi": MARK if facts.is_simulated else None,
        },
        "resources": [
            *(table_resource(mart, len(content.tables[mart.name].rows), folder) for mart in marts),
            *(
                parquet_resource(mart, len(content.tables[mart.name].rows), folder)
                for mart in marts
            ),
            dictionary_resource(folder),
            file_resource(folder, "phuong-phap", METHOD, "json", "application/json")
            | {"title": "Các dòng phương pháp và quy tắc mà số liệu được tính theo"},
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=2).encode() + b"\n"


def table_resource(mart: Mart, row_count: int, folder: Path) -> dict[str, Any]:
    """A mart as CSV, with its schema."""
    return file_resource(folder, mart.name, f"data/{mart.name}.csv", "csv", "text/csv") | {
        "profile": "tabular-data-resource",
        "title": f"{mart.title_vi} ({mart.title_en})",
        "description": mart.description_en,
        "rows": row_count,
        "schema": {
            "fields": [field(column) for column in mart.columns],
            "primaryKey": mart.primary_key,
            "missingValues": [""],
        },
    }


def parquet_resource(mart: Mart, row_count: int, folder: Path) -> dict[str, Any]:
    """The same mart as Parquet, which holds its types itself."""
    name, path = f"{mart.name}-parquet", f"data/{mart.name}.parquet"
    return file_resource(folder, name, path, "parquet", "application/vnd.apache.parquet") | {
        "title": f"{mart.title_vi} ({mart.title_en}), Parquet",
        # `rows` is a promise of tables, which Frictionless would read as text.
        "row_count": row_count,
    }


def dictionary_resource(folder: Path) -> dict[str, Any]:
    """The data dictionary."""
    return file_resource(folder, "tu-dien-du-lieu", DICTIONARY, "csv", "text/csv") | {
        "profile": "tabular-data-resource",
        "title": "Từ điển dữ liệu (Data dictionary)",
        "schema": {
            "fields": [{"name": name, "type": "string"} for name in DICTIONARY_COLUMNS],
            "primaryKey": ["bang", "cot"],
            "missingValues": [""],
        },
    }


def file_resource(folder: Path, name: str, path: str, form: str, media: str) -> dict[str, Any]:
    """What every resource tells of its file."""
    file = folder / path
    return {
        "name": name,
        "type": "table" if form == "csv" else "file",
        "path": path,
        "scheme": "file",
        "format": form,
        "mediatype": media,
        "encoding": "utf-8",
        "bytes": file.stat().st_size,
        "hash": f"sha256:{sha256_of(file)}",
    }


def field(column: Column) -> dict[str, Any]:
    """A column as Table Schema describes it."""
    told: dict[str, Any] = {
        "name": column.name,
        "type": FIELD_TYPES[column.data_type],
        "description": column.text,
    }
    if column.is_required:
        told["constraints"] = {"required": True}
    return told
