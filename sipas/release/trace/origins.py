"""What every figure rests on: batches with their deliveries, validations, build and approval."""

from pathlib import Path
from typing import Any

from sipas.errors import UserError
from sipas.landing import COPY, Manifest, object_path, read_manifest
from sipas.release.trace.released import Released
from sipas.release.trace.result import Trace

APPROVAL = (
    "status",
    "decision_number",
    "decision_on",
    "signatory",
    "position",
    "approved_by",
    "approved_at",
    "is_automatic_approval",
    "published_at",
    "reason",
)
IDENTITY = (
    "release_id",
    "scope",
    "content_sha256",
    "previous_sha256",
    "supersedes",
    "row_count",
    "data_nature",
    "as_of_at",
    "calendar_version",
    "created_at",
    "chain_position",
    "chain_sha256",
)


def origins(released: Released, trace: Trace) -> dict[str, Any]:
    """Batches, validations, build, release and approval of one figure, as plain data."""
    release, batch_ids = released.release, trace.batch_ids
    return {
        "release": {name: release.get(name) for name in IDENTITY},
        "approval": {name: release[name] for name in APPROVAL},
        "build": build_of(released),
        "batches": [
            batch | {"row_count": trace.batch_rows.get(batch["batch_id"])}
            for batch in deliveries(released, batch_ids)
        ],
        "validations": validations(released, batch_ids),
    }


def build_of(released: Released) -> dict[str, Any]:
    """The build, its code and its archived dbt project."""
    (build,) = released.query(
        """
        select build_id, status, as_of_at, code_version, dbt_project_sha256, started_at, ended_at,
            run_id, (select count(*) from audit.batches_of_build(build_id)) as seen_batch_count
        from audit.builds as builds where build_id = %s
        """,
        [released.release["build_id"]],
    )
    archive = Path("dbt_projects") / f"{build['dbt_project_sha256']}.tar"
    is_there = released.landing and (released.landing / archive).is_file()
    return build | {"archive": str(archive), "is_archive_there": is_there}


def deliveries(released: Released, batch_ids: list[int]) -> list[dict[str, Any]]:
    """The batches behind, each with its delivery and the objects that landed."""
    rows = released.query(
        """
        select batches.batch_id, batches.status, batches.contract_version,
            batches.mapping_version, batches.received_count, batches.loaded_count,
            batches.unchanged_count, batches.quarantined_count, batches.loaded_at,
            deliveries.delivery_id, deliveries.delivery_kind, deliveries.subject_code,
            deliveries.source_code, deliveries.file_name, deliveries.data_nature,
            deliveries.received_at, deliveries.window_from, deliveries.watermark,
            deliveries.content_sha256, deliveries.manifest_sha256, deliveries.landing_path,
            purges.copy_sha256, purges.purged_at
        from audit.batches as batches
        inner join audit.deliveries as deliveries using (delivery_id)
        left join audit.purges as purges using (delivery_id)
        where batches.batch_id = any(%s)
        order by batches.batch_id
        """,
        [batch_ids],
    )
    return [row | objects_of(released, row) for row in rows]


def objects_of(released: Released, delivery: dict[str, Any]) -> dict[str, Any]:
    """The landed objects of a delivery by its manifest, whose hash is in the database; of what is
    left of them: there, with other bytes than landed, or gone. Read once for each delivery."""
    return released.keep(
        ("objects", delivery["delivery_id"]), lambda: read_objects(released.landing, delivery)
    )


def read_objects(landing: Path | None, delivery: dict[str, Any]) -> dict[str, Any]:
    """Name, size, hash and state of each landed object."""
    path = delivery["landing_path"]
    if delivery["copy_sha256"]:
        path = f"{path}/{COPY}"
    if landing is None:
        return {"path": path, "objects": [], "fault_vi": "không có vùng tiếp nhận ở máy này"}
    try:
        manifest = read_manifest(
            landing / delivery["landing_path"],
            delivery["manifest_sha256"],
            delivery["copy_sha256"],
        )
    except UserError as error:
        return {"path": path, "objects": [], "fault_vi": str(error)}
    objects = [
        {
            "name": item.name,
            "byte_count": item.byte_count,
            "sha256": item.sha256,
            "state": state_of(landing, manifest, item),
        }
        for item in manifest.objects
    ]
    return {"path": path, "objects": objects, "fault_vi": None}


def state_of(landing: Path, manifest: Manifest, item: Any) -> str:
    """Whether the bytes are there, by their number; `sipas verify` hashes them."""
    path = object_path(landing, manifest, item)
    if not path.is_file():
        return "missing"
    return "there" if path.stat().st_size == item.byte_count else "changed"


def validations(released: Released, batch_ids: list[int]) -> list[dict[str, Any]]:
    """What the gates found of these batches and of the build: a row a suite, with what failed."""
    return released.query(
        """
        select gate, suite_name, severity, count(*) as check_count,
            count(*) filter (where not is_successful) as failed_count,
            max(validated_at) as validated_at,
            array_agg(description_vi order by validation_id)
                filter (where not is_successful) as failed_vi
        from audit.validations
        where batch_id = any(%s) or build_id = %s
        group by gate, suite_name, severity
        order by gate desc, suite_name, severity
        """,
        [batch_ids, released.release["build_id"]],
    )
