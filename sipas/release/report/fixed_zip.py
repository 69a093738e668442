"""Office files without a clock: the same content gives the same bytes."""

import re
import zipfile
from datetime import UTC, datetime
from io import BytesIO

PROPERTIES = "docProps/core.xml"
# The first moment that a zip can tell.
EPOCH = (1980, 1, 1, 0, 0, 0)


def without_clock(content: bytes, stamped_at: datetime) -> bytes:
    """The parts of an office file with one time in its properties and none in its zip."""
    stamp = f"{stamped_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}".encode()
    fixed = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as source,
        zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            part = source.read(name)
            if name == PROPERTIES:
                part = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*", rb"\g<1>" + stamp, part)
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, part)
    return fixed.getvalue()
