"""How the collecting part fares: for /metrics, and one line in the log now and then."""

from collections.abc import Iterator

from edge.agents.intake import Intake
from edge.agents.poll import Health
from edge.agents.record import Recorded
from edge.bus import Bus
from edge.metrics import Metric, Source, Sources, counter, gauge
from edge.refusals import Refusals
from traceability.trouble import Trouble

_WAITED_FOR = (Trouble.HELD, Trouble.FULL, Trouble.DOUBT)

_DENIALS = ("broker_silent", "publish_refused", "subscription_refused")


class Status:
    """Counters that the agents keep, in one place."""

    def __init__(self, intake: Intake, bus: Bus, sources: Sources | None = None) -> None:
        self.recorded = Recorded()
        self.refusals = Refusals()
        self.devices: Health = {}
        self._intake = intake
        self._bus = bus
        self._sources = sources or Sources()
        self._sources.add(self._collected)

    def add(self, source: Source) -> None:
        """Show another part's numbers, too."""
        self._sources.add(source)

    def text(self) -> str:
        """Return everything in Prometheus' text form."""
        return self._sources.text()

    def summary(self) -> str:
        """Return one line for the log."""
        silent = [name for name, health in self.devices.items() if not health.answers]
        return (
            f"{self.recorded.rows} readings stored, {sum(self.refusals.counts.values())} refused, "
            f"{len(self._intake)} waiting; never answered: {', '.join(silent) or 'none'}"
        )

    def _collected(self) -> Iterator[Metric]:
        yield counter(
            "minori_readings_stored_total",
            "Readings stored since the start.",
            self.recorded.rows,
        )
        yield counter(
            "minori_batches_total", "Transactions that stored readings.", self.recorded.batches
        )
        yield gauge(
            "minori_deliveries_waiting",
            "Deliveries of readings not yet stored.",
            len(self._intake),
        )
        if self.recorded.stored_at is not None:
            yield gauge(
                "minori_last_commit_timestamp_seconds",
                "When readings were last committed, since 1970.",
                round(self.recorded.stored_at, 3),
            )
        trouble = self.recorded.patience.trouble
        yield Metric(
            "minori_store_trouble",
            "gauge",
            "1 for what the store waits for: another program's lock, room, a disk that failed.",
            [({"trouble": kind.name.lower()}, kind is trouble) for kind in _WAITED_FOR],
        )
        yield from self._mqtt()
        yield Metric(
            "minori_refused_total",
            "counter",
            "Messages and fields refused, by code.",
            [({"code": code}, n) for code, n in sorted(self.refusals.counts.items())],
        )
        yield from self._devices()

    def _mqtt(self) -> Iterator[Metric]:
        denied = self._bus.denied.code if self._bus.denied else ""
        yield gauge(
            "minori_mqtt_connected", "1 while the MQTT session stands.", self._bus.is_connected
        )
        yield counter(
            "minori_mqtt_connections_total",
            "MQTT sessions since the start.",
            self._bus.connections,
        )
        yield counter(
            "minori_mqtt_deaf_total",
            "MQTT sessions that stood and heard nothing any more.",
            self._bus.deaf,
        )
        yield Metric(
            "minori_mqtt_denied",
            "gauge",
            "1 for what the broker does not let us do: see its access list.",
            [({"code": code}, code == denied) for code in _DENIALS],
        )

    def _devices(self) -> Iterator[Metric]:
        devices = sorted(self.devices.items())
        yield Metric(
            "minori_device_answers_total",
            "counter",
            "Answers of a polled device.",
            [({"device": name}, health.answers) for name, health in devices],
        )
        yield Metric(
            "minori_device_last_answer_timestamp_seconds",
            "gauge",
            "When a polled device last answered, since 1970.",
            [
                ({"device": name}, health.last_answer_at.timestamp())
                for name, health in devices
                if health.last_answer_at is not None
            ],
        )
        yield Metric(
            "minori_device_faults_total",
            "counter",
            "Polls of a device that failed, by code.",
            [
                ({"device": name, "code": code}, count)
                for name, health in devices
                for code, count in sorted(health.faults.items())
            ],
        )
