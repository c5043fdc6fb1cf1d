"""Recorded exchanges, decoded as the live wire would: what a farm in trouble sends us.

`decode(wire, rows)` gives one answer a row, in order, with the protocol's state kept between
rows; pure but for `load`, which hands over the payload files that a Sparkplug manifest names.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sensors.captures import echonet, ezo, mhz19, modbus, mqtt, sdi12, sparkplug, uecs
from sensors.captures.row import Reader, Row
from sensors.captures.sparkplug import Load
from sensors.errors import SensorError

__all__ = ["WIRES", "decode"]

_READERS: dict[str, Callable[[], Reader]] = {
    "modbus": lambda: modbus.read,
    "sdi12": lambda: sdi12.Reader().read,
    "ezo": lambda: ezo.Reader().read,
    "mhz19": lambda: mhz19.read,
    "echonet": lambda: echonet.Reader().read,
    "uecs": lambda: uecs.read,
    "mqtt": lambda: mqtt.read,
}
_EXPECTATIONS: dict[str, Callable[[Row], Any]] = {
    "modbus": modbus.expectation,
    "uecs": uecs.expectation,
}
WIRES = (*_READERS, "sparkplug")


def decode(wire: str, rows: list[Row], load: Load) -> Iterator[dict[str, Any]]:
    """Decode a capture.

    Yields:
        For each row `id`, `ok` and either `got` (and `quality` where a value is not good) or
        `error` with `code` and `message`.
    """
    reader = sparkplug.Reader(load, rows).read if wire == "sparkplug" else _READERS[wire]()
    expectation = _EXPECTATIONS.get(wire, _expect)
    for position, row in enumerate(rows, start=1):
        name = row.get("file" if wire == "sparkplug" else "id", position)
        try:
            outcome = reader(row)
        except SensorError as error:
            yield {"id": name, "ok": False, "error": _told(error)}
            continue
        line = {"id": name, "ok": True, "got": outcome.shaped(expectation(row))}
        yield line | ({"quality": outcome.quality} if outcome.quality else {})


def _expect(row: Row) -> Any:
    return row.get("expect")


def _told(error: SensorError) -> dict[str, Any]:
    """The fault's own word where it has one, else the class's code."""
    told: dict[str, Any] = {"code": error.facts.get("fault", error.code), "message": str(error)}
    if "exception" in error.facts:
        told |= {"code": "exception", "exception_code": error.facts["exception"]}
    return told
