"""SDI-12 1.3 and 1.4: many probes on one wire, ASCII, 1200 baud 7E1 behind an adapter.

A command is `aX…!`, an answer `a…<CR><LF>`. Values are told apart by their signs. A CRC, where
asked for, is exactly three characters that look like text and may be DEL: never strip them.

Source: SDI-12 Specification 1.3/1.4 (sdi-12.org), sections 4.4 and 4.4.12.3.
"""

import re
from dataclasses import dataclass
from typing import Literal

from sensors.errors import DamagedFrame, NoAnswer
from sensors.wires.crc import crc16
from sensors.wires.faults import damaged

# Section 4.4: a value is a sign, up to seven digits and at most one point; some probes send nine.
_VALUE = re.compile(r"[+-](?:\d{1,9}\.?\d{0,9}|\.\d{1,9})", re.ASCII)
_COMMAND = re.compile(
    r"(?P<address>[0-9A-Za-z?])(?P<verb>MC|M|CC|C|RC|R|HA|HB|D|IM|IC|I|A|V|)(?P<rest>[\x20-\x7e]*?)!",
    re.ASCII,
)
_IDENTITY_LENGTH = 20  # address 1, version 2, vendor 8, model 6, sensor version 3

Kind = Literal["measure", "values", "identity", "address", "text"]

# Retries, section 7.2: at least three tries, one of them more than 100 ms after the break.
RETRIES = 3
# Line time aside, the first character must come within 15 ms of the command's end.
ANSWER_LIMIT_MS = 15


def crc(content: bytes) -> bytes:
    """Return the CRC as the three characters that close an answer.

    >>> crc(b"0+3.14")
    b'OqZ'
    """
    value = crc16(content, start=0)
    return bytes([0x40 | value >> 12, 0x40 | value >> 6 & 0x3F, 0x40 | value & 0x3F])


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `0D0!` is address 0, verb D, rest 0; `0!` has no verb."""

    address: str
    verb: str = ""
    rest: str = ""

    @classmethod
    def from_bytes(cls, text: bytes) -> "Command":
        """Read a command.

        Raises:
            DamagedFrame: fault `command`.
        """
        match = _COMMAND.fullmatch(text.decode("latin-1").strip())
        if match is None:
            raise _damaged("command", "aX!", text)
        return cls(match["address"], match["verb"], match["rest"])

    def to_bytes(self) -> bytes:
        return f"{self.address}{self.verb}{self.rest}!".encode("ascii")

    @property
    def kind(self) -> Kind:
        """What the answer to this command looks like."""
        if self.verb in ("M", "MC", "C", "CC", "V", "HA", "HB"):
            return "measure"
        if self.verb in ("D", "R", "RC"):
            return "values"
        if self.verb in ("IM", "IC"):
            # 1.4 metadata: `0IM!` repeats the measurement's promise, `0IM_001!` names a value.
            return "text" if "_" in self.rest else "measure"
        if self.verb == "I":
            return _kind_of_info(self.rest)
        return "address"

    @property
    def wants_crc(self) -> bool:
        """Whether the values that follow this command close with a CRC."""
        return self.verb in ("MC", "CC", "RC")

    @property
    def answered_by(self) -> str | None:
        """The address that must lead the answer: the new one after a change, anyone's for `?`."""
        if self.address == "?":
            return None
        return self.rest if self.verb == "A" else self.address


@dataclass(frozen=True, slots=True)
class Promise:
    """Answer to M, C, V, H: so many values after so many seconds. 0 s means ready now.

    After M (not C) a probe that is ready early says so with a service request.
    """

    address: str
    seconds: int
    count: int

    @classmethod
    def from_text(cls, text: str) -> "Promise":
        """Read `atttn`, `atttnn` (concurrent) or `atttnnn` (high volume).

        Raises:
            DamagedFrame: fault `measure`.
        """
        match = re.fullmatch(r"([0-9A-Za-z])(\d{3})(\d{1,3})", text, re.ASCII)
        if match is None:
            raise _damaged("measure", "atttn", text.encode("latin-1"))
        return cls(match[1], int(match[2]), int(match[3]))

    def to_text(self, digits: int = 1) -> str:
        return f"{self.address}{self.seconds:03d}{self.count:0{digits}d}"


@dataclass(frozen=True, slots=True)
class Identity:
    """Answer to aI!; vendor and model without their padding, `optional` as it came."""

    address: str
    version: str
    vendor: str
    model: str
    sensor_version: str
    optional: str = ""

    @classmethod
    def from_text(cls, text: str) -> "Identity":
        """Read the fixed columns.

        Raises:
            DamagedFrame: fault `short` or `identity`.
        """
        if len(text) < _IDENTITY_LENGTH:
            raise _damaged("short", f"{_IDENTITY_LENGTH} characters", text.encode("latin-1"))
        if not (text[1:3].isascii() and text[1:3].isdigit()):
            raise _damaged("identity", "a two-digit version", text.encode("latin-1"))
        return cls(
            text[0],
            f"{text[1]}.{text[2]}",
            text[3:11].strip(),
            text[11:17].strip(),
            text[17:20],
            text[20:],
        )

    def to_text(self) -> str:
        version = self.version.replace(".", "")
        head = f"{self.address}{version}{self.vendor:<8}{self.model:<6}"
        return f"{head}{self.sensor_version:<3}{self.optional}"


def lines(received: bytes, command: Command | None = None) -> list[str]:
    """Cut what came into answers without their ends, echo and break noise taken off.

    Raises:
        NoAnswer: nothing came at all.
        DamagedFrame: fault `short`: the last answer has no end, so its last digits may be missing.
    """
    cleaned = received.lstrip(b"\0\xff")
    if command is not None:
        # Half-duplex adapters repeat what they sent.
        cleaned = cleaned.removeprefix(command.to_bytes()).lstrip(b"\0\xff\r\n")
    if not cleaned.strip(b"\r\n"):
        device = f"SDI-12 address {command.address if command else '?'}"
        raise NoAnswer(device=device, limit_ms=ANSWER_LIMIT_MS, fault="no_answer")
    if not cleaned.endswith((b"\r\n", b"\n", b"\r")):
        raise _damaged("short", "CR LF at the end", received)
    # CRC characters are 40 to 7F, so CR and LF can only be ends.
    return [part.decode("latin-1") for part in re.split(rb"[\r\n]+", cleaned) if part]


def values(text: str, *, with_crc: bool) -> list[float]:
    """Read the values of a D or R answer, without its end; the address leads.

    Raises:
        DamagedFrame: fault `short`, `crc` or `values`.
    """
    if with_crc and len(text) > 1:
        text = _without_crc(text)
    rest = text[1:]
    found: list[str] = _VALUE.findall(rest)
    if "".join(found) != rest:
        raise _damaged("values", "+1.23-4.5", text.encode("latin-1"))
    return [float(value) for value in found]


def values_to_text(address: str, numbers: list[float], *, with_crc: bool) -> str:
    """Write a D answer; each value with its sign and at most seven digits."""
    text = address + "".join(_signed(number) for number in numbers)
    return text + crc(text.encode("ascii")).decode("ascii") if with_crc else text


def check_address(text: str, expected: str | None) -> None:
    """Raise DamagedFrame (fault `address`) when another probe answered."""
    if expected is not None and text[:1] != expected:
        raise _damaged("address", f"address {expected}", text.encode("latin-1"))


def _kind_of_info(rest: str) -> Kind:
    if not rest:
        return "identity"
    return "text" if "_" in rest else "measure"


def _without_crc(text: str) -> str:
    raw = text.encode("latin-1")
    if len(raw) < 4:
        raise _damaged("short", "an address and three CRC characters", raw)
    content, got = raw[:-3], raw[-3:]
    if crc(content) != got:
        raise _damaged("crc", repr(crc(content)), raw)
    return content.decode("latin-1")


def _signed(number: float) -> str:
    whole = len(str(int(abs(number))))
    text = f"{number:+.{max(0, 7 - whole)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _damaged(fault: str, expected: str, got: bytes) -> DamagedFrame:
    return damaged("sdi12", fault, expected=expected, got=got, text=True)
