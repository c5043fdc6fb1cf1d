"""The demo's hardware: probes on pseudo-terminals and radio probes at the broker, in this process.

The agent that reads them runs elsewhere and knows nothing of it: it opens ports and subscribes to
topics, as on any farm.
"""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from edge.bus import Broker, Bus
from edge.demo.climate import Climate, Values
from edge.demo.plant import PORTS, PROBES, Probe, link
from edge.errors import BrokerLost
from sensors.line import Line
from sensors.profile import load
from sensors.simulator import SimulatedBus, simulated

RADIO_EVERY_S = 10.0


class Now:
    """The climate at this moment, for several threads; a room is stepped once a second at most."""

    def __init__(self, climate: Climate) -> None:
        self._climate = climate
        self._lock = threading.Lock()
        self._second = -1
        self._values: Mapping[str, Values] = {}

    def of(self, zone: str) -> Values:
        with self._lock:
            now = datetime.now(UTC)
            second = int(now.timestamp())
            # A clock set back must not ask the rooms to live backwards.
            if second > self._second:
                self._second, self._values = second, self._climate.at(now)
            return self._values[zone]


@contextlib.contextmanager
def hardware(
    folder: Path, climate: Climate, *, mqtt_port: int
) -> Iterator[dict[str, SimulatedBus]]:
    """Have every probe of the plant speak while the block runs; give the buses by port name."""
    now = Now(climate)
    link(folder, "").parent.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        buses = {port: _bus(folder, port, baud, now) for port, baud in PORTS.items()}
        for bus in buses.values():
            stack.enter_context(bus)
        stack.enter_context(_radio(now, mqtt_port))
        yield buses


def _bus(folder: Path, port: str, baud: int, now: Now) -> SimulatedBus:
    bus = SimulatedBus(link(folder, port), Line(baud=baud))
    for probe in PROBES:
        if probe.port == port:
            values = _values_of(now, probe.zone)
            bus.add(simulated(load(probe.model), values=values, address=probe.address or None))
    return bus


def _values_of(now: Now, zone: str) -> Callable[[], Values]:
    return lambda: now.of(zone)


@contextlib.contextmanager
def _radio(now: Now, mqtt_port: int) -> Iterator[None]:
    """Publish in a thread with an event loop of its own: a gateway is another machine."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(_publish_all(now, mqtt_port))

    def play() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    thread = threading.Thread(target=play, name="radio", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()


async def _publish_all(now: Now, mqtt_port: int) -> None:
    bus = Bus(Broker("127.0.0.1", mqtt_port, "demo-radio", version="3.1.1"))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.run(), name="radio bus")
        for probe in PROBES:
            if probe.topic:
                tasks.create_task(_publish(bus, probe, now), name=f"radio {probe.name}")


async def _publish(bus: Bus, probe: Probe, now: Now) -> None:
    count = 0
    while True:
        count += 1
        payload = json.dumps(_payload(probe, now.of(probe.zone), count)).encode()
        # A gateway whose broker is gone forgets the message, as real ones do.
        with contextlib.suppress(BrokerLost):
            await bus.publish(probe.topic, payload, qos=1)
        await asyncio.sleep(RADIO_EVERY_S)


def _payload(probe: Probe, values: Values, count: int) -> dict[str, object]:
    if probe.state_of:
        return _state(probe, values)
    if probe.topic.startswith("zigbee2mqtt/"):
        return {
            "temperature": _rounded(values["air_temperature"]),
            "humidity": _rounded(values["relative_humidity"]),
            "battery": 97,
            "linkquality": 118,
        }
    received_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "end_device_ids": {
            "device_id": probe.name,
            "application_ids": {"application_id": "aizu"},
        },
        "received_at": received_at,
        "uplink_message": {
            "f_port": 2,
            "f_cnt": count,
            "decoded_payload": {"co2": _rounded(values["co2"], 0), "par": _rounded(values["ppfd"])},
            "received_at": received_at,
        },
    }


def _state(probe: Probe, values: Values) -> dict[str, object]:
    """Say it as a Tasmota relay, a contact and a cover do."""
    value = values[probe.state_of] or 0.0
    if probe.topic.startswith("tele/"):
        return {"POWER": "ON" if value else "OFF"}
    if probe.state_of == "door":
        return {"contact": not value, "battery": 95}
    return {"state": "OPEN" if value else "CLOSE", "position": round(100 * value)}


def _rounded(value: float | None, decimals: int = 2) -> float | None:
    return None if value is None else round(value, decimals)
