"""Numbers, times and JSON as the network sends them, or a typed refusal.

A broker passes on whatever anybody publishes: NaN, 1e400, "21,5", true, a megabyte of brackets.
Each is refused with a word (`fault`) that stays the same, so that refusals can be counted.
"""

import json
import math
import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from sensors.errors import BadPayload

# The largest honest message seen is a Zigbee2MQTT device list; sensor messages stay below 8 KiB.
MAX_BYTES = 262_144
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?", re.ASCII | re.IGNORECASE
)
# A clock before this was never set; microcontrollers start in 1970 (or 2000).
_FIRST_TRUSTED_YEAR = 2001


def refusal(source: str, *, fault: str, problem: str, expected: str, got: object) -> BadPayload:
    """Build the error; `got` is shortened, because a log line must not carry a megabyte."""
    return BadPayload(
        source=source, fault=fault, problem=problem, expected=expected, got=shortened(got)
    )


def shortened(got: object) -> str:
    """Return at most 60 printable characters of whatever came."""
    text = repr(got[:80] if isinstance(got, (str, bytes)) else got)
    return text if len(text) <= 60 else f"{text[:57]}..."


def text_of(source: str, payload: bytes) -> str:
    """Return the payload as text without the white space around it."""
    if len(payload) > MAX_BYTES:
        got = f"{len(payload)} bytes"
        raise refusal(
            source, fault="too_large", problem="too large", expected=f"<= {MAX_BYTES}", got=got
        )
    try:
        text = payload.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise refusal(
            source, fault="not_utf8", problem="not text", expected="UTF-8", got=payload
        ) from error
    if not text:
        raise refusal(
            source, fault="empty", problem="empty payload", expected="a value", got=payload
        )
    return text


def load_json(source: str, payload: bytes) -> Any:
    """Parse JSON strictly: no NaN, no Infinity, nothing beyond what a double holds."""
    text = text_of(source, payload)
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        fault = "not_finite" if _holds_no_number(text, error) else "not_json"
        expected = "finite numbers" if fault == "not_finite" else "JSON"
        cause = shortened(str(error))
        raise refusal(
            source, fault=fault, problem=f"not readable ({cause})", expected=expected, got=text
        ) from error


def load_object(source: str, payload: bytes) -> dict[str, Any]:
    """Parse JSON that must be an object."""
    value = load_json(source, payload)
    if not isinstance(value, dict):
        raise refusal(
            source,
            fault="not_an_object",
            problem="another shape",
            expected="a JSON object",
            got=value,
        )
    return value


def number(source: str, value: object) -> float:
    """Return a finite number from a JSON number or from text that is nothing but a number.

    Raises:
        BadPayload: fault `not_finite`, `decimal_comma` or `not_a_number` (booleans included:
            true is a state, and 1.0 in a chart would be a lie).
    """
    if isinstance(value, str):
        value = _from_text(source, value.strip())
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise refusal(
            source, fault="not_a_number", problem="not a number", expected="a number", got=value
        )
    if _is_finite(value):
        return value
    raise refusal(
        source, fault="not_finite", problem="no number", expected="a finite number", got=value
    )


def instant(value: object) -> tuple[datetime, int] | None:
    """Read a time that names its zone: ISO 8601 with an offset, or epoch milliseconds.

    Returns:
        The moment in UTC and its whole nanoseconds since 1970, or None for anything else,
        a clock that was never set included.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_epoch_ms(value)
    parsed = _parse_time(value)
    if parsed is None or parsed[0].tzinfo is None:
        return None
    return _checked(*parsed)


def local_instant(value: object) -> datetime | None:
    """Read an ISO time without a zone, as a naive datetime; None where it is not one."""
    parsed = _parse_time(value)
    if parsed is None or parsed[0].tzinfo is not None or parsed[0].year < _FIRST_TRUSTED_YEAR:
        return None
    return parsed[0]


def _from_text(source: str, text: str) -> object:
    if _NUMBER.fullmatch(text):
        return float(text)
    if _DECIMAL_COMMA.fullmatch(text):
        problem = "decimal comma; configure the device to send a point"
        raise refusal(source, fault="decimal_comma", problem=problem, expected="21.5", got=text)
    if _NOT_FINITE.fullmatch(text):
        raise refusal(
            source, fault="not_finite", problem="no number", expected="a number", got=text
        )
    return text


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond what a double holds
        return False


def _holds_no_number(text: str, error: Exception) -> bool:
    """Say whether the text would be JSON but for NaN, Infinity or a number beyond a double."""
    if "out of range" in str(error):
        return True
    found: list[str] = []
    try:
        json.loads(text, parse_constant=found.append)
    except (ValueError, RecursionError):
        return False
    return bool(found)


def _from_epoch_ms(value: float) -> tuple[datetime, int] | None:
    try:
        moment = datetime.fromtimestamp(value / 1000, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return _checked(moment, round(value * 1_000_000) % 1_000_000_000)


def _parse_time(value: object) -> tuple[datetime, int] | None:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    whole, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(whole + (zone or "").upper())
    except ValueError:
        return None
    nanoseconds = int((fraction or "").ljust(9, "0")[:9])
    return moment.replace(microsecond=nanoseconds // 1000), nanoseconds


def _checked(moment: datetime, nanoseconds: int) -> tuple[datetime, int] | None:
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        return None
    if moment.year < _FIRST_TRUSTED_YEAR:
        return None
    whole_s = int(moment.replace(microsecond=0).timestamp())
    return moment, whole_s * 1_000_000_000 + nanoseconds
