"""JSON paths, the small part that settings need: `climate.air[0].temp`, `$["odd.name"]`."""

import re
from dataclasses import dataclass
from typing import Any

from sensors.wires.payload.scalars import refusal

_STEP = re.compile(r"\.?([^.\[\]\"]+)|\[(\d+)\]|\[\"([^\"]+)\"\]")


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path; names are text, list positions are whole numbers from 0."""

    text: str
    steps: tuple[str | int, ...]

    @classmethod
    def parse(cls, text: str) -> "Path":
        """Compile a path, with or without the leading `$`.

        Raises:
            BadPayload: fault `path`: brackets or dots that lead nowhere.
        """
        rest = text.removeprefix("$")
        steps: list[str | int] = []
        while rest:
            step = _STEP.match(rest)
            if step is None or rest.endswith("."):
                raise refusal(text, fault="path", problem="JSON path", expected="a.b[0]", got=rest)
            name, position, quoted = step.groups()
            steps.append(int(position) if position is not None else name or quoted)
            rest = rest[step.end() :]
        return cls(text, tuple(steps))

    def find(self, node: Any) -> tuple[bool, Any]:
        """Return (is it there, what is there): null there is not the same as nothing there."""
        for step in self.steps:
            if isinstance(step, int):
                if not isinstance(node, list) or step >= len(node):
                    return False, None
            elif not isinstance(node, dict) or step not in node:
                return False, None
            node = node[step]
        return True, node
