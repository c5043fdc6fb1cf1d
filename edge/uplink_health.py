"""How the way to the hub fares: for /metrics, the status that pages read, and the alarms."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from edge.errors import EdgeError
from edge.metrics import Metric, counter, gauge
from traceability.uplink import Level, Status
from traceability.uplink_thinning import Fill
from traceability.wire import RecordsReceipt

CONNECTED = "connected"


class UplinkHealth:
    """Counters since the start, and the last look at what waits."""

    def __init__(self) -> None:
        self.hub = ""
        self.level: Level | None = None
        self.fill = Fill(0, 0.0)
        self.bytes_sent = 0
        self.has_changed = False
        self._records = self._refused = self._readings = self._batches = 0
        self._minutes = self._given_up = 0
        self._failures: Counter[str] = Counter()
        self._status: Status | None = None

    def took_records(self, sent: int, receipt: RecordsReceipt) -> None:
        self._records += sent
        self._refused += len(receipt.refused)
        self._batches += 1

    def took_readings(self, sent: int, *, is_thinned: bool) -> None:
        if is_thinned:
            self._minutes += sent
        else:
            self._readings += sent
        self._batches += 1

    def gave_up(self, minutes: int) -> None:
        self._given_up += minutes

    @property
    def code(self) -> str:
        """How it stands: "connected", what is in the way, or "" before the first try."""
        return self._status.code if self._status else ""

    def status(self, error: EdgeError | None, *, held: int, now: datetime) -> Status:
        """Return how it stands now; `has_changed` says whether that is news."""
        code = error.code if error else CONNECTED
        if error:
            self._failures[error.code] += 1
        said = now.astimezone(UTC).isoformat()
        before = self._status
        self.has_changed = before is None or before.code != code
        since = said if before is None or self.has_changed else before.since
        detail = str(error) if error else ""
        share = round(self.fill.share, 3)
        self._status = Status(self.hub, code, since, said, detail=detail, held=held, fill=share)
        return self._status

    def metrics(self) -> Iterator[Metric]:
        """Offer the numbers; a site without a hub has none."""
        if self._status is None:
            return
        is_connected = self._status.code == CONNECTED
        yield gauge("minori_uplink_connected", "1 while the hub takes what we send.", is_connected)
        yield Metric(
            "minori_uplink_failures_total",
            "counter",
            "Times the hub could not be reached or said no, by code.",
            [({"code": code}, count) for code, count in sorted(self._failures.items())],
        )
        yield counter("minori_uplink_records_total", "Records the hub receipted.", self._records)
        yield counter("minori_uplink_refused_total", "Records the hub refused.", self._refused)
        yield counter("minori_uplink_readings_total", "Readings the hub receipted.", self._readings)
        yield counter(
            "minori_uplink_minutes_total",
            "Minutes the hub receipted of readings that had waited too long to go whole.",
            self._minutes,
        )
        yield counter(
            "minori_uplink_minutes_given_up_total",
            "Minutes that were given up, having waited for the hub for far too long.",
            self._given_up,
        )
        yield gauge(
            "minori_uplink_fill",
            "Share of what may wait whole that is used up; at 1 the oldest goes by the minute.",
            self.fill.share,
        )
        yield counter("minori_uplink_batches_total", "Batches the hub receipted.", self._batches)
        yield counter("minori_uplink_bytes_total", "Bytes sent, packed.", self.bytes_sent)
        yield gauge(
            "minori_uplink_series_held",
            "Series whose readings wait because the hub does not know them.",
            self._status.held,
        )
        if self.level is not None:
            yield from _levels(self.level)


def _levels(level: Level) -> Iterator[Metric]:
    now = datetime.now(UTC)
    yield gauge(
        "minori_uplink_records_waiting",
        "Records without the hub's receipt.",
        level.records_waiting,
    )
    yield gauge(
        "minori_uplink_records_refused",
        "Records the hub does not take until somebody mends them.",
        level.refused,
    )
    for name, words, oldest in (
        ("record", "Age of the oldest record without receipt.", level.oldest_record_at),
        ("reading", "Age of the oldest reading without receipt.", level.oldest_reading_at),
    ):
        age_s = 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
        yield gauge(f"minori_uplink_oldest_{name}_seconds", words, age_s)
