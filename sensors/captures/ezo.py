"""Atlas EZO rows: a command and the circuit's lines, as text."""

import re
from typing import Any

from sensors.captures.row import Outcome, Row, text_field
from sensors.errors import DamagedFrame, DeviceRefused, NoAnswer
from sensors.wires import ezo
from sensors.wires.ezo import Dialogue
from sensors.wires.faults import damaged

# What `O,…` calls an output, and the name its value has with us, in the circuit's order.
_EC_OUTPUTS = {"EC": "ec_us_cm", "TDS": "tds_ppm", "S": "salinity", "SG": "sg"}
_DO_NAMES = ("do_mg_l", "do_pct")
_ONE = {"pH": "ph", "RTD": "temp_c", "ORP": "orp_mv", "EC": "ec_us_cm", "DO": "do_mg_l"}
# Commands whose answer ends in a code that would be a fault after any other.
_MAY_SLEEP = ("sleep", "factory", "i2c", "baud", "")
# An RTD circuit without probe, or with a broken one, says this.
_NO_PROBE_C = -1023.0
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_FIELDS = {
    "slope": ("acid_pct", "base_pct", "offset_mv"),
    "status": ("restart", "vcc"),
    "i": ("device", "firmware"),
    "cal": ("points",),
    "t": ("temp_c",),
    "k": ("k",),
    "name": ("name",),
}


class Reader:
    """Remembers what kind of circuit it is and which outputs are on, once it has said so."""

    def __init__(self) -> None:
        self._kind = ""
        self._outputs: tuple[str, ...] = ()

    def read(self, row: Row) -> Outcome:
        """Decode one dialogue; response codes are optional, error and supply codes are not."""
        received = text_field(row, "rx").encode("latin-1", "replace")
        if not received:
            raise NoAnswer(device="EZO circuit", limit_ms=900, fault="no_answer")
        asked = text_field(row, "tx").strip().lower()
        said = _said(received, asked)
        got: dict[str, Any] = {"status": said.status, "lines": list(said.lines)}
        for line in said.lines:
            if line.startswith("?"):
                got |= self._told(line)
        values = [line for line in said.lines if not line.startswith("?")]
        if values:
            got |= self._measured(values[-1], row.get("outputs"))
        elif asked.split(",")[0] in ("r", "rt") and not got["lines"]:
            raise damaged(
                "ezo", "no_value", expected="a reading before the code", got=received, text=True
            )
        lost = [name for name, value in got.items() if value == _NO_PROBE_C]
        return Outcome({**got, **dict.fromkeys(lost)})

    def _told(self, line: str) -> dict[str, Any]:
        word, *fields = line[1:].split(",")
        word = word.lower()
        if word == "i" and fields:
            self._kind = fields[0]
        if word == "o":
            self._outputs = tuple(_EC_OUTPUTS.get(name, name) for name in fields)
            return {"outputs": fields}
        made = [_number(field) if word != "i" else field for field in fields]
        return {**dict(zip(_FIELDS.get(word, ()), made, strict=False)), word: made}

    def _measured(self, line: str, outputs: object) -> dict[str, Any]:
        fields = line.split(",")
        if not all(_NUMBER.fullmatch(field) for field in fields):
            raise damaged(
                "ezo", "value", expected="numbers split by commas", got=line.encode(), text=True
            )
        values = [float(field) for field in fields]
        names = self._names(len(values), outputs)
        got: dict[str, Any] = dict(zip(names, values, strict=False))
        return {**got, "value": values[0], "values": values}

    def _names(self, count: int, outputs: object) -> tuple[str, ...]:
        if isinstance(outputs, list):
            return tuple(_output_name(str(output)) for output in outputs)
        if len(self._outputs) == count:
            return self._outputs
        if count == 1:
            return (_ONE.get(self._kind, "value"),)
        return _DO_NAMES if count == 2 else tuple(_EC_OUTPUTS.values())


def _said(received: bytes, asked: str) -> Dialogue:
    said = Dialogue.from_bytes(received)
    if not said.lines and not said.codes:
        raise _damaged("short", "a line with its end", received)
    # Without response codes (`*OK,0`) a finished line is all there is.
    finished = not said.codes or asked.split(",", maxsplit=1)[0] in _MAY_SLEEP
    return said if finished and "*ER" not in said.codes else _checked(received, said)


def _checked(received: bytes, said: Dialogue) -> Dialogue:
    try:
        return ezo.answer_to(received)
    except DeviceRefused as refused:
        # A restart in front of a finished answer is history, not a refusal.
        if refused.facts.get("fault") == "reset" and said.status == "ok":
            return said
        raise


def _output_name(output: str) -> str:
    word, _, unit = output.partition("_")
    if word.upper() in _EC_OUTPUTS:
        return _EC_OUTPUTS[word.upper()]
    return _DO_NAMES[1] if unit.lower().startswith(("pct", "%", "sat")) else output.lower()


def _number(text: str) -> float | str:
    return float(text) if _NUMBER.fullmatch(text) else text


def _damaged(fault: str, expected: str, got: bytes) -> DamagedFrame:
    return damaged("ezo", fault, expected=expected, got=got, text=True)
