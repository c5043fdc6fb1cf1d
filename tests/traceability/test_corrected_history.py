"""A corrected history answers as if it had been right: whoever asks later cannot tell a slip from none.

Mistakes are any acts at all, on any lots, taken back before the next right act or after the last.
"""

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from tests.factories import on_day
from tests.traceability.work import STEPS, Work, examples, with_rollback
from traceability import contents, genealogy, recall_scope, shares, stock, voiding
from traceability.models import Stay, Zone

Step = tuple[str, int, int]
# A right step, and what was done by mistake before it.
SLIPS = st.lists(st.tuples(STEPS, st.lists(STEPS, max_size=2)), max_size=8)


@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # Two farms an example: shrinking a failing one would take minutes.
    phases=(Phase.reuse, Phase.generate),
)
@given(SLIPS, st.lists(STEPS, max_size=2))
def test_a_corrected_history_answers_as_if_it_had_been_right(
    session: Session, steps: Sequence[tuple[Step, Sequence[Step]]], last: Sequence[Step]
) -> None:
    answers: list[dict[str, Any]] = []

    def right(work: Work) -> None:
        for step in [("harvest", 0, 4999), *(step for step, _ in steps)]:
            work.do(*step)
        answers.append(answered(work))

    def corrected(work: Work) -> None:
        work.do("harvest", 0, 4999)
        for step, slips in steps:
            mistaken(work, slips)
            work.do(*step)
        mistaken(work, last)
        answers.append(answered(work))

    with_rollback(session, right)
    with_rollback(session, corrected)

    assert answers[0] == answers[1]


def mistaken(work: Work, slips: Sequence[Step]) -> None:
    """Do some acts, and take back every one that was recorded, the last one first."""
    known = {act.id for act in work.acts()}
    work.is_mistaken = True
    for what, pick, size in slips:
        if what != "void":  # taking back what was right is no slip that a void mends
            work.do(what, pick, size)
    work.is_mistaken = False
    for act in reversed(work.acts()):
        if act.id not in known:
            voiding.void(work.session, on_day(42), act=act)


def answered(work: Work) -> dict[str, Any]:
    """What the record says of the farm, by codes."""
    every = work.all()
    traces = {
        (lot.code, direction): genealogy.trace(work.session, lot, direction)
        for lot in every
        for direction in ("back", "forward")
    }
    return {
        "lots": {
            lot.code: (
                lot.stage,
                lot.pieces,
                lot.weight_g,
                lot.is_open,
                lot.held_since,
                _zone(work, lot),
            )
            for lot in every
        },
        "stays": {lot.code: _stays(work, lot.id) for lot in every},
        "edges": {key: _edges(trace) for key, trace in traces.items()},
        "sent": {
            key: sorted((c.lot.code, c.party.code, str(c.amount)) for c in trace.consignments)
            for key, trace in traces.items()
        },
        "shares": {
            key: sorted(
                (work.session.get_one(type(every[0]), lot_id).code, str(share))
                for lot_id, share in shares.of_start(work.session, trace).items()
            )
            for key, trace in traces.items()
            if key[1] == "forward"
        },
        "units": {unit.code: _packed(work, unit) for unit in work.cases()},
        "at the shop": {
            lot.code: str(stock.at_partner(work.session, lot, work.farm.shop))
            for lot in every
            if lot.stage == "packed"
        },
        "recalled": {lot.code: _recalled(work, lot) for lot in every},
    }


def _zone(work: Work, lot: Any) -> str:
    return work.session.get_one(Zone, lot.zone_id).code if lot.zone_id else ""


def _stays(work: Work, lot_id: str) -> list[tuple[Any, ...]]:
    query = select(Zone.code, Stay.start, Stay.end).join(Stay, col(Stay.zone_id) == col(Zone.id))
    return sorted(work.session.exec(query.where(Stay.lot_id == lot_id)).all(), key=str)


def _edges(trace: genealogy.Trace) -> list[tuple[str, str, str, str, int]]:
    return sorted(
        (edge.source.code, edge.target.code, edge.kind, str(edge.amount), edge.depth)
        for edge in trace.edges
    )


def _packed(work: Work, unit: Any) -> tuple[list[tuple[str, str]], list[str]]:
    inside = contents.of_unit(work.session, unit)
    return [(lot.code, str(amount)) for lot, amount in inside.lots], [u.code for u in inside.units]


def _recalled(work: Work, lot: Any) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    scope = recall_scope.scope_of(work.session, [lot])
    affected = sorted((one.code, f"{one.left} {one.shipped} {one.destroyed}") for one in scope.lots)
    return affected, sorted((one.code, str(one.amount)) for one in scope.recipients)
