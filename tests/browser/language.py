"""Finds what a page of Superset says in English."""

import io
import re
import sysconfig
from pathlib import Path

from babel.messages.pofile import read_po
from playwright.sync_api import Page

from sipas.local.instance import PROJECT

PACKAGES = Path(sysconfig.get_path("purelib", vars={"base": str(PROJECT / ".venv" / "superset")}))
ATTRIBUTE = "(items, name) => items.map(item => item.getAttribute(name))"


def messages(path: Path) -> set[str]:
    """The messages of a catalogue, each form of a plural by itself."""
    return {
        said
        for message in read_po(io.BytesIO(path.read_bytes()))
        for said in (message.id if isinstance(message.id, tuple) else (message.id,))
    }


def english_lines() -> re.Pattern[str]:
    """Whole lines that are a message of Superset, with anything in its gaps."""
    template = PACKAGES / "superset" / "translations" / "messages.pot"
    said = {text for text in messages(template) if re.search(r"[A-Za-z]{3}", text)}
    said -= {"SQL Lab", "SIPAS", "CSV", "Excel"}
    gaps = (re.sub(r"%(\\\(\w+\\\))?[sd]", ".+", re.escape(text.strip())) for text in said)
    return re.compile("|".join(gap for gap in gaps if re.search("[a-z]{3}", gap)))


def lines_of(page: Page) -> list[str]:
    """What stands on the page, line by line, and what its fields and buttons are called."""
    lines = [line.strip() for line in page.inner_text("body").splitlines()]
    for name in ("placeholder", "aria-label", "title"):
        # Pictures are called by the names of their files.
        found = page.locator(f"[{name}]:not([role=img]):visible")
        lines += [said.strip() for said in found.evaluate_all(ATTRIBUTE, name)]
    return [line for line in lines if line]


def untranslated(page: Page, english: re.Pattern[str]) -> list[str]:
    """The lines that Superset says in English."""
    return sorted({line for line in lines_of(page) if english.fullmatch(line)})
