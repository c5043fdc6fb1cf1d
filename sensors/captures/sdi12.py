"""SDI-12 rows: a command and what the adapter received, as text."""

from typing import Any

from sensors.captures.row import Outcome, Row, text_field
from sensors.wires import sdi12
from sensors.wires.faults import damaged
from sensors.wires.sdi12 import Command, Identity, Promise


class Reader:
    """Remembers for each address whether its values close with a CRC (asked by MC or CC)."""

    def __init__(self) -> None:
        self._crc: dict[str, bool] = {}

    def read(self, row: Row) -> Outcome:
        """Decode one answer; a row without command is something a probe said by itself."""
        asked = text_field(row, "cmd")
        command = Command.from_bytes(asked.encode("latin-1", "replace")) if asked else None
        received = text_field(row, "rx").encode("latin-1", "replace")
        lines = sdi12.lines(received, command)
        if command is None:
            return self._unasked(lines[0])
        for line in lines:
            sdi12.check_address(line, command.answered_by)
        outcome = self._answer(command, lines[0], with_crc=self._with_crc(command, row))
        if len(lines) > 1 and lines[1] == lines[0][:1]:
            outcome.got["service_request"] = lines[1]
        return outcome

    def _unasked(self, line: str) -> Outcome:
        _check_alone(line, "a service request: one address")
        return Outcome({"service_request": line, "address": line})

    def _with_crc(self, command: Command, row: Row) -> bool:
        if command.kind == "measure":
            self._crc[command.address] = command.wants_crc
        if "crc" in row:
            return bool(row["crc"])
        return command.wants_crc or (command.verb == "D" and self._crc.get(command.address, False))

    def _answer(self, command: Command, line: str, *, with_crc: bool) -> Outcome:
        if command.kind == "measure":
            promise = Promise.from_text(line)
            return Outcome(_promised(promise))
        if command.kind == "values":
            values = sdi12.values(line, with_crc=with_crc)
            return Outcome({"address": line[0], "values": values}, listed=list(values))
        if command.kind == "identity":
            return Outcome(_identified(Identity.from_text(line)))
        if command.kind == "text":
            fields = line[1:].rstrip(";").strip(",").split(",")
            got = {"address": line[0], "text": line[1:], "fields": fields}
            return Outcome(got, listed=[*fields])
        _check_alone(line, "only the address")
        return Outcome({"address": line, "ack": True})


def _check_alone(line: str, expected: str) -> None:
    if len(line) != 1:
        raise damaged("sdi12", "address", expected=expected, got=line.encode(), text=True)


def _promised(promise: Promise) -> dict[str, Any]:
    return {"address": promise.address, "seconds": promise.seconds, "count": promise.count}


def _identified(identity: Identity) -> dict[str, Any]:
    return {
        "address": identity.address,
        "version": identity.version,
        "vendor": identity.vendor,
        "model": identity.model,
        "sensor_version": identity.sensor_version,
        "optional": identity.optional,
    }
