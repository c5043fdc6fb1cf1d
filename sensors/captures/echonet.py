"""ECHONET Lite rows: one datagram in hex."""

from typing import Any

from sensors.captures.row import Outcome, Row, hex_field
from sensors.wires.echonet import EnergyScale, Frame, Meaning, Property, explain

# Totals: which name their kWh have at the top of a row.
_TOTALS = {
    (0x0288, 0xE0): "kwh",
    (0x0288, 0xE3): "kwh_reverse",
    (0x0287, 0xC0): "kwh",
    (0x0287, 0xC1): "kwh_reverse",
}
_COUNTS = {
    0x0288: (0xE0, 0xE2, 0xE3, 0xE4, 0xEA, 0xEB, 0xEC, 0xD0),
    0x0287: (0xB3, 0xBA, 0xC0, 0xC1, *range(0xD0, 0xF0)),
}


class Reader:
    """Remembers unit and coefficient of each meter."""

    def __init__(self) -> None:
        self._scale = EnergyScale()

    def read(self, row: Row) -> Outcome:
        frame = Frame.from_bytes(hex_field(row, "hex"))
        self._scale.learn(frame)
        got: dict[str, Any] = {
            "tid": frame.tid,
            "seoj": f"0x{frame.seoj:06X}",
            "deoj": f"0x{frame.deoj:06X}",
            "esv": frame.service.label,
        }
        got["props"] = {f"0x{p.epc:02X}": self._property(frame, p) for p in frame.all_properties}
        for prop in frame.all_properties:
            name = _TOTALS.get((frame.seoj >> 8, prop.epc))
            if name and prop.edt:
                got[name] = got["props"][f"0x{prop.epc:02X}"]["kwh"]
        return Outcome(got)

    def _property(self, frame: Frame, prop: Property) -> dict[str, Any] | None:
        """Explain one property; without data there is nothing to explain."""
        if not prop.edt:
            return None
        # In a request the properties belong to the object that is asked.
        owner = frame.seoj if frame.service.is_report else frame.deoj
        name, meaning = explain(owner, prop.epc, prop.edt)
        got = {"name": name, "hex": prop.edt.hex(), **meaning.fields}
        if meaning.reason:
            got |= {"quality": "bad", "reason": meaning.reason}
        if prop.epc in _COUNTS.get(owner >> 8, ()):
            got |= self._energy(owner, meaning)
        return got

    def _energy(self, owner: int, meaning: Meaning) -> dict[str, Any]:
        """Add kWh beside the counts, where the unit is known by now."""
        fields = meaning.fields
        got = {
            f"{key}_kwh": self._kwh(owner, fields[key])
            for key in ("used", "fed_in")
            if key in fields
        }
        counted = "values" if "values" in fields else "value"
        return {**got, "kwh": self._kwh(owner, fields.get(counted))}

    def _kwh(self, owner: int, counts: object) -> Any:
        if isinstance(counts, list):
            return [self._kwh(owner, count) for count in counts]
        if isinstance(counts, dict):
            return {name: self._kwh(owner, count) for name, count in counts.items()}
        return self._scale.kwh(owner, counts if isinstance(counts, int) else None)
