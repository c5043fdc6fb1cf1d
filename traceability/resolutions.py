"""How finely a series is kept: every reading, or statistics of a minute, an hour, a local day.

Minutes and hours are UTC's; a day is the site's own, from midnight to midnight, 23 to 25 hours.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

from sqlalchemy import Table

from sensors import to_ms, utc_from_ms
from traceability.models import reading, rollup_day, rollup_hour, rollup_minute

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


class Resolution(IntEnum):
    """From the finest to the coarsest."""

    RAW = 0
    MINUTE = 1
    HOUR = 2
    DAY = 3

    @property
    def label(self) -> str:
        """What it is called over HTTP and in settings: raw, 1min, 1h, 1d."""
        return _LABELS[self]

    @property
    def width_ms(self) -> int:
        """How long a bucket is, a day about; 0 for single readings."""
        return _WIDTHS_MS[self]

    @property
    def table(self) -> Table:
        return _TABLES[self]

    @property
    def finer(self) -> "Resolution":
        return Resolution(self - 1)


_LABELS = ("raw", "1min", "1h", "1d")
_WIDTHS_MS = (0, MINUTE_MS, HOUR_MS, DAY_MS)
_TABLES = (reading, rollup_minute, rollup_hour, rollup_day)
ROLLED_UP = (Resolution.MINUTE, Resolution.HOUR, Resolution.DAY)
BY_LABEL = {resolution.label: resolution for resolution in Resolution}


def floor(resolution: Resolution, at_ms: int, zone: ZoneInfo) -> int:
    """Return where the bucket of that moment begins; a reading is its own."""
    if resolution is Resolution.DAY:
        return _midnight_ms(utc_from_ms(at_ms).astimezone(zone).date(), zone)
    width = resolution.width_ms
    return at_ms - at_ms % width if width else at_ms


def ceil(resolution: Resolution, at_ms: int, zone: ZoneInfo) -> int:
    """Return where the first bucket begins that lies wholly after that moment, or at it."""
    start_ms = floor(resolution, at_ms, zone)
    return start_ms if start_ms == at_ms else following(resolution, start_ms, zone)


def following(resolution: Resolution, start_ms: int, zone: ZoneInfo) -> int:
    """Return where the bucket ends that begins there."""
    if resolution is Resolution.DAY:
        day = utc_from_ms(start_ms).astimezone(zone).date()
        return _midnight_ms(day + timedelta(days=1), zone)
    return start_ms + resolution.width_ms


def days(start_ms: int, end_ms: int, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    """Give start and end of each whole local day from a midnight on."""
    while (stop_ms := following(Resolution.DAY, start_ms, zone)) <= end_ms:
        yield start_ms, stop_ms
        start_ms = stop_ms


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    return to_ms(datetime.combine(day, time(), zone).astimezone(UTC))
