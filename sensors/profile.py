"""A device model is data: one TOML file says what to ask, what the answer means and how far to
trust it. In the package (`sensors/models/`) or in the operator's own folder beside the settings,
whose files win. `docs/new-device.md` goes from a data sheet to a working profile.

A file has top-level keys, a `[line]`, one `[[value]]` for each thing measured and at least one
`[[example]]`: frames with what they mean, which are the profile's own test (`sensors.rehearsal`).
Some keys belong to the wire: `register` to Modbus, `field` to EZO. `WIRES` names the module that
knows them; a new wire is a module with what `Dialogue` lists, and a line in `WIRES`.
"""

import difflib
import importlib
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Protocol, cast, get_args

from sensors.dialogues.talk import Call, Heard, Talk
from sensors.errors import BadProfile, UnknownModel, UnknownQuantity
from sensors.line import Line, Parity
from sensors.quantities import QUANTITIES, convert, linear
from sensors.toml_lines import Path as TomlPath
from sensors.toml_lines import line_numbers, line_of

MODELS = Path(__file__).parent / "models"

# wire -> the module that knows how a profile of that wire is asked (imported when first needed).
WIRES = {
    "modbus": "sensors.dialogues.modbus",
    "echonet": "sensors.dialogues.echonet",
    "ezo": "sensors.dialogues.ezo",
    "lines": "sensors.dialogues.lines",
    "mhz19": "sensors.dialogues.mhz19",
    "sdi12": "sensors.dialogues.sdi12",
    "uecs": "sensors.dialogues.uecs",
}


@dataclass(frozen=True, slots=True)
class Key:
    """What one key of a profile must be; `right` is said to whoever got it wrong.

    `type` is what TOML must give: int, float (an int will do), str, bool, list or dict.
    """

    type: type
    right: str
    required: bool = False
    choices: tuple[object, ...] = ()
    low: float | None = None
    high: float | None = None


class Dialogue(Protocol):
    """What a wire's module offers. Modules fit this protocol as they are; nothing is registered.

    PROFILE_KEYS and VALUE_KEYS are the wire's own keys at the top of the file and in a
    `[[value]]`; what was written there ends up in `Profile.how` and `Value.how`. FRAMES says
    whether examples are written in hex or as text. LINE is the usual setting of such a line.
    """

    PROFILE_KEYS: Mapping[str, Key]
    VALUE_KEYS: Mapping[str, Key]
    FRAMES: Literal["hex", "text"]
    LINE: Line

    def read(self, profile: "Profile", call: Call) -> Talk[Heard]:
        """Ask for one reading. Raises SensorError out of the generator."""

    def prepare(self, profile: "Profile", call: Call) -> Talk[None]:
        """Say what must be said once after power-up (stop talking, auto-baseline off)."""


@dataclass(frozen=True, slots=True)
class Value:
    """One thing a device measures: `raw x scale + offset` is the value in `unit`."""

    quantity: str
    unit: str
    channel: str = ""
    scale: float = 1.0
    offset: float = 0.0
    low: float | None = None  # what the device can measure, in `unit`
    high: float | None = None
    resolution: float | None = None  # smallest step, in `unit`
    no_value: tuple[float, ...] = ()  # raw numbers that mean "none"
    stuck_after_s: float | None = None  # exactly the same for so long is not believable
    how: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """`quantity`, or `quantity/channel` where a device measures one quantity twice."""
        return f"{self.quantity}/{self.channel}" if self.channel else self.quantity

    def measured(self, raw: float | None) -> float | None:
        """Return what a raw number means, in the quantity's own unit; None where it means none."""
        if raw is None or raw in self.no_value or not math.isfinite(raw):
            return None
        # Ten digits: 249 tenths are 24.9, not 24.900000000000002.
        return self.canonical(float(f"{raw * self.scale + self.offset:.10g}"))

    def canonical(self, number: float | None) -> float | None:
        """Return a number given in the profile's unit in the quantity's own."""
        return None if number is None else convert(number, self.quantity, self.unit)

    @property
    def step(self) -> float:
        """The smallest step, in the quantity's own unit; 0 where the profile names none."""
        return (self.resolution or 0.0) * linear(self.quantity, self.unit)[0]


Origin = Literal["recorded", "published", "constructed"]


@dataclass(frozen=True, slots=True)
class Example:
    """A dialogue with what it means: recorded from a device, published, or made from the manual.

    `gives` maps `Value.key` to the value in the quantity's own unit (None: no value);
    `error` is the code of the error that the dialogue must end in instead.
    """

    origin: Origin
    source: str
    exchanges: tuple[tuple[bytes, bytes], ...]
    gives: Mapping[str, float | None]
    error: str | None = None
    doubt: bool = False
    address: int | str | None = None
    temperature_c: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One device model. Times are seconds, values as `Value` says."""

    model: str  # the file's name without .toml; what the settings call it
    name: str
    wire: str
    source: str
    line: Line
    address: int | str
    values: tuple[Value, ...]
    examples: tuple[Example, ...]
    ask_no_faster_than_s: float = 1.0
    answers_within_s: float = 0.1
    warm_up_s: float = 0.0
    prepare_every_s: float | None = None  # what is said after power-up is forgotten after so long
    note: str = ""
    how: Mapping[str, Any] = field(default_factory=dict)

    @property
    def dialogue(self) -> Dialogue:
        return dialogue_of(self.wire)


def dialogue_of(wire: str) -> Dialogue:
    """Return the module that knows how profiles of `wire` are asked."""
    return cast("Dialogue", importlib.import_module(WIRES[wire]))


def available(*folders: Path) -> dict[str, Path]:
    """Return each known model and its file; a file in `folders` wins over the package's own."""
    files = (path for folder in (MODELS, *folders) for path in sorted(folder.glob("*.toml")))
    return {path.stem: path for path in files}


def load(model: str, *folders: Path) -> Profile:
    """Return the profile of a model by name.

    Raises:
        UnknownModel: no such model; the nearest names are said.
        BadProfile: its file is wrong.
    """
    files = available(*folders)
    if model not in files:
        near = difflib.get_close_matches(model, files, n=3, cutoff=0.0)
        raise UnknownModel(model=model, near=", ".join(near))
    return read_file(files[model])


def read_file(path: Path) -> Profile:
    """Read one profile.

    Raises:
        BadProfile: the file is not there, is no TOML, or says something that cannot be; with
            the line and what would be right.
    """
    try:
        # Editors on Windows begin a file with a mark that is no TOML.
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        right = "write it as UTF-8 text that the service may read"
        line = error.object.count(b"\n", 0, error.start) + 1 if isinstance(error, ValueError) else 1
        raise BadProfile(file=path.name, line=line, problem=str(error), right=right) from error
    return parse(text, path.name)


def parse(text: str, file: str) -> Profile:
    """Read a profile from its text; `file` gives the model its name and errors their place.

    Raises:
        BadProfile: as `read_file`.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = int(place[1]) if place else len(text.splitlines())
        right = "write it as TOML: key = value, texts in quotes"
        raise BadProfile(file=file, line=line, problem=str(error), right=right) from error
    return _Reader(file, content, line_numbers(text)).profile()


_RANGE = Key(float, "a number in `unit`")
_POSITIVE = Key(float, "seconds, 0 or more", low=0)
_PROFILE_KEYS = {
    "name": Key(str, 'maker and type as on the label: name = "Senseair S8"', required=True),
    "wire": Key(str, "the protocol it speaks", required=True, choices=tuple(WIRES)),
    "source": Key(str, "the document the numbers come from", required=True),
    "address": Key(object, "the address it has when it leaves the factory"),
    "ask_no_faster_than_s": _POSITIVE,
    "answers_within_s": _POSITIVE,
    "warm_up_s": _POSITIVE,
    "prepare_every_s": _POSITIVE,
    "note": Key(str, "what the buyer should know"),
    "line": Key(dict, "[line] with baud, parity, stop_bits"),
    "value": Key(list, "at least one [[value]]", required=True),
    "example": Key(list, "at least one [[example]] with frames", required=True),
}
_LINE_KEYS = {
    "baud": Key(int, "the line's speed, such as 9600", low=50, high=4_000_000),
    "parity": Key(str, "N, E or O", choices=get_args(Parity)),
    "stop_bits": Key(int, "1 or 2", choices=(1, 2)),
    "data_bits": Key(int, "7 or 8", choices=(7, 8)),
}
_VALUE_KEYS = {
    "quantity": Key(str, "a name of the vocabulary", required=True, choices=tuple(QUANTITIES)),
    "unit": Key(str, "the unit after scale and offset", required=True),
    "channel": Key(str, "a short name where it measures one quantity twice"),
    "scale": Key(float, "what one step of the raw number is, such as 0.1"),
    "offset": Key(float, "what raw 0 is, in `unit`"),
    "low": _RANGE,
    "high": _RANGE,
    "resolution": Key(float, "the smallest step, in `unit`", low=0),
    "no_value": Key(list, 'raw numbers that mean "none", such as [32767]'),
    "stuck_after_s": _POSITIVE,
}
_EXAMPLE_KEYS = {
    "origin": Key(str, "where the frames are from", required=True, choices=get_args(Origin)),
    "source": Key(str, "the page, or the unit and the day it was recorded", required=True),
    "exchanges": Key(list, 'pairs of what is sent and what comes: [["…", "…"]]', required=True),
    "gives": Key(dict, "what it means: { co2 = 676 }; quote a key with a channel"),
    "none": Key(list, 'keys of values that must come out as "no value"'),
    "error": Key(str, "the code of the error it must end in"),
    "doubt": Key(bool, "true where the device doubts its own values"),
    "address": Key(object, "the address in the frames, where not the usual"),
    "temperature_c": Key(float, "the water temperature handed in"),
}


class _Reader:
    """Turns parsed TOML into a Profile, saying the line of whatever is wrong."""

    def __init__(self, file: str, content: dict[str, Any], lines: dict[TomlPath, int]) -> None:
        self.file, self.content, self.lines = file, content, lines

    def profile(self) -> Profile:
        wire = self._wire()
        dialogue = dialogue_of(wire)
        self._check(self.content, (), {**_PROFILE_KEYS, **dialogue.PROFILE_KEYS})
        line_table = self.content.get("line", {})
        self._check(line_table, ("line",), _LINE_KEYS)
        usual = dialogue.LINE
        names = ("baud", "parity", "stop_bits", "data_bits")
        line = Line(**{name: line_table.get(name, getattr(usual, name)) for name in names})
        values = tuple(
            self._value(table, ("value", n), dialogue) for n, table in self._tables("value")
        )
        self._check_unique(values)
        examples = tuple(
            self._example(table, ("example", n), dialogue, values)
            for n, table in self._tables("example")
        )
        plain = _picked(self.content, _PROFILE_KEYS, but=("line", "value", "example", "address"))
        return Profile(
            model=self.file.removesuffix(".toml"),
            line=line,
            address=self.content.get("address", 1),
            values=values,
            examples=examples,
            how=MappingProxyType(_picked(self.content, dialogue.PROFILE_KEYS)),
            **plain,
        )

    def _wire(self) -> str:
        wire = self.content.get("wire")
        if isinstance(wire, str) and wire in WIRES:
            return wire
        key = _PROFILE_KEYS["wire"]
        problem = "`wire` is missing" if wire is None else f"unknown wire {wire!r}"
        raise self._wrong(("wire",), problem, f"{key.right}: {', '.join(WIRES)}")

    def _tables(self, name: str) -> list[tuple[int, dict[str, Any]]]:
        tables = self.content[name]
        if not tables or not all(isinstance(table, dict) for table in tables):
            raise self._wrong((name,), f"no [[{name}]]", _PROFILE_KEYS[name].right)
        return list(enumerate(tables))

    def _value(self, table: dict[str, Any], path: TomlPath, dialogue: Dialogue) -> Value:
        self._check(table, path, {**_VALUE_KEYS, **dialogue.VALUE_KEYS})
        try:
            linear(table["quantity"], table["unit"])
        except UnknownQuantity as error:
            problem = f"{error.facts['problem']} {table['unit']!r}"
            raise self._wrong((*path, "unit"), problem, f"one of {error.facts['known']}") from error
        plain = _picked(table, _VALUE_KEYS)
        if plain.get("low", 0) > plain.get("high", float("inf")):
            raise self._wrong((*path, "low"), "`low` is above `high`", "swap them")
        no_value = tuple(plain.pop("no_value", ()))
        how = MappingProxyType(_picked(table, dialogue.VALUE_KEYS))
        return Value(**plain, no_value=no_value, how=how)

    def _check_unique(self, values: tuple[Value, ...]) -> None:
        keys = [value.key for value in values]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                right = 'give each a channel: channel = "1"'
                raise self._wrong(("value", number), f"two values are called {key}", right)

    def _example(
        self, table: dict[str, Any], path: TomlPath, dialogue: Dialogue, values: tuple[Value, ...]
    ) -> Example:
        self._check(table, path, _EXAMPLE_KEYS)
        gives = {**table.get("gives", {}), **dict.fromkeys(table.get("none", []))}
        known = [value.key for value in values]
        for key in gives:
            if key not in known:
                raise self._wrong((*path, "gives"), f"no value {key!r}", f"one of {known}")
        if not gives and "error" not in table:
            right = "say `gives` (what the frames mean) or `error`"
            raise self._wrong(path, "the example proves nothing", right)
        plain = _picked(table, _EXAMPLE_KEYS, but=("gives", "none", "exchanges"))
        return Example(exchanges=self._exchanges(table, path, dialogue), gives=gives, **plain)

    def _exchanges(
        self, table: dict[str, Any], path: TomlPath, dialogue: Dialogue
    ) -> tuple[tuple[bytes, bytes], ...]:
        to_bytes = bytes.fromhex if dialogue.FRAMES == "hex" else str.encode
        try:
            return tuple((to_bytes(ask), to_bytes(answer)) for ask, answer in table["exchanges"])
        except (ValueError, TypeError) as error:
            right = f'pairs of {dialogue.FRAMES}: [["ask", "answer"], …]'
            raise self._wrong((*path, "exchanges"), f"unreadable ({error})", right) from error

    def _check(self, table: object, path: TomlPath, keys: Mapping[str, Key]) -> None:
        if not isinstance(table, dict):
            raise self._wrong(path, f"{table!r} is no table", f"[{path[0]}] and keys below it")
        for name in table:
            if name not in keys:
                near = difflib.get_close_matches(name, keys, n=1) or sorted(keys)
                right = "did you mean " + ", ".join(near) + "?"
                raise self._wrong((*path, name), f"unknown key `{name}`", right)
        for name, key in keys.items():
            if name in table:
                self._check_one(table[name], (*path, name), key)
            elif key.required:
                raise self._wrong(path, f"`{name}` is missing", key.right)

    def _check_one(self, value: Any, path: TomlPath, key: Key) -> None:
        accepted = (int, float) if key.type is float else key.type
        # bool is an int to Python, and `register = true` is a typing error to everybody else.
        if not isinstance(value, accepted) or (isinstance(value, bool) and key.type is not bool):
            raise self._wrong(path, f"`{path[-1]}` is {value!r}", key.right)
        if key.choices and value not in key.choices:
            near = difflib.get_close_matches(str(value), map(str, key.choices), n=3, cutoff=0.4)
            among = ", ".join(near or map(str, key.choices))
            raise self._wrong(path, f"`{path[-1]}` is {value!r}", f"{key.right}: {among}")
        low = -math.inf if key.low is None else key.low
        high = math.inf if key.high is None else key.high
        if isinstance(value, (int, float)) and not low <= value <= high:
            raise self._wrong(path, f"`{path[-1]}` is {value!r}", key.right)

    def _wrong(self, path: TomlPath, problem: str, right: str) -> BadProfile:
        line = line_of(self.lines, path)
        return BadProfile(file=self.file, line=line, problem=problem, right=right)


def _picked(
    table: dict[str, Any], keys: Iterable[str], but: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {name: table[name] for name in keys if name in table and name not in but}
