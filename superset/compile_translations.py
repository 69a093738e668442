"""Compile the Vietnamese catalogue: messages.po → messages.mo (server) and messages.json (browser).

    python superset/compile_translations.py            write both beside the catalogue
    python superset/compile_translations.py --check    exit 1 when they are not what it says

messages.po is the one source. Runs in both environments (needs babel).
"""

import io
import json
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "translations" / "vi" / "LC_MESSAGES"
# The domain under which Superset's browser code looks words up.
DOMAIN = "superset"


def read_catalogue(path: Path = FOLDER / "messages.po") -> Catalog:
    """Read the catalogue; raise ValueError at a line that is no catalogue."""
    with path.open("rb") as file:
        return read_po(file, locale="vi", abort_invalid=True)


def machine_catalogue(catalogue: Catalog) -> bytes:
    """Return messages.mo, which Flask-Babel reads."""
    target = io.BytesIO()
    write_mo(target, catalogue)
    return target.getvalue()


def browser_catalogue(catalogue: Catalog) -> bytes:
    """Return messages.json in the format of Jed: message → its forms (Vietnamese has one)."""
    words = {
        message.id[0] if message.pluralizable else message.id: (
            list(message.string) if message.pluralizable else [message.string]
        )
        for message in catalogue
        if message.id
    }
    head = {"domain": DOMAIN, "plural_forms": catalogue.plural_forms, "lang": "vi"}
    pack = {"domain": DOMAIN, "locale_data": {DOMAIN: {"": head, **words}}}
    return (json.dumps(pack, ensure_ascii=False, indent=1) + "\n").encode()


def compiled() -> dict[Path, bytes]:
    """Return what belongs beside the catalogue: path → content."""
    catalogue = read_catalogue()
    return {
        FOLDER / "messages.mo": machine_catalogue(catalogue),
        FOLDER / "messages.json": browser_catalogue(catalogue),
    }


def main(arguments: list[str]) -> int:
    """Run from the command line; return the exit code."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    stale = {
        path: content
        for path, content in compiled().items()
        if not path.is_file() or path.read_bytes() != content
    }
    for path, content in stale.items():
        if arguments:
            print(
                f"{path.name}: không khớp messages.po; chạy compile_translations.py",
                file=sys.stderr,
            )
        else:
            path.write_bytes(content)
    return 1 if arguments and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
