"""Where a lot's material was: its own stays, and those of what it was made from until it left them.

A growing lot is cut three times; the first cut did not live through the days before the third. So
an ancestor's stay counts only up to the act by which material last went from it towards this lot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from traceability import genealogy
from traceability.conditions import Span, spans_of
from traceability.genealogy import Trace, TracedLot
from traceability.models import Lot


@dataclass(frozen=True, slots=True)
class Life:
    """A lot's past, oldest span first; `family` is the lot and all it was made from."""

    family: Sequence[TracedLot]
    growing: Sequence[Span]
    since: Sequence[Span]  # from the cut on: packing room, cold store
    left: Mapping[str, datetime]  # when the material last left each ancestor, by its id


def of_lot(session: Session, lot: Lot, *, now: datetime) -> Life:
    """Return where the lot and what it was made from lived, up to `now`."""
    trace = _without_tanks(genealogy.trace(session, lot, "back"))
    left: dict[str, datetime] = {}
    for edge in trace.edges:
        left[edge.source.id] = max(edge.at, left.get(edge.source.id, edge.at))
    grew = [other for other in trace.lots if other.stage == "growing"]
    # Bags of seed are family, but where they lay says nothing about the leaves.
    cut = [other for other in trace.lots if other.stage in ("harvested", "packed")]
    return Life(
        family=trace.lots,
        growing=spans_of(session, grew, now=now, until=left),
        since=spans_of(session, cut, now=now, until=left),
        left=left,
    )


def _without_tanks(trace: Trace) -> Trace:
    """Leave out what came through tanks: a year of sacks is no part of one lot's life."""
    known, edges = {trace.start.id}, []
    for edge in trace.edges:  # nearest first
        if edge.tank is None and edge.target.id in known:
            known.add(edge.source.id)
            edges.append(edge)
    return replace(trace, edges=edges)
