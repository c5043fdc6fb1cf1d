"""What measures at the demo farm, and the settings file that says so.

One table: the past is laid down under the same device names, the simulated probes are built from
it, and so is the `minori.toml` the real agent reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.demo.farm import ORGANISATION, SITE, TIME_ZONE, ZONES


@dataclass(frozen=True, slots=True)
class Probe:
    """One device: on a serial line (model, port, address) or speaking MQTT (topic)."""

    name: str
    zone: str
    quantities: Sequence[str]
    model: str = ""
    port: str = ""
    address: str = ""
    interval_s: float = 5.0
    topic: str = ""
    state_of: str = ""  # what its relay or contact is the state of


_CLIMATE = ("air_temperature", "relative_humidity")

PROBES = (
    Probe("room-a-climate", "room-a", _CLIMATE, "xy_md02", "rs485", "1"),
    Probe("room-b-climate", "room-b", _CLIMATE, "xy_md02", "rs485", "2"),
    Probe("room-a-co2", "room-a", ("co2",), "senseair_s8", "rs485", "11"),
    Probe("room-b-co2", "room-b", ("co2",), "senseair_s8", "rs485", "12"),
    Probe("room-a-light", "room-a", ("ppfd",), "apogee_sq522", "light", "1"),
    Probe("room-b-light", "room-b", ("ppfd",), "apogee_sq522", "light", "2"),
    Probe("tank-a-ph", "room-a", ("ph",), "atlas_ezo_ph", "ph"),
    Probe("tank-a-ec", "room-a", ("ec",), "atlas_ezo_ec", "ec"),
    Probe("bay-g-climate", "bay-g", _CLIMATE, topic="zigbee2mqtt/bay-g-climate"),
    Probe(
        "bay-g-station",
        "bay-g",
        ("co2", "ppfd"),
        interval_s=10.0,
        topic="v3/aizu@ttn/devices/bay-g-station/up",
    ),
    Probe("cold-climate", "cold", _CLIMATE, topic="zigbee2mqtt/cold-climate"),
    *(
        Probe(name, zone, (of,), topic=f"tele/{name}/STATE", state_of=of)
        for name, zone, of in (
            ("room-a-lamps", "room-a", "lamp"),
            ("room-b-lamps", "room-b", "lamp"),
            ("room-a-pump", "room-a", "pump"),
        )
    ),
    Probe("room-a-door", "room-a", ("door",), topic="zigbee2mqtt/room-a-door", state_of="door"),
    Probe("bay-g-vent", "bay-g", ("vent",), topic="zigbee2mqtt/bay-g-vent", state_of="vent"),
)

# port -> baud; 8N1 everywhere, because a pseudo-terminal refuses parity.
PORTS = {"rs485": 9600, "light": 19_200, "ph": 9600, "ec": 9600}


def link(folder: Path, port: str) -> Path:
    """Return what plays `/dev/serial/by-id/...` for a port of the demo."""
    return folder / "serial" / f"usb-demo_{port}"


def settings_text(folder: Path, *, web_port: int, mqtt_port: int) -> str:
    """Return the demo's `minori.toml`: what a grower with these probes would have written."""
    head = f"""# The demo farm's settings; a real farm names its ports as /dev/serial/by-id/...
[site]
organisation = "{ORGANISATION}"
organisation_name = "Aizu Leaf (demo)"
code = "{SITE}"
name = "Aizu plant factory"
name_ja = "会津植物工場"
time_zone = "{TIME_ZONE}"
origin = "Fukushima"
origin_ja = "福島県"
address = "1-1 Ikki-machi, Aizuwakamatsu, Fukushima 965-0001, Japan"
phone = "+81-242-00-0000"

[web]
port = {web_port}
public_url = "http://127.0.0.1:{web_port}"

[mqtt]
port = {mqtt_port}
"""
    zones = [
        f'[[zones]]\ncode = "{code}"\nname = "{en}"\nname_ja = "{ja}"\nkind = "{kind}"\n'
        for code, (en, ja, kind) in ZONES.items()
    ]
    ports = [
        f'[[ports]]\nname = "{name}"\ndevice = "{link(folder, name)}"\nbaud = {baud}\n'
        'parity = "N"\nstopbits = 1\n'
        for name, baud in PORTS.items()
    ]
    return "\n".join([head, *zones, *ports, *(_device(probe) for probe in PROBES)])


def _device(probe: Probe) -> str:
    lines = ["[[devices]]", f'name = "{probe.name}"', f'zone = "{probe.zone}"']
    if probe.port:
        lines += [
            f'model = "{probe.model}"',
            f'port = "{probe.port}"',
            f"interval_s = {probe.interval_s:g}",
        ]
    if probe.state_of:
        lines.append(f'state_of = "{probe.state_of}"')
    if probe.address:
        lines.append(f'address = "{probe.address}"')
    return "\n".join(lines) + "\n"
