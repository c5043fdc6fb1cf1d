"""SKSTACK: the dialogue with a Wi-SUN stick that reaches a Japanese smart meter (B-route).

The stick speaks ASCII lines at 115200 8N1. `join` is the whole way from power-up to a session;
`send` and `Received` carry ECHONET Lite datagrams afterwards. The meter answers in seconds and
sometimes not at all: one question in flight, 30 s between questions.

Identity and password come from the power company, on paper: they are handed in, never logged.
Two kinds of stick differ in one argument, the `side` of a double-stack stick.

Source: ROHM BP35A1/BP35C0 command reference (SKSTACK IP); ECHONET Lite AIF specification for
smart meters and controllers (port 0E1A, event numbers).
"""

import re
from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

from sensors.errors import DamagedFrame, DeviceRefused, NoAnswer
from sensors.wires.faults import damaged

_T = TypeVar("_T")

ECHONET_PORT = 0x0E1A
LINE_END = b"\r\n"
# Each step of the scan doubles its time; 7 is some twenty seconds, for a meter behind concrete.
_SCAN_DURATIONS = (4, 5, 6, 7)
_SCAN_DONE, _JOIN_FAILED, _JOINED = 0x22, 0x24, 0x25
SESSION_ENDED = (0x26, 0x27, 0x28, 0x29)
_IPV6 = re.compile(r"[0-9A-F]{4}(:[0-9A-F]{4}){7}", re.ASCII)
_HEX = re.compile(r"(?:[0-9A-F]{2})*", re.ASCII)

# Yields what to send (b"": only wait), is sent the next line of the stick, without its end.
Dialogue = Generator[bytes, str, _T]


@dataclass(frozen=True, slots=True)
class Meter:
    """What a scan found: where the meter sends, and who it is. Hex as the stick writes it."""

    channel: str
    pan_id: str
    mac: str
    lqi: int


@dataclass(frozen=True, slots=True)
class Session:
    """A joined meter: its address is what `send` needs."""

    meter: Meter
    address: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something the stick reports: 21 sent, 22 scan done, 25 joined, 29 session over."""

    number: int
    sender: str


@dataclass(frozen=True, slots=True)
class Received:
    """One datagram from the air."""

    sender: str
    remote_port: int
    local_port: int
    data: bytes

    def to_line(self, *, sided: bool = False) -> str:
        """Write it as a stick does, for simulators and tests."""
        ports = f"{self.remote_port:04X} {self.local_port:04X}"
        side = "0 " if sided else ""
        tail = f"001D129012345678 1 {side}{len(self.data):04X} {self.data.hex().upper()}"
        return f"ERXUDP {self.sender} {self.sender} {ports} {tail}"


def understand(line: str) -> Event | Received | None:
    """Read one line that the stick writes by itself; None for everything else.

    Raises:
        DamagedFrame: fault `event`, `datagram`: the line starts like one and is none.
    """
    words = line.split()
    if words[:1] == ["EVENT"]:
        return _event(words, line)
    if words[:1] == ["ERXUDP"]:
        return _received(words, line)
    return None


def send(address: str, datagram: bytes, *, sided: bool = False) -> bytes:
    """Build the command that sends one ECHONET Lite datagram; the data follows raw, no line end."""
    side = "0 " if sided else ""
    head = f"SKSENDTO 1 {address} {ECHONET_PORT:04X} 1 {side}{len(datagram):04X} "
    return head.encode("ascii") + datagram


def join(identity: str, password: str, *, sided: bool = False) -> Dialogue[Session]:
    """Find the meter and open a session.

    Raises:
        DeviceRefused: fault `fail` (the stick refused a command) or `join` (the meter refused:
            wrong identity or password, or the meter is paired with another stick).
        NoAnswer: no meter in reach, after the longest scan.
    """
    yield from _show_data_as_hex()
    yield from _command(f"SKSETPWD C {password}", "SKSETPWD")
    yield from _command(f"SKSETRBID {identity}", "SKSETRBID")
    meter = yield from _scan(sided=sided)
    yield from _command(f"SKSREG S2 {meter.channel}", "SKSREG S2")
    yield from _command(f"SKSREG S3 {meter.pan_id}", "SKSREG S3")
    address = yield from _link_local(meter)
    yield from _command(f"SKJOIN {address}", "SKJOIN")
    yield from _joined()
    return Session(meter, address)


def _show_data_as_hex() -> Dialogue[None]:
    """Raw data may hold line ends. The setting lives in flash, so it is written only if needed."""
    answer = yield from _command("ROPT", "ROPT")
    if answer != "OK 01":
        yield from _command("WOPT 01", "WOPT")


def _command(text: str, shown: str) -> Dialogue[str]:
    """Send one command and return its OK line; `shown` is what an error may say of it."""
    line = yield text.encode("ascii") + LINE_END
    while not line.startswith("OK"):
        if line.startswith("FAIL"):
            step = "check identity and password, and that the stick is of the configured kind"
            raise _refused("fail", f"{shown}: {line}", step)
        line = yield b""
    return line.strip()


def _scan(*, sided: bool) -> Dialogue[Meter]:
    side = " 0" if sided else ""
    for duration in _SCAN_DURATIONS:
        yield from _command(f"SKSCAN 2 FFFFFFFF {duration}{side}", "SKSCAN")
        meter = yield from _scanned()
        if meter is not None:
            return meter
    raise NoAnswer(device="smart meter", limit_ms=60_000, fault="no_meter")


def _scanned() -> Dialogue[Meter | None]:
    """Collect the description of a meter until the scan is done; the last one found is taken."""
    fields: dict[str, str] = {}
    while True:
        line = yield b""
        event = understand(line)
        if isinstance(event, Event) and event.number == _SCAN_DONE:
            return _meter(fields) if fields else None
        name, colon, value = line.strip().partition(":")
        if colon and not line.startswith(("EVENT", "ERXUDP")):
            fields[name] = value


def _link_local(meter: Meter) -> Dialogue[str]:
    line = yield f"SKLL64 {meter.mac}".encode("ascii") + LINE_END
    while _IPV6.fullmatch(line.strip()) is None:
        if line.startswith("FAIL"):
            raise _refused("fail", f"SKLL64: {line}", "scan again")
        line = yield b""
    return line.strip()


def _joined() -> Dialogue[None]:
    while True:
        event = understand((yield b""))
        if not isinstance(event, Event):
            continue
        if event.number == _JOINED:
            return
        if event.number == _JOIN_FAILED:
            raise _refused("join", "the meter refused the session", "compare identity and password")


def _meter(fields: dict[str, str]) -> Meter:
    try:
        lqi = int(fields.get("LQI", "0"), 16)
        return Meter(fields["Channel"], fields["Pan ID"], fields["Addr"], lqi)
    except (KeyError, ValueError) as error:
        raise _damaged("description", "Channel, Pan ID, Addr, LQI", str(fields)) from error


def _event(words: list[str], line: str) -> Event:
    try:
        return Event(int(words[1], 16), words[2])
    except (IndexError, ValueError) as error:
        raise _damaged("event", "EVENT number address", line) from error


def _received(words: list[str], line: str) -> Received:
    """Nine words from one kind of stick, ten from the other: length and data are the last two."""
    try:
        size, data = int(words[-2], 16), words[-1]
        ports = int(words[3], 16), int(words[4], 16)
    except (IndexError, ValueError) as error:
        raise _damaged("datagram", "ERXUDP and its words", line) from error
    if len(words) not in (9, 10) or _HEX.fullmatch(data) is None or len(data) != 2 * size:
        raise _damaged("datagram", f"{size} bytes in hex", line)
    return Received(words[1], *ports, bytes.fromhex(data))


def _refused(fault: str, reason: str, next_step: str) -> DeviceRefused:
    return DeviceRefused(device="Wi-SUN stick", fault=fault, reason=reason, next_step=next_step)


def _damaged(fault: str, expected: str, got: str) -> DamagedFrame:
    return damaged("skstack", fault, expected=expected, got=got.encode(), text=True)
