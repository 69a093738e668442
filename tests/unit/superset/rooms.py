"""The modules of the folder superset/, which is no package (a package of that name exists)."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

SUPERSET = Path(__file__).resolve().parents[3] / "superset"


def module(name: str) -> ModuleType:
    """A module of the folder, as the scripts there import each other."""
    if str(SUPERSET) not in sys.path:
        sys.path.append(str(SUPERSET))
    return importlib.import_module(name)
