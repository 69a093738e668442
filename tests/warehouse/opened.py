"""Open data of the demo's releases, for the tests of this folder."""

from pathlib import Path

from sipas.database import connect
from sipas.release.content import Table
from sipas.release.open_data.export import Exported, export
from sipas.release.open_data.tables import read_parquet

ROUND = "hue-2023-sim-r1"
COMMUNE = "quang-thanh-2023-sim-r1"
SMALL = "units-r1"


def unnoted(*_: object) -> None:
    """For exports whose note is of no interest."""


def export_to(folder: Path, release_id: str, note=unnoted) -> Exported:
    """Writes the open data of a release."""
    with connect("audit", autocommit=True) as connection:
        return export(connection, release_id, folder, note)


def tables_of(folder: Path) -> dict[str, Table]:
    """Every mart's table, from Parquet."""
    return {path.stem: read_parquet(path) for path in sorted(folder.glob("data/*.parquet"))}
