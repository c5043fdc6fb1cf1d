"""How a device that writes lines is read: listen, or ask and listen.

Keys at the top: `request`, what makes it write one line (none: it writes by itself); one of
`columns` with `separator`, `pattern`, `json`; `stable`, what its flag's words mean; `overload`.
Key of a `[[value]]`: `column`, the name its number has in the line.

A scale that still moves gives a value in doubt, never a weight to print on a label.
"""

import re

from sensors.dialogues.talk import Ask, Call, Heard, Talk
from sensors.errors import BadProfile, DamagedFrame
from sensors.line import Line
from sensors.profile import Key, Profile
from sensors.reading import Reason
from sensors.wires.lines import MAX_LINE, LineFormat
from sensors.wires.lines import Line as Written

FRAMES = "text"
LINE = Line(9600)
PROFILE_KEYS = {
    "request": Key(str, 'what makes it write a line: "Q\\r\\n"'),
    "columns": Key(list, 'names in the order they come, "" to skip one'),
    "separator": Key(str, "between columns; left out: white space"),
    "pattern": Key(str, "a regular expression with (?P<name>…) around each number"),
    "json": Key(bool, "true where a line is a JSON object"),
    "stable": Key(dict, "stable = { ST = true, US = false }"),
    "overload": Key(list, 'words that mean "too much": ["OL"]'),
    "line_end": Key(str, 'how a line ends, "\\r\\n" where left out'),
}
VALUE_KEYS = {"column": Key(str, "the name of its number in the line", required=True)}
# A line that is written once a second may have just begun when we start to listen.
_LISTEN_S = 3.0
_LONGEST = 128


def read(profile: Profile, call: Call) -> Talk[Heard]:
    """Take one whole line: the last that came."""
    layout = _layout(profile)
    end = str(profile.how.get("line_end", "\r\n")).encode()
    request = str(profile.how.get("request", "")).encode()
    wait_s = profile.answers_within_s if request else max(_LISTEN_S, profile.answers_within_s)
    limit_s = wait_s + call.line.time_s(len(request) + _LONGEST)
    # Listening may begin in the middle of a line: only what follows an end is whole.
    needed = 1 if request else 2
    # What a talker said while nobody listened is old, and a full input has dropped the newest.
    arrived = yield Ask(request, lambda came: came.count(end) >= needed, limit_s, fresh=True)
    line = layout.read(_last_whole(arrived, end, needed))
    return _heard(profile, line)


def prepare(profile: Profile, call: Call) -> Talk[None]:
    """Nothing: what makes it write is set at the device."""
    del profile, call
    yield from ()


def _last_whole(arrived: bytes, end: bytes, needed: int) -> bytes:
    whole = arrived[-MAX_LINE:].split(end)[:-1]
    if len(whole) < needed:
        raise DamagedFrame(
            wire="line",
            problem="short",
            fault="short",
            expected="a whole line",
            got=repr(arrived[-40:]),
        )
    return whole[-1]


def _heard(profile: Profile, line: Written) -> Heard:
    values: dict[str, float | None] = {}
    for value in profile.values:
        column = value.how["column"]
        unit = line.units.get(column)
        if column not in line.values:
            raise _wrong("column", f"a number {column!r}", ", ".join(line.values))
        if unit is not None and unit != value.unit:
            raise _wrong("unit", f"{value.unit} (set it at the device)", unit)
        values[value.key] = line.values[column]
    return Heard(values, Reason.DEVICE_STATUS if line.stable is False else Reason.NONE)


def _layout(profile: Profile) -> LineFormat:
    how = profile.how
    try:
        pattern = re.compile(how["pattern"]) if "pattern" in how else None
        return LineFormat(
            columns=tuple(how.get("columns", ())),
            separator=how.get("separator"),
            pattern=pattern,
            json=how.get("json", False),
            stable=how.get("stable", {}),
            overload=tuple(how.get("overload", ())),
        )
    except re.error as error:
        right = "a regular expression with named groups"
        problem = f"pattern: {error}"
        raise BadProfile(file=profile.model, line=0, problem=problem, right=right) from error


def _wrong(fault: str, expected: str, got: str) -> DamagedFrame:
    return DamagedFrame(wire="line", problem=fault, fault=fault, expected=expected, got=got)
