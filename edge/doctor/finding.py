"""One thing that was looked at: all right, or not, and then what to do, in the reader's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Level(IntEnum):
    """How grave; the highest of all is the exit code of `minori doctor`."""

    OK = 0
    WARN = 1  # it works, and something is not as it should be
    FAIL = 2  # something does not work, or will not for long


@dataclass(frozen=True, slots=True)
class Finding:
    """`text` and `cure` are English sentences with named facts; a fact may be an error of ours,
    which is then said in the reader's language, too."""

    level: Level
    text: str
    cure: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    check: str = ""  # filled in by whoever ran the check


def _(text: str) -> str:
    """Mark for translation; said in the reader's language when it is shown."""
    return text


def ok(text: str, **facts: object) -> Finding:
    return Finding(Level.OK, text, facts=facts)


def warn(text: str, cure: str, **facts: object) -> Finding:
    return Finding(Level.WARN, text, cure, facts)


def fail(text: str, cure: str, **facts: object) -> Finding:
    return Finding(Level.FAIL, text, cure, facts)
