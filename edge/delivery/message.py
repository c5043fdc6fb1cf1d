"""A message as it leaves: worded, in one language, under the id it keeps if it is sent again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent.

    Attributes:
        id: The dispatch's; a receiver that has seen it may forget a repeat.
        title: One line.
        text: The rest, some lines.
        facts: The same for programs.
        also: How many more things this one message tells of.
    """

    id: str
    kind: str
    severity: str
    language: str
    title: str
    text: str
    at: datetime
    link: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    also: int = 0

    def as_json(self) -> bytes:
        """Return the body of a webhook, the payload on MQTT."""
        return json.dumps(self.as_dict(), ensure_ascii=False).encode()

    def as_dict(self) -> dict[str, Any]:
        """Return what a program is told."""
        return {
            "id": self.id,
            "kind": self.kind,
            "severity": self.severity,
            "language": self.language,
            "title": self.title,
            "text": self.text,
            "at": self.at.isoformat(),
            "link": self.link or None,
            "also": self.also,
            "facts": dict(self.facts),
        }
