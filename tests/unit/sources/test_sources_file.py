"""The sources file: what is wrong in it is said by entry and field."""

import pytest
import yaml

from sipas.contracts.mapping import load_mapping
from sipas.contracts.survey_mapping import load_survey_mapping
from sipas.errors import UserError
from sipas.sources.configuration import (
    DropFolderSource,
    FilesSource,
    HttpSource,
    read_sources,
    source_by_code,
)

ENTRY = {
    "code": "mot_cua",
    "kind": "http",
    "name_vi": "Một cửa",
    "connection": "mot_cua",
    "path": "/systems/mot_cua",
    "mapping": "mot_cua_iso",
    "data_nature": "real",
}


@pytest.fixture
def sources_file(tmp_path, monkeypatch):
    """A function that writes the sources file."""
    path = tmp_path / "sources.yml"
    monkeypatch.setenv("SIPAS_SOURCES_FILE", str(path))

    def write(*entries: dict, **top) -> None:
        content = {"one_stop": list(entries), "surveys": {"mapping": "contractor_wide"}} | top
        path.write_text(yaml.safe_dump(content), encoding="utf8")

    return write


def test_an_entry_is_read_with_its_defaults(sources_file):
    sources_file(ENTRY)
    source = source_by_code("mot_cua")
    assert (source.page_size, source.overlap_minutes, source.data_nature) == (500, 1440, "real")
    assert source_by_code("another") is None


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"code": "Một cửa"}, "code"),
        ({"data_nature": "test"}, "data_nature"),
        ({"page_size": 0}, "page_size"),
        ({"overlap_minutes": -1}, "overlap_minutes"),
        ({"pasword": "x"}, "pasword"),
        ({"kind": "ftp"}, "'ftp'.*kind"),
        ({"kind": "files"}, "connection"),
        ({"requests_per_second": 0}, "requests_per_second"),
        ({"concurrency": "two"}, "concurrency"),
        ({"paging": "offset"}, "paging"),
        ({"reject_threshold": 10}, "reject_threshold"),
    ],
)
def test_a_wrong_field_is_named(sources_file, change, named):
    sources_file(ENTRY | {"code": "first"}, ENTRY | change)
    with pytest.raises(UserError, match=rf"sources\.yml is wrong: .*{named}") as wrong:
        read_sources()
    code = change.get("code", "mot_cua")
    assert f"one_stop[1] ({code})" in str(wrong.value)


def test_each_kind_is_read_as_what_it_is(sources_file):
    base = {name: ENTRY[name] for name in ("name_vi", "mapping", "data_nature")}
    sources_file(
        ENTRY,
        base | {"code": "xa", "kind": "files"},
        base | {"code": "so", "kind": "drop_folder", "path": "s3://bucket/so"},
    )
    kinds = [type(source) for source in read_sources().one_stop]
    assert kinds == [HttpSource, FilesSource, DropFolderSource]


def test_a_code_that_stands_twice_is_named(sources_file):
    sources_file(ENTRY, ENTRY)
    with pytest.raises(UserError, match="mot_cua twice"):
        read_sources()


def test_a_missing_file_is_named(sources_file):
    with pytest.raises(UserError, match=r"sources\.yml is missing"):
        read_sources()


def test_what_is_no_yaml_is_named(sources_file, tmp_path):
    (tmp_path / "sources.yml").write_text("one_stop: [")
    with pytest.raises(UserError, match=r"sources\.yml is wrong"):
        read_sources()


def test_the_setting_must_be_there(monkeypatch):
    monkeypatch.delenv("SIPAS_SOURCES_FILE", raising=False)
    with pytest.raises(UserError, match="SIPAS_SOURCES_FILE"):
        read_sources()


def test_the_projects_own_file_names_mappings_that_exist(monkeypatch, pytestconfig):
    monkeypatch.setenv("SIPAS_SOURCES_FILE", str(pytestconfig.rootpath / "config" / "sources.yml"))
    sources = read_sources()
    assert {source.data_nature for source in sources.one_stop} == {"simulated"}
    for source in sources.one_stop:
        assert load_mapping(source.mapping).fields
    assert load_survey_mapping(sources.surveys.mapping, pytestconfig.rootpath).fields
