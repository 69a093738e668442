"""`sipas verify` and `sipas release bundle` as an auditor uses them."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from released import as_role, released_world

from sipas.cli import main
from sipas.errors import UserError
from sipas.local import postgres
from sipas.release.verify import bundle_command, commands, scratch
from sipas.release.verify.bundle import write_bundle

UNITS = "units-r1"


@pytest.fixture(scope="module")
def released(built) -> Iterator[psycopg.Connection]:
    with released_world(built) as connection:
        yield connection


@pytest.fixture
def sipas(released, monkeypatch):
    """The command `sipas`, on the released world, with the rights of the role it asks for."""

    @contextmanager
    def connect(role: str, **_) -> Iterator[psycopg.Connection]:
        with as_role(released, role):
            yield released

    for module in (commands, bundle_command):
        monkeypatch.setattr(module, "connect", connect)

    def run(*arguments: str):
        return CliRunner().invoke(main, arguments, catch_exceptions=False)

    return run


def scratch_databases(built) -> list[str]:
    """The scratch databases of the server."""
    return [n for (n,) in built.rows("select datname from pg_database where datname ~ '^sipas_v'")]


@pytest.fixture(scope="module")
def bundle(built, released, tmp_path_factory) -> Path:
    """The bundle of the units of today: quickly recomputed."""
    path = tmp_path_factory.mktemp("bundle") / "units.zip"
    with as_role(released, "audit"):
        write_bundle(released, UNITS, path, with_originals=False)
    return path


def test_verify_tells_an_auditor_one_line_a_check(sipas) -> None:
    result = sipas("verify", "--all", "--hashes-only")
    assert result.exit_code == 2  # nothing was recomputed, and that is said
    assert "DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật" in result.output
    assert result.output.count("Nội dung đóng băng và mã băm") == 9
    assert "GIỚI HẠN" in result.output
    assert "SAI" not in result.output


def test_verify_names_a_release_that_is_not_there(sipas) -> None:
    result = sipas("verify", "khong-co")
    assert result.exit_code == 1
    assert "khong-co" in result.output


def test_a_bundle_is_verified_without_the_database(bundle, tmp_path, monkeypatch) -> None:
    """On a machine that knows nothing of the installation: a server of its own recomputes."""
    for name in list(os.environ):
        if name.startswith(("SIPAS_", "DBT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SIPAS_HOME", str(tmp_path / "nowhere"))
    arguments = ["verify", "--bundle", str(bundle), "--json"]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    (report,) = json.loads(result.output)
    found = {check["check"]: check for check in report["checks"]}
    assert result.exit_code == 0, result.output
    assert found["recompute"]["compared"] > found["content"]["compared"] > 100
    assert not (tmp_path / "nowhere").exists()


def test_without_a_server_a_bundle_is_verified_by_its_hashes(bundle, sipas, monkeypatch) -> None:
    def refuse(name: str) -> str:
        raise UserError("không có máy chủ")

    monkeypatch.setattr(postgres, "binary", refuse)
    result = sipas("verify", "--bundle", str(bundle))
    assert result.exit_code == 2
    assert "không có máy chủ" in result.output


def test_a_bundle_goes_out_for_a_purpose_only(sipas, tmp_path) -> None:
    path = tmp_path / "units.zip"
    result = sipas("release", "bundle", UNITS, str(path))
    assert result.exit_code == 1
    assert "--purpose" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_made_twice_is_the_same_file(bundle, released, tmp_path) -> None:
    with as_role(released, "audit"):
        write_bundle(released, UNITS, tmp_path / "again.zip", with_originals=False)
    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()


def test_the_hash_of_the_content_is_that_of_one_file_of_the_bundle(bundle, released) -> None:
    (sha256,) = released.execute(
        "select content_sha256 from release.releases where release_id = %s", [UNITS]
    ).fetchone()
    with zipfile.ZipFile(bundle) as files:
        assert hashlib.sha256(files.read("content.jsonl")).hexdigest() == sha256


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("content.jsonl", ["bundle", "content"]),
        ("noted.json", ["bundle"]),
        ("landing/reference/", ["bundle", "landed"]),
        ("landing/dbt_projects/", ["bundle", "project"]),
    ],
)
def test_damage_in_a_bundle_is_found(bundle, tmp_path, sipas, name, found) -> None:
    damaged = tmp_path / "damaged.zip"
    with zipfile.ZipFile(bundle) as before, zipfile.ZipFile(damaged, "w") as after:
        names = [entry for entry in before.namelist() if entry.startswith(name)]
        wrong = next(n for n in names if not n.endswith("manifest.json"))
        for entry in before.namelist():
            body = before.read(entry)
            if entry == wrong:
                body = body.replace(b"2", b"3", 1) if name != "noted.json" else body + b" "
            after.writestr(entry, body)
    result = sipas("verify", "--bundle", str(damaged), "--hashes-only", "--json")
    (report,) = json.loads(result.output)
    assert [c["check"] for c in report["checks"] if not c["is_good"]] == found


def test_a_bundle_holds_no_originals_with_persons(built, released, tmp_path) -> None:
    path = tmp_path / "scorecards.zip"
    with as_role(released, "audit"):
        write_bundle(released, "scorecards-r1", path, with_originals=False)
    names = {name for (name,) in built.rows("select full_name from pii.applicants limit 200")}
    with zipfile.ZipFile(path) as files:
        landed = [n for n in files.namelist() if n.startswith("landing/dossiers/")]
        assert any("/copy/" in name for name in landed)
        assert all("/copy/" in name or name.endswith("manifest.json") for name in landed)
        text = "".join(files.read(name).decode() for name in landed)
    assert names
    assert not any(name in text for name in names if name)


def test_a_killed_verification_leaves_a_name_that_the_next_one_removes(built) -> None:
    """Killed while its scratch database stands; the next finds it by its name."""
    code = (
        "import time\n"
        "from sipas.release.verify.scratch import scratch_warehouse\n"
        "with scratch_warehouse() as made:\n"
        "    print(made.name, flush=True)\n"
        "    time.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    name = process.stdout.readline().strip()
    assert name in scratch_databases(built)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with psycopg.connect(postgres.admin_url(built.instance), autocommit=True) as admin:
        while name not in scratch.left_over(admin):
            time.sleep(0.1)
    with scratch.scratch_warehouse() as made:
        assert made.name in scratch_databases(built)
        assert name not in scratch_databases(built)
        assert not scratch.folder_of(name).exists()
    assert made.name not in scratch_databases(built)
