"""SHA256SUMS of a folder that leaves the house: `sha256sum -c` reads it, and so do we."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

SUMS = "SHA256SUMS"


def sha256_of(path: Path) -> str:
    """The hash of a file, which may be larger than memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_of(folder: Path) -> list[str]:
    """The files below a folder, without the sums, as paths relative to it, in one order."""
    found = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return sorted(name.as_posix() for name in found if name.as_posix() != SUMS)


def sums_of(folder: Path) -> str:
    """The text of SHA256SUMS for what lies in the folder."""
    return "".join(f"{sha256_of(folder / name)}  {name}\n" for name in files_of(folder))


def faults_of_sums(folder: Path, what: str, beside: Iterable[str] = ()) -> list[str]:
    """Files that are missing, added or edited, as lines for auditors; `what` names the folder.

    Files of `beside` may be there or not. Raises OSError when there are no sums.
    """
    listed = {}
    for line in (folder / SUMS).read_text(encoding="utf8").splitlines():
        sha256, _, name = line.partition("  ")
        listed[name] = sha256
    found = {name: sha256_of(folder / name) for name in files_of(folder) if name not in beside}
    faults = []
    for name in sorted({*listed, *found}):
        if name not in found:
            faults.append(f"{what} thiếu tệp {name}.")
        elif name not in listed:
            faults.append(f"{what} có thêm tệp {name}, không có trong {SUMS}.")
        elif listed[name] != found[name]:
            faults.append(f"Tệp {name} trong {what[0].lower()}{what[1:]} đã bị sửa (mã băm khác).")
    return faults
