"""Simulated probes that speak ASCII: Atlas EZO, SDI-12, and devices that write lines."""

import re

from sensors.profile import Profile
from sensors.simulator.probe import Values, by_place, raw_of
from sensors.wires import sdi12


class EzoProbe:
    """An EZO circuit: talks by itself until told not to, then answers commands."""

    def __init__(self, profile: Profile, values: Values, address: int | str) -> None:
        self.address = address
        self._profile, self._values = profile, values
        self.talks = True

    def power_up(self) -> None:
        # Continuous mode is kept at power loss; the temperature of compensation is not.
        pass

    def talk(self) -> bytes:
        return self._fields()

    def hear(self, heard: bytes) -> tuple[int, bytes, float]:
        command, end, _ = heard.partition(b"\r")
        if not end:
            return 0, b"", 0.0
        return len(command) + 1, *self._answer(command.strip().upper())

    def _answer(self, command: bytes) -> tuple[bytes, float]:
        if command == b"R" or command.startswith(b"RT,"):
            fields = self._fields()
            said = fields + b"*OK\r" if fields else b"*ER\r"
            return said, self._profile.answers_within_s * 0.9
        if command in (b"C,0", b"C,1"):
            self.talks = command == b"C,1"
        elif not command.startswith((b"T,", b"CAL,", b"*OK,1")):
            return b"*ER\r", 0.25
        return b"*OK\r", 0.25

    def _fields(self) -> bytes:
        texts = by_place(self._profile.values, self._values())
        return b"" if texts is None else ",".join(texts).encode() + b"\r"


class Sdi12Probe:
    """An SDI-12 probe behind its adapter: ready at once, three values a page."""

    talks = False

    def __init__(self, profile: Profile, values: Values, address: int | str) -> None:
        self.address: int | str = str(address)
        self._profile, self._values = profile, values
        self._pages: list[list[float]] = []
        self._with_crc = False

    def power_up(self) -> None:
        self._pages = []

    def talk(self) -> bytes:
        return b""

    def hear(self, heard: bytes) -> tuple[int, bytes, float]:
        text, end, _ = heard.partition(b"!")
        if not end or text[:1] != str(self.address).encode():
            return 0, b"", 0.0
        command = sdi12.Command.from_bytes(text + b"!")
        return len(text) + 1, self._answer(command).encode("latin-1") + b"\r\n", 0.02

    def _answer(self, command: sdi12.Command) -> str:
        address = str(self.address)
        if command.verb == "D":
            page = int(command.rest or 0)
            numbers = self._pages[page] if page < len(self._pages) else []
            return sdi12.values_to_text(address, numbers, with_crc=self._with_crc)
        if command.kind not in ("measure", "values"):
            return address
        texts = by_place(self._profile.values, self._values())
        numbers = [] if texts is None else [float(text) for text in texts]
        self._with_crc = command.wants_crc
        self._pages = [numbers[start : start + 3] for start in range(0, len(numbers), 3)]
        if command.kind == "values":
            return sdi12.values_to_text(address, numbers, with_crc=self._with_crc)
        digits = 2 if command.verb.startswith("C") else 1
        return sdi12.Promise(address, 0, len(numbers)).to_text(digits)


class LineProbe:
    """A scale: answers its request with one line, or writes one each second where it needs none.

    Its line is that of the profile's first example, with the weight of the moment in its place.
    """

    def __init__(self, profile: Profile, values: Values, address: int | str) -> None:
        self.address = address
        self._profile, self._values = profile, values
        self._request = str(profile.how.get("request", "")).encode()
        self.talks = not self._request

    def power_up(self) -> None:
        pass

    def talk(self) -> bytes:
        return self._line()

    def hear(self, heard: bytes) -> tuple[int, bytes, float]:
        if not self._request or not heard.startswith(self._request):
            return 0, b"", 0.0
        return len(self._request), self._line(), self._profile.answers_within_s / 2

    def _line(self) -> bytes:
        value, now = self._profile.values[0], self._values()
        raw = raw_of(value, now)
        shown = self._profile.examples[0].exchanges[-1][1].decode().splitlines()[-1]
        match = re.fullmatch(self._profile.how["pattern"], shown)
        if raw is None or match is None:
            return b""
        start, end = match.span(value.how["column"])
        was = match[value.how["column"]].rstrip()
        decimals = len(was.partition(".")[2])
        number = f"{abs(raw):.{decimals}f}".rjust(len(was) - 1, was[1])
        rest = shown[start + len(was) : end] + shown[end:]
        return f"{shown[:start]}{'-' if raw < 0 else '+'}{number}{rest}\r\n".encode()
