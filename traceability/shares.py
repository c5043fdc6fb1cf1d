"""How much of one lot is in another: of 12.4 kg shipped to a partner, 3.1 kg came from tray 7.

What goes into a lot mixes evenly, as nobody can say which leaf came from where: a lot that is a
third from A is a third from A in every pack of it. Shares are exact fractions until they are said
in grams. Seed and supplies are no part of a lot's weight: what they touched, they touched whole
(seed of two bags: by the grams of each).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

from sqlmodel import Session, col, select

from traceability.errors import GraphCycle
from traceability.genealogy import Consignment, Edge, Trace, TracedLot
from traceability.listed import listed
from traceability.models import Act, Flow, Lot
from traceability.projection import unvoided

_WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Received:
    """What a partner got, and how much of it came from the lot that was asked about."""

    sent: Consignment
    share: Fraction
    from_start_g: int | None  # None: nobody weighed it


def of_start(session: Session, trace: Trace) -> Mapping[str, Fraction]:
    """Return which share of each lot of a forward trace came from its start (lot id -> 0 to 1).

    Raises:
        GraphCycle: lots that went into themselves; no such graph can be reckoned.
    """
    into = _into(trace)
    totals = _totals(session, into)
    shares: dict[str, Fraction] = {trace.start.id: _WHOLE}
    for lot_id in _in_order(trace):
        if lot_id != trace.start.id:
            shares[lot_id] = _share(into[lot_id], totals[lot_id], shares)
    return shares


def of_sources(trace: Trace) -> Mapping[str, Fraction]:
    """Return which share of the start of a back trace came from each lot (lot id -> 0 to 1).

    Raises:
        GraphCycle: as `of_start`.
    """
    into = _into(trace)
    shares: dict[str, Fraction] = defaultdict(Fraction, {trace.start.id: _WHOLE})
    for lot_id in reversed(list(_in_order(trace))):
        whole = sum(_size(edge) for edge in into[lot_id] if not edge.is_contact)
        for edge in into[lot_id]:
            part = _WHOLE if edge.is_contact else _part(_size(edge), whole)
            came = shares[lot_id] * part
            known = shares[edge.source.id]
            shares[edge.source.id] = max(known, came) if edge.is_contact else known + came
    return dict(shares)


def received(session: Session, trace: Trace) -> list[Received]:
    """Return what each partner got, with the grams of it that came from the trace's start."""
    shares = of_start(session, trace)
    return [
        Received(sent, share, None if grams is None else round(grams * share))
        for sent in trace.consignments
        for share, grams in [(shares.get(sent.lot.id, Fraction(0)), sent.amount.weight_g)]
    ]


def _into(trace: Trace) -> Mapping[str, list[Edge]]:
    into: dict[str, list[Edge]] = defaultdict(list)
    for edge in trace.edges:
        into[edge.target.id].append(edge)
    return into


def _share(edges: Sequence[Edge], whole: int, shares: Mapping[str, Fraction]) -> Fraction:
    """Contact touches all of a lot; what was mixed in counts by its weight."""
    touched = [shares[edge.source.id] for edge in edges if edge.is_contact]
    mixed = sum(
        (
            shares[edge.source.id] * _part(_size(edge), whole)
            for edge in edges
            if not edge.is_contact
        ),
        Fraction(0),
    )
    return min(_WHOLE, max([*touched, mixed]))


def _size(edge: Edge) -> int:
    return edge.amount.weight_g or edge.amount.pieces or 0


def _part(size: int, whole: int) -> Fraction:
    # Nobody weighed it: it may be all of it, and a recall must not miss that.
    return Fraction(size, whole) if whole else _WHOLE


def _totals(session: Session, into: Mapping[str, Sequence[Edge]]) -> Mapping[str, int]:
    """Add up all that went into each lot by weight, lots outside the trace too."""
    totals: dict[str, int] = dict.fromkeys(into, 0)
    query = (
        select(Flow.target_id, Flow.weight_g, Flow.pieces)
        .join(Lot, col(Lot.id) == col(Flow.source_id))
        .join(Act, col(Act.id) == col(Flow.act_id))
        .where(
            col(Flow.target_id).in_(listed(list(into))),
            col(Lot.material_id).is_(None),
            col(Act.kind).not_in(("sow", "use")),
            unvoided(Flow.act_id),
        )
    )
    for target, weight_g, pieces in session.exec(query):
        totals[target] += weight_g or pieces or 0
    return totals


def _in_order(trace: Trace) -> Iterable[str]:
    """Yield every lot after all that went into it."""
    before: dict[str, set[str]] = {trace.start.id: set()}
    for edge in trace.edges:
        before.setdefault(edge.target.id, set()).add(edge.source.id)
    try:
        yield from TopologicalSorter(before).static_order()
    except CycleError as error:
        codes = {lot.id: lot.code for lot in _ends(trace)}
        raise GraphCycle(lots=", ".join(codes[lot_id] for lot_id in error.args[1])) from error


def _ends(trace: Trace) -> list[TracedLot]:
    return [end for edge in trace.edges for end in (edge.source, edge.target)]
