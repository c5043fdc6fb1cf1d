"""What an edge and its hub say to each other: the shapes of the JSON under `/edge/v1/`.

A number is never given twice within one database (`store`), so that sending again is harmless;
whoever continues says after which number, so that nothing is left out unseen.
"""

from typing import Any

import msgspec

# Bytes of a batch, unpacked: more than an edge ever makes, too little to fill a hub's memory.
LARGEST = 32_000_000
# The same as it travels: what Minori and many a proxy take as one body.
LARGEST_PACKED = 1_000_000


class Waiting(msgspec.Struct, frozen=True, omit_defaults=True):
    """How much an edge has still to send, as it says itself; times are ISO 8601, UTC."""

    records: int = 0
    oldest_record: str | None = None
    oldest_reading: str | None = None
    refused: int = 0

    def without(self, taken: int) -> "Waiting":
        """Return what waits once so many of the records are there."""
        if taken >= self.records:
            return Waiting(oldest_reading=self.oldest_reading, refused=self.refused)
        return msgspec.structs.replace(self, records=self.records - taken)


class Record(msgspec.Struct, omit_defaults=True):
    """One change: `row` is the row as it was then, None: it was deleted.

    `parts` is what hangs on an act, by table: the lots it made, its lines, flows, inspections.
    """

    sequence: int
    kind: str
    ref: str
    row: Any
    parts: dict[str, list[dict[str, Any]]] = {}


class Records(msgspec.Struct, frozen=True):
    store: str
    after: int
    records: list[Record]
    waiting: Waiting = Waiting()


class Refusal(msgspec.Struct, frozen=True):
    """A record the hub does not take; it is on the hub's disk that it does not."""

    sequence: int
    kind: str
    ref: str
    code: str
    detail: str
    facts: dict[str, Any]


class RecordsReceipt(msgspec.Struct, frozen=True):
    """All records up to `number` are on the hub's disk, but for those refused."""

    number: int
    refused: list[Refusal]


class SeriesReadings(msgspec.Struct, frozen=True):
    """Readings of one series, oldest first: columns, which pack small.

    Attributes:
        series: The number of the series at the edge.
        at: Milliseconds since 1970 of the first, then the steps from each to the next.
        quality, reason: A number for all, or one for each.
    """

    series: int
    at: list[int]
    value: list[float | None]
    quality: int | list[int] = 0
    reason: int | list[int] = 0


class SeriesMinutes(msgspec.Struct, frozen=True):
    """Whole minutes of one series that waited too long to be sent whole, oldest first.

    Attributes:
        series: The number of the series at the edge.
        at: Minutes since 1970 of the first, then the steps from each to the next.
        good, uncertain, bad: How many readings, by quality; a number for all, or one for each.
        total, low, high: Of good and uncertain raw values together; None where there is none.
    """

    series: int
    at: list[int]
    good: int | list[int]
    uncertain: int | list[int]
    bad: int | list[int]
    total: list[float | None]
    low: list[float | None]
    high: list[float | None]


class Readings(msgspec.Struct, frozen=True, omit_defaults=True):
    store: str
    number: int
    series: list[SeriesReadings]
    waiting: Waiting = Waiting()
    minutes: list[SeriesMinutes] = []


class ReadingsReceipt(msgspec.Struct, frozen=True):
    """Batch `number` is on the hub's disk, but for series it does not know or cannot read."""

    number: int
    stored: int
    unknown: list[int]


class State(msgspec.Struct, frozen=True):
    """What a hub has of one database of an edge."""

    edge: str
    hub: str  # the hub's own store id
    revision: str  # of its schema
    records: int
    telemetry: int
    now: str


class Enrolment(msgspec.Struct, frozen=True):
    code: str
    organisation: str
    site: str


class Enrolled(msgspec.Struct, frozen=True):
    """The credential is said once, here; the hub keeps a hash."""

    edge: str
    hub: str
    name: str
    credential: str
