"""The walk through the graph of lots: one recursive query, any depth, both ways.

Who asks joins what they want to know to it, in the same statement: one walk, and one moment of the
database for all of the answer.
"""

from typing import Any, Literal

from sqlalchemy import CTE, Select, select
from sqlmodel import col

from traceability.models import Flow
from traceability.projection import unvoided

Direction = Literal["back", "forward"]


def reach(starts: Select[Any], direction: Direction) -> CTE:
    """Return the ids (`c.id`) of the starts and of every lot on the way, each once.

    Args:
        starts: One column, `id`. Voided acts lead nowhere.
    """
    near, far = ends(direction)
    walk = starts.cte("reach", recursive=True)
    onward = select(far).join(walk, walk.c.id == near).where(unvoided(Flow.act_id))
    # UNION, not UNION ALL: a lot reached by two ways is followed once, and a cycle would end.
    return walk.union(onward)


def ends(direction: Direction) -> tuple[Any, Any]:
    """Return the columns of an edge's nearer and farther lot, seen from the start."""
    columns = (col(Flow.target_id), col(Flow.source_id))
    return columns if direction == "back" else columns[::-1]
