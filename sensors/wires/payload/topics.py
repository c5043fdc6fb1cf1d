"""Topic templates with named fields: `site/{site}/{device}/climate`.

A field is one level, as MQTT's `+`; only `{device}` may hold `/`, because Zigbee2MQTT and growers
name their probes like folders (`gh1/bench 3`).
"""

import re
from dataclasses import dataclass

from sensors.wires.payload.scalars import refusal

_FIELD = re.compile(r"\{(\w+)\}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template; make it with `Template.parse`, once, when settings are read."""

    text: str
    subscription: str
    pattern: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Compile a template.

        Raises:
            BadPayload: fault `template`: a field twice, wildcards, or text beside a field
                inside one level that MQTT could not subscribe to.
        """
        names = _FIELD.findall(text)
        if len(set(names)) < len(names) or "+" in text or "#" in text or not text:
            expected = "each {field} once, no + or #"
            raise refusal(
                text, fault="template", problem="topic template", expected=expected, got=text
            )
        pieces = _FIELD.split(text)
        pattern = "".join(_piece(index, piece) for index, piece in enumerate(pieces))
        return cls(text, _subscription(text), re.compile(pattern))

    def match(self, topic: str) -> dict[str, str] | None:
        """Return the fields of a topic, or None where it is another topic."""
        found = self.pattern.fullmatch(topic)
        return found.groupdict() if found else None


def _piece(index: int, piece: str) -> str:
    if index % 2 == 0:
        return re.escape(piece)
    return f"(?P<{piece}>.+)" if piece == "device" else f"(?P<{piece}>[^/]+)"


def _subscription(text: str) -> str:
    """The narrowest filter that sees every topic of the template; `match` decides afterwards."""
    levels: list[str] = []
    for level in text.split("/"):
        if "{device}" in level:
            return "/".join([*levels, "#"])
        levels.append("+" if _FIELD.search(level) else level)
    return "/".join(levels)
