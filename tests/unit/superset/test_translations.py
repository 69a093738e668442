"""The Vietnamese catalogue: one source, right in form, of words that Superset really says."""

import gettext
import io
import json
import re
import subprocess
import sys
import sysconfig
import unicodedata
from functools import cache
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from rooms import SUPERSET, module

compile_translations = module("compile_translations")
PACKAGES = Path(
    sysconfig.get_path("purelib", vars={"base": str(SUPERSET.parent / ".venv" / "superset")})
)
# %s, %d, %(name)s, %(rows)d; {name}; and the newline that a message may end with.
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]|\{\w*\}")
MARKS = " .…:!"


@pytest.fixture(scope="module")
def catalogue():
    return compile_translations.read_catalogue()


def words(catalogue):
    """(message, its Vietnamese) of every entry; a plural counts by its forms."""
    for message in catalogue:
        if message.id:
            ids = message.id if message.pluralizable else (message.id,)
            strings = message.string if message.pluralizable else (message.string,)
            for said in ids:
                yield said, strings[0]


@cache
def messages_of_superset() -> set[str]:
    """Every message of Superset's template and of Flask-AppBuilder's catalogue."""
    template = PACKAGES / "superset" / "translations" / "messages.pot"
    views = PACKAGES / "flask_appbuilder/translations/fr/LC_MESSAGES/messages.mo"
    catalogues = (
        read_po(io.BytesIO(template.read_bytes())),
        read_mo(io.BytesIO(views.read_bytes())),
    )
    return {
        said
        for catalogue in catalogues
        for message in catalogue
        for said in (message.id if isinstance(message.id, tuple) else (message.id,))
    }


def test_server_and_browser_read_what_the_catalogue_says(catalogue):
    for path, content in compile_translations.compiled().items():
        assert path.read_bytes() == content, "run python superset/compile_translations.py"
    machine = gettext.GNUTranslations(
        io.BytesIO((compile_translations.FOLDER / "messages.mo").read_bytes())
    )
    pack = json.loads((compile_translations.FOLDER / "messages.json").read_text(encoding="utf-8"))
    browser = pack["locale_data"]["superset"]
    for message in catalogue:
        if message.id and message.pluralizable:
            assert machine.ngettext(*message.id, 5) == browser[message.id[0]][0]
        elif message.id:
            assert machine.gettext(message.id) == browser[message.id][0] == message.string
    assert browser[""]["lang"] == "vi"
    assert len(browser) - 1 == len([message for message in catalogue if message.id])


def test_an_edited_compilation_is_found(tmp_path, monkeypatch):
    for path in compile_translations.FOLDER.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(compile_translations, "FOLDER", tmp_path)
    assert compile_translations.main(["--check"]) == 0
    (tmp_path / "messages.json").write_text("{}")
    assert compile_translations.main(["--check"]) == 1
    assert compile_translations.main([]) == 0
    assert compile_translations.main(["--check"]) == 0


def test_placeholders_of_a_message_and_of_its_translation_are_the_same(catalogue):
    for message in catalogue:
        if not message.id:
            continue
        # A plural's one Vietnamese form serves all numbers, so it has what the plural has.
        said = message.id[-1] if message.pluralizable else message.id
        strings = message.string if message.pluralizable else (message.string,)
        for string in strings:
            assert sorted(PLACEHOLDER.findall(said)) == sorted(PLACEHOLDER.findall(string)), said


def test_every_entry_is_translated_and_in_composed_letters(catalogue):
    for said, string in words(catalogue):
        assert string, said
        assert string == unicodedata.normalize("NFC", string), said
        assert said[-1].isspace() == string[-1].isspace(), f"«{said}»: the space at the end"
    assert not [message.id for message in catalogue if message.fuzzy]
    same = {said for said, string in words(catalogue) if said == string}
    assert same == {"SQL Lab"}, "left in English"


def test_the_catalogue_translates_words_that_superset_says(catalogue):
    unknown = {said for said, _ in words(catalogue)} - messages_of_superset()
    scripts = PACKAGES / "superset" / "static" / "assets"
    code = "".join(path.read_text("utf-8", errors="replace") for path in scripts.glob("*.js"))
    absent = {said for said in unknown if f'"{said}"' not in code and f"'{said}'" not in code}
    assert not absent, "no such message in this version of Superset"


def test_one_english_word_has_one_vietnamese_word_whatever_its_case(catalogue):
    found: dict[str, set[str]] = {}
    for said, string in words(catalogue):
        found.setdefault(said.strip(MARKS).casefold(), set()).add(string.strip(MARKS).casefold())
    assert not {said: strings for said, strings in found.items() if len(strings) > 1}


def test_the_command_explains_itself():
    script = SUPERSET / "compile_translations.py"
    result = subprocess.run(
        [sys.executable, str(script), "nonsense"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "--check" in result.stderr
