"""Asks the devices of the settings once, for a technician: who is there, and what it says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from edge.settings import Settings
from edge.wiring import WiredPort, wire
from sensors.errors import SensorError
from sensors.probe import Probe, Spoken
from sensors.quantities import QUANTITIES
from sensors.reading import Quality, Reading
from traceability.errors import NotFound


@dataclass(frozen=True, slots=True)
class Asked:
    """One device, asked once. `error` is empty where it answered as its model should."""

    port: str
    address: str
    name: str
    model: str
    readings: tuple[Reading, ...] = ()
    spoken: tuple[Spoken, ...] = ()
    error: str = ""
    code: str = ""
    frames: str = field(default="hex")

    @property
    def said(self) -> str:
        """The answer in one line."""
        return self.error or ", ".join(_value(reading) for reading in self.readings)


async def scan(settings: Settings) -> list[Asked]:
    """Ask every polled device once, port after port, without writing to any.

    Raises:
        BadProfile: a device's model is unknown, or its file is wrong.
    """
    found: list[Asked] = []
    for wired in wire(settings, now=_now):
        for polled in wired.polled:
            # Stopping a talker or an auto-baseline is writing; a scan only asks.
            polled.probe.prepare = False
            found.append(await _ask(wired, polled.probe))
        await wired.port.close()
    return found


async def test(settings: Settings, device: str) -> Asked:
    """Read one device as the agent would.

    Raises:
        NotFound: no polled device of that name.
        BadProfile: its model is unknown or wrong.
    """
    ports = wire(settings, now=_now)
    for wired in ports:
        for polled in wired.polled:
            if polled.probe.device == device:
                try:
                    return await _ask(wired, polled.probe)
                finally:
                    await wired.port.close()
    names = ", ".join(p.probe.device for wired in ports for p in wired.polled) or "none"
    raise NotFound(what="polled device", name=device, next_step=f"known are: {names}")


def lines(asked: Asked) -> Iterator[str]:
    """Say what went over the wire and what it means, for a terminal."""
    yield f"{asked.name}: {asked.model} at {asked.address} on {asked.port}"
    for spoken in asked.spoken:
        yield f"  sent  {_bytes(spoken.sent, asked.frames) or '(only listened)'}"
        came = _bytes(spoken.came, asked.frames) or "(nothing)"
        yield f"  came  {came}  after {spoken.took_s * 1000:.0f} ms"
    for reading in asked.readings:
        yield f"  {_value(reading)}"
    if asked.error:
        yield f"  {asked.code}: {asked.error}"


def shown(asked: Asked) -> dict[str, Any]:
    """The same as JSON."""
    exchanges = [
        {"sent": s.sent.hex(), "came": s.came.hex(), "took_ms": round(s.took_s * 1000, 1)}
        for s in asked.spoken
    ]
    return {**listed(asked), "exchanges": exchanges}


def listed(asked: Asked) -> dict[str, Any]:
    """One device of a scan as JSON."""
    found: dict[str, Any] = {
        "port": asked.port,
        "address": asked.address,
        "device": asked.name,
        "model": asked.model,
        "ok": not asked.error,
        "values": [_as_json(reading) for reading in asked.readings],
    }
    if asked.error:
        found["error"] = {"code": asked.code, "message": asked.error}
    return found


async def _ask(wired: WiredPort, probe: Probe) -> Asked:
    readings: tuple[Reading, ...] = ()
    error, code = "", ""
    try:
        readings = tuple(await probe.read())
    except SensorError as failed:
        error, code = str(failed), failed.code
    return Asked(
        wired.name,
        str(probe.address),
        probe.device,
        probe.profile.model,
        readings,
        tuple(probe.spoken),
        error,
        code,
        probe.profile.dialogue.FRAMES,
    )


def _value(reading: Reading) -> str:
    unit = QUANTITIES[reading.quantity].unit
    name = f"{reading.quantity}/{reading.channel}" if reading.channel else reading.quantity
    number = "no value" if reading.value is None else f"{reading.value:g} {unit}"
    if reading.quality is Quality.GOOD:
        return f"{name} {number}"
    return f"{name} {number} ({reading.quality.name.lower()}: {reading.reason.name.lower()})"


def _as_json(reading: Reading) -> dict[str, Any]:
    return {
        "quantity": reading.quantity,
        "channel": reading.channel,
        "value": reading.value,
        "unit": QUANTITIES[reading.quantity].unit,
        "quality": reading.quality.name.lower(),
        "reason": reading.reason.name.lower(),
    }


def _bytes(content: bytes, frames: str) -> str:
    if frames == "text":
        return repr(content)[1:].strip("'\"") if content else ""
    return content.hex(" ").upper()


def _now() -> datetime:
    return datetime.now(UTC)
