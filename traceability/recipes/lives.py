"""The stages that stored lots went through, from their acts."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from traceability.models import Act, ActLine, Flow, Lot
from traceability.projection import unvoided
from traceability.recipes import versions
from traceability.recipes.stages import SET, Mark, Phase, clipped, phases

_KINDS = ("transplant", "move", "harvest", SET)
# A growing lot that was divided or put together goes on in the stage it was in.
_GOES_ON = ("split", "merge")


def phases_of(session: Session, lots: Sequence[Lot], *, now: datetime) -> dict[str, list[Phase]]:
    """Return the stages of each growing lot from its start to its end, or to now.

    Lots without a recipe are left out.
    """
    recipes = versions.of_lots(session, lots)
    known = [lot for lot in lots if lot.id in recipes]
    lines = _lineages(session, known)
    marks = _marks(session, {one.id for line in lines.values() for one, _ in line})
    documents = {row.id: versions.document_of(row) for row in recipes.values()}
    found = {}
    for lot in known:
        document = documents[recipes[lot.id].id]
        ended = min(lot.closed_at or now, now)
        said = [m for one, left in lines[lot.id] for m in marks.get(one.id, ()) if m.at < left]
        begun = lines[lot.id][-1][0].opened_at
        walked = phases(document, begun=begun, ended=ended, marks=said)
        found[lot.id] = clipped(walked, lot.opened_at, ended)
    return found


def _lineages(
    session: Session, lots: Sequence[Lot]
) -> Mapping[str, Sequence[tuple[Lot, datetime]]]:
    """Return the lot itself and the growing lots it went on from, with when it left each."""
    forever = datetime(9999, 12, 31, tzinfo=UTC)
    lines: dict[str, list[tuple[Lot, datetime]]] = {lot.id: [(lot, forever)] for lot in lots}
    tips = {lot.id: lot.id for lot in lots}
    while tips:
        parents = _parents(session, set(tips.values()))
        tips = {start: tip for start, tip in tips.items() if tip in parents}
        for start, tip in tips.items():
            lines[start].append(parents[tip])
        tips = {start: parents[tip][0].id for start, tip in tips.items()}
    return lines


def _parents(session: Session, lot_ids: Iterable[str]) -> dict[str, tuple[Lot, datetime]]:
    """Return the growing lot that most of each lot was made from, with when."""
    query = (
        select(Flow, Lot, Act.happened_at)
        .join(Lot, col(Lot.id) == col(Flow.source_id))
        .join(Act, col(Act.id) == col(Flow.act_id))
        .where(col(Flow.target_id).in_(lot_ids), Lot.stage == "growing")
        .where(col(Act.kind).in_(_GOES_ON), unvoided(Act.id))
        .order_by(col(Flow.id))
    )
    found: dict[str, tuple[int, Lot, datetime]] = {}
    for flow, lot, at in session.exec(query):
        pieces = flow.pieces or 0
        if flow.target_id not in found or pieces > found[flow.target_id][0]:
            found[flow.target_id] = (pieces, lot, at)
    return {target: (lot, at) for target, (_, lot, at) in found.items()}


def _marks(session: Session, lot_ids: Iterable[str]) -> dict[str, list[Mark]]:
    query = (
        select(ActLine.lot_id, Act)
        .join(Act, col(Act.id) == col(ActLine.act_id))
        .where(col(ActLine.lot_id).in_(lot_ids), col(Act.kind).in_(_KINDS))
        .where(ActLine.role != "output", unvoided(Act.id))
    )
    found: dict[str, list[Mark]] = {}
    for lot_id, act in session.exec(query):
        stage = str(json.loads(act.body)["facts"]["stage"]) if act.kind == SET else ""
        found.setdefault(lot_id, []).append(Mark(act.happened_at, act.kind, stage))
    return found
