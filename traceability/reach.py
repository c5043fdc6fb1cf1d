"""The walk through the graph of lots: one recursive query, any depth, both ways.

It goes by what acts moved from lot to lot, and by the tanks that supplies were poured into: no act
says which lot drank of a tank, only who stood where it fed (`traceability.drinking`). Who asks
joins what they want to know, in the same statement: one walk, and one moment of the database for
all of the answer.
"""

from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import CTE, Select, select
from sqlmodel import col

from traceability.drinking import of_supplies
from traceability.listed import few
from traceability.models import Flow
from traceability.projection import unvoided

Direction = Literal["back", "forward"]

# Until now, and longer.
LAST = datetime(9998, 1, 1, tzinfo=UTC)


class Reach(NamedTuple):
    """The lots on the way, `id`, each once; what went through tanks, as `of_supplies` has it."""

    lots: CTE
    drunk: CTE


def reach(starts: Select[Any], direction: Direction, *, until: Any = LAST) -> Reach:
    """Return the starts and every lot on the way.

    Args:
        starts: One column, `id`. Voided acts lead nowhere.
        until: When a tank held nothing any more of what was poured into it.
    """
    _, far = ends(direction)
    walk = _walk(starts, direction, "reach")
    drunk = _drunk(walk, direction, until)
    # Nothing is poured that was grown here, so that no way leads through two tanks.
    beyond = _walk(select(drunk.c[far.key].label("id")), direction, "beyond")
    # Not UNION: of most lots nothing is beyond, and all of the walk would be compared for it.
    more = select(beyond.c.id).where(beyond.c.id.not_in(select(walk.c.id)))
    both = select(walk.c.id).union_all(more).cte("both")
    return Reach(few(select(both.c.id.label("value"))).cte("way"), drunk)


def ends(direction: Direction) -> tuple[Any, Any]:
    """Return the columns of an edge's nearer and farther lot, seen from the start."""
    columns = (col(Flow.target_id), col(Flow.source_id))
    return columns if direction == "back" else columns[::-1]


def _walk(starts: Select[Any], direction: Direction, name: str) -> CTE:
    near, far = ends(direction)
    walk = starts.cte(name, recursive=True)
    onward = select(far).join(walk, walk.c.id == near).where(unvoided(Flow.act_id))
    # UNION, not UNION ALL: a lot reached by two ways is followed once, and a cycle would end.
    return walk.union(onward)


def _drunk(walk: CTE, direction: Direction, until: Any) -> CTE:
    near, _ = ends(direction)
    supplies = of_supplies(until)
    column = supplies.selected_columns[near.key]
    # IN, not JOIN: SQLite would begin at all lines of acts there are.
    found: CTE = supplies.where(column.in_(select(walk.c.id))).cte("drunk")
    return found
