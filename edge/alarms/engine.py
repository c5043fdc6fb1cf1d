"""From "out of order, yes or no" to an alarm: one state machine for every kind of rule.

    in order ──out──▶ pending ──for so long──▶ raised ──back──▶ going ──for so long──▶ in order

`Side` is what a look says: OUT beyond the limit, BACK well within it, BETWEEN the two (hysteresis:
as it was), UNKNOWN where there is nothing to judge. Time is what has passed by a clock that cannot
jump, handed in with each look; while nobody looks or nothing is known, none passes. So a wall clock
set by a year raises nothing, and neither does the service's own absence.
"""

from dataclasses import dataclass, replace
from enum import Enum


class Side(Enum):
    """What one look says of one cause."""

    OUT = "out"
    BACK = "back"
    BETWEEN = "between"
    UNKNOWN = "unknown"


class Change(Enum):
    """What a look comes to."""

    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Watched:
    """What is remembered of one cause between two looks.

    `held_s` is for how long `is_out` has said otherwise than `is_raised`. [s]
    """

    is_raised: bool = False
    is_out: bool = False
    held_s: float = 0.0


# Nothing to remember.
IN_ORDER = Watched()


def step(
    watched: Watched,
    side: Side,
    *,
    elapsed_s: float,
    raise_after_s: float,
    clear_after_s: float,
) -> tuple[Watched, Change | None]:
    """Take one look into account; return what to remember, and what changed.

    Args:
        elapsed_s: Since the last look, by a monotonic clock. [s]
        raise_after_s: How long it must be out before it is an alarm. [s]
        clear_after_s: How long it must be back before the alarm is over. [s]
    """
    if side is Side.UNKNOWN:
        return watched, None
    is_out = watched.is_out if side is Side.BETWEEN else side is Side.OUT
    if is_out == watched.is_raised:
        return Watched(watched.is_raised, is_out), None
    # What passed before the first look that said so was not seen.
    held_s = watched.held_s + elapsed_s if is_out == watched.is_out else 0.0
    if held_s < (raise_after_s if is_out else clear_after_s):
        return Watched(watched.is_raised, is_out, held_s), None
    change = Change.RAISED if is_out else Change.CLEARED
    return replace(watched, is_raised=is_out, is_out=is_out, held_s=0.0), change
