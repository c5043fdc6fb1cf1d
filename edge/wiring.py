"""From the settings to ports and probes: which device of which model hangs on which line."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from edge.settings import Device, Port, Settings
from edge.thermometer import Thermometer
from sensors import profile as profiles
from sensors.line import Line
from sensors.port import Port as OpenPort
from sensors.port import open_port
from sensors.probe import Probe, probe_for
from sensors.profile import Profile

# An operator's own device profiles, beside the settings file; they win over the package's.
OWN_PROFILES = "profiles"


@dataclass(frozen=True, slots=True)
class Polled:
    """A probe, how often it is asked (the profile may set a slower pace) [s], and its water."""

    probe: Probe
    interval_s: float
    thermometer: Thermometer = field(default_factory=Thermometer)


@dataclass(frozen=True, slots=True)
class WiredPort:
    """One line and the probes on it."""

    name: str
    port: OpenPort
    polled: Sequence[Polled]


def wire(settings: Settings, *, now: Callable[[], datetime]) -> list[WiredPort]:
    """Return every port that has devices; nothing is opened before it is first asked.

    Raises:
        BadProfile: a device's model is unknown, or its file is wrong; says what would be right.
    """
    wired = []
    thermometers: dict[str, Thermometer] = defaultdict(Thermometer)
    for port in settings.ports:
        devices = [device for device in settings.devices if device.port == port.name]
        if devices:
            wired.append(_wired(port, devices, settings.path(OWN_PROFILES), thermometers, now))
    return wired


def _wired(
    port: Port,
    devices: Sequence[Device],
    own: Path,
    thermometers: dict[str, Thermometer],
    now: Callable[[], datetime],
) -> WiredPort:
    models = [profiles.load(device.model, own) for device in devices]
    opened = open_port(port.device, _line(port, models[0].line), echo=port.echo)
    polled = [
        Polled(
            _probe(device, model, opened, now),
            device.interval_s,
            # Probes of no zone share no water.
            thermometers[device.zone] if device.zone else Thermometer(),
        )
        for device, model in zip(devices, models, strict=True)
    ]
    return WiredPort(port.name, opened, polled)


def _probe(device: Device, model: Profile, port: OpenPort, now: Callable[[], datetime]) -> Probe:
    address = device.address or None
    return probe_for(model, device=device.name, port=port, address=address, now=now)


def _line(port: Port, usual: Line) -> Line:
    return Line(
        baud=port.baud or usual.baud,
        parity=port.parity or usual.parity,
        stop_bits=port.stopbits or usual.stop_bits,
        data_bits=port.bytesize or usual.data_bits,
    )
