"""From a frame to values in the vocabulary: what an agent stores."""

from collections.abc import Iterator
from dataclasses import dataclass

from sensors.reading import Quality, Reason
from sensors.wires.echonet.classes import explain
from sensors.wires.echonet.frame import Frame
from sensors.wires.echonet.meter import EnergyScale

# (class, property) -> field of its meaning -> (quantity, channel)
_QUANTITIES: dict[tuple[int, int], dict[str, tuple[str, str]]] = {
    (0x0011, 0xE0): {"celsius": ("air_temperature", "")},
    (0x0012, 0xE0): {"rh": ("relative_humidity", "")},
    (0x001B, 0xE0): {"ppm": ("co2", "")},
    (0x001F, 0xE0): {"m_s": ("air_speed", "")},
    (0x001F, 0xE1): {"degrees": ("wind_direction", "")},
    (0x0287, 0xC0): {"value": ("energy", "")},
    (0x0287, 0xC1): {"value": ("energy_returned", "")},
    (0x0287, 0xC6): {"watts": ("power", "")},
    (0x0287, 0xC7): {"r_a": ("current", "r"), "t_a": ("current", "t")},
    (0x0288, 0xE0): {"value": ("energy", "")},
    (0x0288, 0xE3): {"value": ("energy_returned", "")},
    (0x0288, 0xE7): {"watts": ("power", "")},
    (0x0288, 0xE8): {"r_a": ("current", "r"), "t_a": ("current", "t")},
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One value of one object, in the vocabulary's unit; the agent adds device and time."""

    eoj: int
    quantity: str
    value: float | None
    channel: str = ""
    quality: Quality = Quality.GOOD
    reason: Reason = Reason.NONE


def measured(frame: Frame, scale: EnergyScale) -> Iterator[Measured]:
    """Give what a report measured; a request and a property without data measure nothing."""
    scale.learn(frame)
    if not frame.service.is_report:
        return
    for prop in frame.all_properties:
        wanted = _QUANTITIES.get((frame.seoj >> 8, prop.epc), {}) if prop.edt else {}
        _, meaning = explain(frame.seoj, prop.epc, prop.edt)
        for name, (quantity, channel) in wanted.items():
            got = meaning.fields.get(name)
            if quantity.startswith("energy"):
                got = scale.kwh(frame.seoj, got if isinstance(got, int) else None)
            yield _value(frame.seoj, quantity, channel, got)


def _value(eoj: int, quantity: str, channel: str, got: object) -> Measured:
    if isinstance(got, (int, float)):
        return Measured(eoj, quantity, got, channel)
    return Measured(eoj, quantity, None, channel, Quality.BAD, Reason.NO_VALUE)
