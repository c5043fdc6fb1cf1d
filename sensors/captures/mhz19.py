"""MH-Z19 rows: command and answer in hex."""

from sensors.captures.row import Outcome, Row, bad_row, hex_field
from sensors.errors import NoAnswer
from sensors.reading import Quality
from sensors.wires import mhz19
from sensors.wires.mhz19 import Answer

_VERSION, _RANGE = 0xA0, 0x9B


def read(row: Row) -> Outcome:
    """Decode one answer; a row without answer is a command that has none."""
    sent, received = hex_field(row, "tx"), hex_field(row, "rx")
    if sent and (len(sent) != mhz19.LENGTH or sent[-1] != mhz19.checksum(sent)):
        raise bad_row("tx", "a command with its checksum", sent.hex())
    number = sent[2] if sent else mhz19.READ_CO2
    if not received:
        # READ is always answered; settings are not, by most firmware.
        if number == mhz19.READ_CO2 and "rx" in row:
            raise NoAnswer(device="MH-Z19", limit_ms=100, fault="no_answer")
        return Outcome({"command": number})
    frame = mhz19.first_answer(received, number)
    if number != mhz19.READ_CO2:
        return Outcome(_setting(number, frame))
    return _co2(Answer.from_bytes(frame), row.get("powered_s", row.get("uptime_s")))


def _co2(answer: Answer, powered_s: object) -> Outcome:
    known_s = float(powered_s) if isinstance(powered_s, (int, float)) else None
    doubt = answer.is_placeholder(known_s)
    return Outcome(
        {
            "co2_ppm": answer.co2_ppm,
            "temp_c": answer.temperature_c,
            "status": answer.status,
            "warm_up": doubt,
        },
        quality={"co2_ppm": Quality.UNCERTAIN.name.lower()} if doubt else {},
    )


def _setting(number: int, frame: bytes) -> dict[str, object]:
    got: dict[str, object] = {"command": number, "ok": True, "data": frame[2:8].hex()}
    if number == _VERSION:
        got["version"] = frame[2:6].decode("latin-1")
    if number == _RANGE:
        got["range_ppm"] = int.from_bytes(frame[4:6], "big")
    return got
