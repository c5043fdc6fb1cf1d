"""What every wire's capture reader takes and gives."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sensors.errors import BadPayload

Row = dict[str, Any]
# Beyond this no field of a capture means anything.
_LARGEST = 1e15


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one row decoded to.

    `got` has every name this wire knows for what it found; `listed` is the same as a list, for
    rows that expect one. `quality` names the values that exist but are not simply good.
    """

    got: dict[str, Any] = field(default_factory=dict)
    listed: list[Any] | None = None
    quality: dict[str, str] = field(default_factory=dict)

    def shaped(self, expect: Any) -> Any:
        """Return the part that an expectation asks about; only its keys are looked at."""
        if isinstance(expect, list) and self.listed is not None:
            return _shaped(self.listed, expect)
        return _shaped(self.got, {} if expect is None else expect)


# A reader keeps its protocol's state from row to row; one for each capture.
Reader = Callable[[Row], Outcome]


def hex_field(row: Row, name: str) -> bytes:
    """Return a field of hex digits, blanks allowed; absent is nothing received.

    Raises:
        BadPayload: fault `row`.
    """
    text = text_field(row, name)
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise bad_row(name, "hex digits", text) from error


def text_field(row: Row, name: str) -> str:
    """Return a field of text; absent and null are nothing.

    Raises:
        BadPayload: fault `row`.
    """
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise bad_row(name, "text", value)
    return value or ""


def number_field(row: Row, name: str, default: float = 0) -> float:
    """Return a field that is a finite number; absent is `default`.

    Raises:
        BadPayload: fault `row`.
    """
    value = row.get(name, default)
    usual = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not usual or not -_LARGEST < value < _LARGEST:
        raise bad_row(name, "a number", value)
    return float(value) if isinstance(value, float) else int(value)


def list_field(row: Row, name: str) -> list[Row]:
    """Return a field that is a list of objects; absent and null are empty.

    Raises:
        BadPayload: fault `row`.
    """
    value = row.get(name) or []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise bad_row(name, "a list of objects", value)
    return value


def bad_row(name: str, expected: str, got: object) -> BadPayload:
    """Build the error for a capture that is itself malformed."""
    return BadPayload(
        source="capture",
        fault="row",
        problem=f"field {name!r} of a row",
        expected=expected,
        got=repr(got)[:60],
    )


def _shaped(full: Any, expect: Any) -> Any:
    if isinstance(full, dict) and isinstance(expect, dict):
        return {key: _shaped(full[key], expect[key]) for key in expect if key in full}
    if isinstance(full, list) and isinstance(expect, list) and expect:
        # One expected entry stands for all that come after it.
        last = len(expect) - 1
        return [_shaped(item, expect[min(at, last)]) for at, item in enumerate(full)]
    if isinstance(full, dict) and expect is not None:
        return _bare(full, expect)
    return full


def _bare(full: dict[str, Any], expect: Any) -> Any:
    """Return the one thing of a property that an expectation without names can mean."""
    if isinstance(expect, list):
        lists = [value for value in full.values() if isinstance(value, list)]
        return _shaped(lists[0], expect) if lists else list(full.values())
    return full.get("value", full)
