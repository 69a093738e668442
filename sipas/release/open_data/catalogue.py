"""The folder of open data of an installation: a folder a release, and a catalogue of what stands.

`catalog.json` is DCAT in JSON-LD. What was replaced or withdrawn keeps its folder, so that a link
that was cited does not break; a notice in it and the catalogue say that it no longer stands.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sipas.landing import sync_folder, write_synced
from sipas.release.content import canonical, scope_of
from sipas.release.open_data.check import NOTICE
from sipas.release.open_data.export import Exported, export
from sipas.release.open_data.package import PACKAGE
from sipas.release.open_data.settings import OpenDataSettings, read_settings
from sipas.release.open_data.words import TITLES
from sipas.release.request import MARK
from sipas.vietnamese import LOCAL_TIME

CATALOGUE = "catalog.json"
LOCK = "sipas open data"
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "spdx": "http://spdx.org/rdf/terms#",
    "sipas": "urn:sipas:",
}
MEDIA = {".csv": "text/csv", ".parquet": "application/vnd.apache.parquet"}
STATES_VI = {"superseded": "ĐÃ ĐƯỢC THAY THẾ", "withdrawn": "ĐÃ BỊ THU HỒI"}


def bring_up_to_date(
    connection: psycopg.Connection, root: Path, note: Callable[[str, int, bytes], None]
) -> list[Exported]:
    """Writes what stands and has no folder yet, marks what no longer stands, and the catalogue.

    Returns what was written. A release that was replaced before it had a folder gets none. Who
    comes meanwhile waits (`connection` commits each statement by itself).
    """
    connection.execute("select pg_advisory_lock(hashtext(%s))", [LOCK])
    try:
        return write_what_stands(connection, root, note)
    finally:
        connection.execute("select pg_advisory_unlock(hashtext(%s))", [LOCK])


def write_what_stands(
    connection: psycopg.Connection, root: Path, note: Callable[[str, int, bytes], None]
) -> list[Exported]:
    """The same, by the only one who does so now."""
    releases = (
        connection.cursor(row_factory=dict_row)
        .execute(
            """
            select release_id, scope, status, data_nature, content_sha256, row_count, as_of_at,
                published_at, replaced_by, reason
            from release.releases where published_at is not null order by chain_position
            """
        )
        .fetchall()
    )
    made = [
        export(connection, release["release_id"], root / release["release_id"], note)
        for release in releases
        if release["status"] == "published"
        and not (root / release["release_id"] / PACKAGE).is_file()
    ]
    there = [release for release in releases if (root / release["release_id"] / PACKAGE).is_file()]
    for release in there:
        if release["status"] in STATES_VI:
            replace(root / release["release_id"] / NOTICE, notice(release).encode())
    replace(root / CATALOGUE, catalogue(there, root, read_settings()))
    return made


def notice(release: dict[str, Any]) -> str:
    """What lies beside the data of a release that no longer stands."""
    by = f"\nBản thay thế: {release['replaced_by']}" if release["replaced_by"] else ""
    return (
        f"{STATES_VI[release['status']]}: bản phát hành {release['release_id']} "
        f"không còn hiệu lực.\n"
        f"Lý do: {release['reason'] or 'không nêu'}{by}\n"
    )


def catalogue(releases: list[dict[str, Any]], root: Path, settings: OpenDataSettings) -> bytes:
    """The text of catalog.json: what stands as datasets, what stood as a list beside them."""
    told = {
        "@context": CONTEXT,
        "@type": "dcat:Catalog",
        "dct:title": "Số liệu mở về sự hài lòng và giải quyết thủ tục hành chính",
        "dct:publisher": settings.publisher_vi,
        "dct:language": "vi",
        "dcat:dataset": [
            dataset(release, root, settings)
            for release in releases
            if release["status"] == "published"
        ],
        "sipas:formerReleases": [
            {
                "dct:identifier": release["release_id"],
                "sipas:status": release["status"],
                "dct:isReplacedBy": release["replaced_by"],
                "dct:description": release["reason"],
                "dcat:landingPage": f"{release['release_id']}/{NOTICE}",
            }
            for release in releases
            if release["status"] != "published"
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=2).encode() + b"\n"


def dataset(release: dict[str, Any], root: Path, settings: OpenDataSettings) -> dict[str, Any]:
    """One standing release, with the files of its tables."""
    release_id = release["release_id"]
    marts = sorted(scope_of(release["scope"]).marts)
    mark = f" – {MARK}" if release["data_nature"] == "simulated" else ""
    return {
        "@type": "dcat:Dataset",
        "dct:identifier": release_id,
        "dct:title": f"Bản phát hành {release_id}{mark}",
        "dct:description": ", ".join(TITLES[mart][0] for mart in marts),
        "dct:issued": canonical(release["published_at"]),
        "dct:temporal": f"số liệu đến {release['as_of_at'].astimezone(LOCAL_TIME):%d/%m/%Y}",
        "dct:license": settings.licence.url,
        "sipas:dataNature": release["data_nature"],
        "sipas:contentSha256": release["content_sha256"],
        "sipas:rows": release["row_count"],
        "dct:conformsTo": f"{release_id}/{PACKAGE}",
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dct:title": TITLES[mart][0],
                "dcat:downloadURL": f"{release_id}/data/{mart}{ending}",
                "dcat:mediaType": media,
                "dcat:byteSize": (root / release_id / "data" / f"{mart}{ending}").stat().st_size,
            }
            for mart in marts
            for ending, media in MEDIA.items()
        ],
    }


def replace(path: Path, body: bytes) -> None:
    """Writes a file whole or not at all; one that says the same is left alone."""
    if path.is_file() and path.read_bytes() == body:
        return
    side = path.with_name(f".{path.name}.part")
    write_synced(side, body)
    side.replace(path)
    sync_folder(path.parent)
