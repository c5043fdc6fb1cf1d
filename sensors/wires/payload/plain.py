"""Payloads without a known shape: a bare number, or JSON that settings explain by a mapping."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sensors.quantities import STATES
from sensors.wires.payload import scalars
from sensors.wires.payload.decoded import Decoded, Value
from sensors.wires.payload.fields import leaves, numbers
from sensors.wires.payload.names import Known, named
from sensors.wires.payload.paths import Path
from sensors.wires.payload.states import stated, word_of


@dataclass(frozen=True, slots=True)
class Field:
    """Where one quantity lies in a JSON payload; its unit is canonical times 1 / `scale`.

    `inverted` is for states: what the device says as on (a closed contact) is off.
    """

    path: Path
    quantity: str
    scale: float = 1.0
    channel: str = ""
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    """What settings say of a JSON shape of the grower's own. `time` must carry its zone."""

    fields: tuple[Field, ...]
    time: Path | None = None
    key: Path | None = None


def decode(topic: str, payload: bytes, *, received_at: datetime, retained: bool) -> Decoded:
    """Read a bare number (name `value`), or every number of a JSON object by its dotted path.

    Raises:
        BadPayload: neither; a decimal comma and NaN are named, never guessed at.
    """
    text = scalars.text_of(topic, payload)
    if text[0] not in "{[":
        number = scalars.number(topic, _unquoted(topic, payload, text))
        values: tuple[Value, ...] = (Value("value", "value", number),)
        return Decoded("plain", topic, received_at, values=values, is_new=not retained)
    content = scalars.load_json(topic, payload)
    values, refused = numbers(topic, leaves(content))
    return Decoded("plain", topic, received_at, values=values, is_new=not retained, refused=refused)


def decode_mapped(
    topic: str,
    payload: bytes,
    mapping: Mapping,
    *,
    device: str,
    received_at: datetime,
    retained: bool,
) -> Decoded:
    """Read a payload as settings explain it; a path of `$` takes a bare value.

    Raises:
        BadPayload: no JSON; a mapped value that is no number; none of the paths leads anywhere.
    """
    content = _content(topic, payload)
    values = tuple(_mapped(topic, content, mapping))
    if not values:
        expected = ", ".join(field.path.text for field in mapping.fields)
        raise scalars.refusal(
            topic, fault="nothing_mapped", problem="no mapped path", expected=expected, got=content
        )
    at = scalars.instant(mapping.time.find(content)[1]) if mapping.time else None
    key = mapping.key.find(content)[1] if mapping.key else None
    return Decoded(
        "mapped",
        device,
        at[0] if at else received_at,
        "device" if at else "arrival",
        values,
        key=None if key is None else str(key),
        is_new=not retained,
    )


def _mapped(topic: str, content: Any, mapping: Mapping) -> Iterator[Value]:
    for field in mapping.fields:
        there, got = field.path.find(content)
        if there and field.quantity in STATES:
            yield _state(topic, field, got)
        elif there:
            value = None if got is None else scalars.number(topic, got)
            known = Known(field.path.text, field.quantity, field.scale, field.channel)
            yield named(field.path.text, value, known)


def _state(topic: str, field: Field, got: Any) -> Value:
    word = word_of(got)
    if got is None:
        return named(
            field.path.text, None, Known(field.quantity, field.quantity), channel=field.channel
        )
    value = scalars.number(topic, got) * field.scale if word is None else word
    inverted, channel = field.inverted, field.channel
    return stated(field.path.text, value, field.quantity, inverted=inverted, channel=channel)


def _content(topic: str, payload: bytes) -> Any:
    text = scalars.text_of(topic, payload)
    if text[0] in '{["':
        return scalars.load_json(topic, payload)
    return text


def _unquoted(topic: str, payload: bytes, text: str) -> Any:
    return scalars.load_json(topic, payload) if text[0] == '"' else text
