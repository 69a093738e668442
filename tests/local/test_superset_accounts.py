"""The accounts that `make up` makes in Superset: one a role, with passwords of this instance."""

import stat
from pathlib import Path

import pytest
import yaml

from sipas.local import superset_accounts
from sipas.local.instance import PROJECT, Instance, load_or_create_instance


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    monkeypatch.setenv("SIPAS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SIPAS_ACCOUNTS_FILE", raising=False)
    return load_or_create_instance()


def test_every_role_has_an_account_whose_password_nobody_else_reads(fresh: Instance) -> None:
    path = superset_accounts.accounts_file(fresh)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    accounts = yaml.safe_load(path.read_text())["accounts"]
    roles = yaml.safe_load((PROJECT / "superset" / "roles.yaml").read_text())["roles"]
    assert {account["role"] for account in accounts} == set(roles)
    secrets = [account["password"] for account in accounts]
    assert len(set(secrets)) == len(secrets)
    assert set(superset_accounts.passwords(fresh).values()) == set(secrets)
    assert not any(secret in line for secret in secrets for line in superset_accounts.lines())


def test_a_province_names_its_own_people(
    fresh: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "people.yaml"
    monkeypatch.setenv("SIPAS_ACCOUNTS_FILE", str(own))
    assert superset_accounts.accounts_file(fresh) == own
    assert not (fresh.home / "superset" / "accounts.yaml").exists()
