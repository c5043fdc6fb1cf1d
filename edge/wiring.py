"""From the settings to ports and probes: which device of which model hangs on which line."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from edge.settings import Device, Port, Settings
from edge.states import StateOf
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
    """A probe, how often it is asked (the profile may set a slower pace) [s], its water, and what
    its relays are of."""

    probe: Probe
    interval_s: float
    thermometer: Thermometer = field(default_factory=Thermometer)
    state_of: StateOf = ""


@dataclass(frozen=True, slots=True)
class WiredPort:
    """One line and the probes on it."""

    name: str
    port: OpenPort
    polled: Sequence[Polled]


def wire(
    settings: Settings,
    *,
    now: Callable[[], datetime],
    only: Container[str] | None = None,
    thermometers: dict[str, Thermometer] | None = None,
) -> list[WiredPort]:
    """Return every port that has devices; nothing is opened before it is first asked.

    Args:
        only: Names of the ports wanted; None: all.
        thermometers: Those of the zones already there; probes of one zone share one, even where
            their ports were not made at the same time.

    Raises:
        BadProfile: a device's model is unknown, or its file is wrong; says what would be right.
    """
    wired = []
    known: dict[str, Thermometer] = {} if thermometers is None else thermometers
    for port in settings.ports:
        if only is not None and port.name not in only:
            continue
        devices = [device for device in settings.devices if device.port == port.name]
        if devices:
            wired.append(_wired(port, devices, settings.path(OWN_PROFILES), known, now))
    return wired


def check_models(settings: Settings, ports: Container[str]) -> None:
    """See that every device on these ports has a model that can be asked.

    Raises:
        BadProfile: one has not; nothing was opened.
    """
    for device in settings.devices:
        if device.port in ports:
            profiles.load(device.model, settings.path(OWN_PROFILES))


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
            thermometers.setdefault(device.zone, Thermometer()) if device.zone else Thermometer(),
            device.state_of,
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
