"""Walk a JSON object and collect what is a number, what is null and what must be refused."""

from collections.abc import Iterator
from typing import Any

from sensors.errors import BadPayload
from sensors.wires.payload.decoded import Refused, Value
from sensors.wires.payload.names import value_of
from sensors.wires.payload.scalars import number, shortened
from sensors.wires.payload.states import state_of

# Deeper nesting than this is no sensor's message.
MAX_DEPTH = 8


def leaves(node: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield (dotted path, scalar) of everything below a JSON value, but not what is too deep."""
    if depth > MAX_DEPTH:
        return
    children: Iterator[tuple[Any, Any]]
    if isinstance(node, dict):
        children = iter(node.items())
    elif isinstance(node, list):
        children = iter(enumerate(node))
    else:
        yield path, node
        return
    for name, child in children:
        yield from leaves(child, f"{path}.{name}" if path else str(name), depth + 1)


def numbers(
    source: str, fields: Iterator[tuple[str, Any]]
) -> tuple[tuple[Value, ...], tuple[Refused, ...]]:
    """Name every number, null and state; report texts that look like a number gone wrong.

    Other booleans and texts ("idle", a tamper switch) are neither values nor faults.
    """
    values: list[Value] = []
    refused: list[Refused] = []
    for raw, got in fields:
        state = state_of(raw, got)
        if state is not None:
            values.append(state)
            continue
        if isinstance(got, bool):
            continue
        try:
            values.append(value_of(raw, None if got is None else number(source, got)))
        except BadPayload as error:
            fault = str(error.facts["fault"])
            if fault != "not_a_number":
                refused.append(Refused(raw, fault, shortened(got)))
    return tuple(values), tuple(refused)
