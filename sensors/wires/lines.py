"""ASCII lines: scales, loggers, JSON or CSV lines, as a profile declares them.

A line that is cut short may still look like a number ("12.34" of "12.345"), so only a line with
its end counts, and a scale's line only with its stable flag where it has one.

Source: A&D "A&D standard format" (ST,+00012.34  g); CAS and Ohaus interface manuals.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sensors.errors import BadProfile, DamagedFrame
from sensors.wires.faults import damaged
from sensors.wires.payload.fields import leaves, numbers
from sensors.wires.payload.scalars import load_object, number

# A logger's line with fifty columns fits four times; what is longer is a stuck key or noise.
MAX_LINE = 4096


class LineBuffer:
    """Cut a byte stream at `separator`; holds at most `limit` bytes of an unfinished line."""

    def __init__(self, separator: bytes = b"\n", limit: int = MAX_LINE) -> None:
        self._separator, self._limit = separator, limit
        self._held = b""
        self._skipping = False

    def feed(self, received: bytes) -> Iterator[bytes]:
        """Give every whole line without its end; a line beyond the limit is dropped whole."""
        *lines, rest = (self._held + received).split(self._separator)
        self._held = b""
        for line in lines:
            if not self._skipping and len(line) <= self._limit:
                yield line
            self._skipping = False
        if len(rest) > self._limit:
            # Keep what could be the start of a separator; the rest of this line is lost.
            self._skipping = True
        if self._skipping:
            rest = rest[-(len(self._separator) - 1) or len(rest) :]
        self._held = rest


@dataclass(frozen=True, slots=True)
class Line:
    """What one line said: numbers by column name, in `units` where the line names them.

    `stable` is None where the device does not say. A value of None is the device's overload.
    """

    values: dict[str, float | None]
    units: dict[str, str] = field(default_factory=dict)
    stable: bool | None = None


@dataclass(frozen=True, slots=True)
class LineFormat:
    """How a device writes: exactly one of `columns`, `pattern` and `json`.

    Args:
        separator: Between columns; None splits at white space.
        columns: Name of each column, "" to skip one.
        pattern: A regular expression with named groups; `unit` and `flag` are not values.
        json: The line is an object; its numbers are named by their dotted path.
        stable: What the flag's words mean, e.g. {"ST": True, "US": False}.
        overload: Words that mean "more than I can weigh"; the value becomes None.
    """

    columns: tuple[str, ...] = ()
    separator: str | None = None
    pattern: re.Pattern[str] | None = None
    json: bool = False
    stable: Mapping[str, bool] = field(default_factory=dict)
    overload: tuple[str, ...] = ()
    encoding: str = "ascii"

    def __post_init__(self) -> None:
        chosen = [bool(self.columns), self.pattern is not None, self.json]
        if sum(chosen) != 1:
            raise BadProfile(
                file="line format",
                line="?",
                problem="says not exactly one way to read a line",
                right="give one of columns, pattern, json",
            )

    def read(self, line: bytes) -> Line:
        """Read one line without its end.

        Raises:
            DamagedFrame: fault `not_text`, `columns`, `pattern`, `flag`.
            BadPayload: a JSON line or a number that is none (see `payload.scalars`).
        """
        if self.json:
            return Line(_json_numbers(line))
        try:
            text = line.decode(self.encoding).strip()
        except UnicodeDecodeError as error:
            raise _damaged("not_text", self.encoding, line) from error
        named = self._matched(text) if self.pattern else self._split(text)
        return self._line(text, named)

    def _matched(self, text: str) -> dict[str, str]:
        assert self.pattern is not None
        match = self.pattern.fullmatch(text)
        if match is None:
            raise _damaged("pattern", self.pattern.pattern, text.encode())
        return {name: got for name, got in match.groupdict().items() if got is not None}

    def _split(self, text: str) -> dict[str, str]:
        cells = text.split(self.separator)
        if len(cells) != len(self.columns):
            raise _damaged("columns", f"{len(self.columns)} columns", text.encode())
        pairs = zip(self.columns, cells, strict=True)
        return {name: cell.strip() for name, cell in pairs if name}

    def _line(self, text: str, named: dict[str, str]) -> Line:
        flag, unit = named.pop("flag", None), named.pop("unit", None)
        over = flag in self.overload or any(got in self.overload for got in named.values())
        if flag is not None and self.stable and flag not in self.stable and not over:
            raise _damaged("flag", ", ".join(self.stable), text.encode())
        values = {name: None if over else _number(got) for name, got in named.items()}
        units = dict.fromkeys(values, unit) if unit else {}
        return Line(values, units, None if flag is None or over else self.stable.get(flag))


# What scales on a packing table speak: ST stands still, US still moves, OL is overloaded.
AND_SCALE = LineFormat(
    pattern=re.compile(
        r"(?P<flag>ST|US|OL|QT),(?P<weight>[+-]?[\d. ]+(?:E[+-]\d+)?) *(?P<unit>\w*)"
    ),
    stable={"ST": True, "US": False, "QT": True},
    overload=("OL",),
)
CAS_SCALE = LineFormat(
    pattern=re.compile(
        r"(?P<flag>ST|US|OL),(?:GS|NT|G|N),(?:[\w-]*,)*(?P<weight>[+-]?[ \d.]+) *(?P<unit>\w+)"
    ),
    stable={"ST": True, "US": False},
    overload=("OL",),
)


def _number(text: str) -> float | None:
    # Scales print the sign apart from the digits, and an empty logger cell is a missing value.
    packed = text.replace(" ", "")
    if not packed or packed.upper() in ("NAN", "NA", "-", "----"):
        return None
    return float(number("line", packed))


def _json_numbers(line: bytes) -> dict[str, float | None]:
    values, _ = numbers("line", leaves(load_object("line", line)))
    return {value.raw: value.value for value in values}


def _damaged(fault: str, expected: str, got: bytes) -> DamagedFrame:
    return damaged("line", fault, expected=expected, got=got, text=True)
