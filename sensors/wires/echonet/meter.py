"""Energy in kWh: a meter sends counts, and says elsewhere what a count means.

kWh = total × coefficient (D3, absent means 1) × unit (E1). A frame that brings the unit is taken
as complete, so that a coefficient missing in it means 1; a frame with a total alone is read with
what the same meter said before.

Source: APPENDIX release R, 3.3.25 "Requirements for low-voltage smart electric energy meter
class", and 3.3.24 for the distribution board (C0, C1, C2).
"""

from dataclasses import dataclass, field

from sensors.wires.echonet import data
from sensors.wires.echonet.classes import ENERGY_UNITS
from sensors.wires.echonet.frame import Frame

_METER, _BOARD = 0x0288, 0x0287
_UNIT_EPC = {_METER: 0xE1, _BOARD: 0xC2}
_COEFFICIENT_EPC = 0xD3


@dataclass(slots=True)
class EnergyScale:
    """What a count means, for each object seen; one for each address one listens to."""

    _known: dict[int, tuple[float | None, int]] = field(default_factory=dict)

    def learn(self, frame: Frame) -> None:
        """Take unit and coefficient out of a frame, where it has them."""
        if not frame.service.is_report or frame.seoj >> 8 not in _UNIT_EPC:
            return
        sent = {prop.epc: prop.edt for prop in frame.all_properties}
        unit, coefficient = self._known.get(frame.seoj, (None, 1))
        unit_edt = sent.get(_UNIT_EPC[frame.seoj >> 8], b"")
        if len(unit_edt) == 1:
            unit, coefficient = ENERGY_UNITS.get(unit_edt[0]), 1
        if frame.seoj >> 8 == _METER and len(sent.get(_COEFFICIENT_EPC, b"")) == 4:
            coefficient = int.from_bytes(sent[_COEFFICIENT_EPC], "big")
        self._known[frame.seoj] = (unit, coefficient)

    def kwh(self, eoj: int, count: int | None) -> float | None:
        """Return the energy of a count; None without a count or before the unit is known."""
        unit, coefficient = self._known.get(eoj, (None, 1))
        if count is None or unit is None:
            return None
        return data.scaled(count * coefficient, unit)
