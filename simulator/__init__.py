"""Stand-ins for one-stop systems and survey contractors: simulated data, the same for a seed."""

from datetime import timedelta, timezone
from pathlib import Path

DATA_NATURE = "simulated"
NOTICE_VI = "DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật"
# Viet Nam has kept +07:00 without summer time since 1975: no time zone database is needed.
LOCAL_TIME = timezone(timedelta(hours=7))
REFERENCE_DIR = Path(__file__).resolve().parents[1] / "reference"
