"""One series as a table to download: each reading, or each minute, hour, day."""

from collections.abc import Iterable

from api.sheets import Sheet
from traceability.buckets import Bucket
from traceability.readings import Sample

READING_COLUMNS = ("at", "value", "raw", "quality", "reason")
BUCKET_COLUMNS = ("start", "end", "count", "good", "trusted", "mean", "low", "high", "on")


def of_readings(found: Iterable[Sample]) -> Sheet:
    rows = [
        (
            one.at.isoformat(),
            one.value,
            one.raw,
            one.quality.name.lower(),
            one.reason.name.lower(),
        )
        for one in found
    ]
    return Sheet("readings", READING_COLUMNS, rows, "readings", READING_COLUMNS)


def of_buckets(found: Iterable[Bucket]) -> Sheet:
    rows = [
        (
            one.start.isoformat(),
            one.end.isoformat(),
            one.count,
            one.good,
            one.trusted,
            one.mean,
            one.low,
            one.high,
            one.on,
        )
        for one in found
    ]
    return Sheet("rollups", BUCKET_COLUMNS, rows, "rollups", BUCKET_COLUMNS)


def file_name(device: str, quantity: str, channel: str, resolution: str) -> str:
    """Return a name that every system takes: a device calls itself what it likes."""
    parts = "-".join(filter(None, (device, quantity, channel, resolution)))
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in parts)
