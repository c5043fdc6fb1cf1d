"""How the collecting part fares: for /metrics, and one line in the log now and then."""

from collections.abc import Iterable, Iterator

from edge.agents.intake import Intake
from edge.agents.poll import Health
from edge.agents.record import Recorded
from edge.bus import Bus
from edge.refusals import Refusals

# name -> (kind, help); the order they are shown in.
_METRICS = {
    "minori_readings_stored_total": ("counter", "Readings stored since the start."),
    "minori_batches_total": ("counter", "Transactions that stored readings."),
    "minori_deliveries_waiting": ("gauge", "Deliveries of readings not yet stored."),
    "minori_mqtt_connected": ("gauge", "1 while the MQTT session stands."),
    "minori_mqtt_connections_total": ("counter", "MQTT sessions since the start."),
    "minori_refused_total": ("counter", "Messages and fields refused, by code."),
    "minori_device_answers_total": ("counter", "Answers of a polled device."),
    "minori_device_faults_total": ("counter", "Polls of a device that failed, by code."),
}
_Sample = tuple[str, dict[str, str], float]


class Status:
    """Counters that the agents keep, in one place."""

    def __init__(self, intake: Intake, bus: Bus) -> None:
        self.recorded = Recorded()
        self.refusals = Refusals()
        self.devices: Health = {}
        self._intake = intake
        self._bus = bus

    def text(self) -> str:
        """Return everything in Prometheus' text form."""
        return "".join(_exposition(self._samples()))

    def summary(self) -> str:
        """Return one line for the log."""
        silent = [name for name, health in self.devices.items() if not health.answers]
        return (
            f"{self.recorded.rows} readings stored, {sum(self.refusals.counts.values())} refused, "
            f"{len(self._intake)} waiting; never answered: {', '.join(silent) or 'none'}"
        )

    def _samples(self) -> Iterator[_Sample]:
        yield "minori_readings_stored_total", {}, self.recorded.rows
        yield "minori_batches_total", {}, self.recorded.batches
        yield "minori_deliveries_waiting", {}, len(self._intake)
        yield "minori_mqtt_connected", {}, self._bus.is_connected
        yield "minori_mqtt_connections_total", {}, self._bus.connections
        for code, count in sorted(self.refusals.counts.items()):
            yield "minori_refused_total", {"code": code}, count
        for device, health in sorted(self.devices.items()):
            yield "minori_device_answers_total", {"device": device}, health.answers
        for device, health in sorted(self.devices.items()):
            for code, count in sorted(health.faults.items()):
                labels = {"device": device, "code": code}
                yield "minori_device_faults_total", labels, count


def _exposition(samples: Iterable[_Sample]) -> Iterator[str]:
    """Source: Prometheus text exposition format 0.0.4."""
    said = ""
    for name, labels, value in samples:
        if name != said:
            kind, words = _METRICS[name]
            yield f"# HELP {name} {words}\n# TYPE {name} {kind}\n"
            said = name
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{{{inside}}} {value:g}\n" if inside else f"{name} {value:g}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
