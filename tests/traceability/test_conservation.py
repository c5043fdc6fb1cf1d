"""No sequence of acts creates or loses a gram: the promise behind every recall and balance."""

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from tests.factories import Farm, a_farm
from tests.traceability.work import STEPS, Work, examples, with_rollback
from traceability import genealogy
from traceability.models import Act, ActLine, Flow, Lot
from traceability.projection import before, project, unvoided
from traceability.reach import Direction


@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, max_size=18))
def test_no_sequence_of_acts_creates_or_loses_a_gram(
    session: Session, steps: Sequence[tuple[str, int, int]]
) -> None:
    with_rollback(session, lambda work: run(work, steps))


def run(work: Work, steps: Sequence[tuple[str, int, int]]) -> None:
    for step in [("harvest", 0, 4999), *steps]:
        work.do(*step)

    every_gram_is_somewhere(work)
    edges_into_a_lot_add_up_to_it(work)
    supplies_are_somewhere(work)
    projections_can_be_rebuilt(work)
    back_and_forward_are_inverse(work)


def every_gram_is_somewhere(work: Work) -> None:
    """Harvested and come back = still here + shipped + taken away + trimmed + miscounted."""
    query = (
        select(Act.kind, ActLine.role, ActLine.weight_g)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .where(unvoided(Act.id))
    )
    lines = [(kind, role, weight_g or 0) for kind, role, weight_g in work.session.exec(query)]
    cut = sum(g for kind, role, g in lines if (kind, role) == ("harvest", "output"))
    back = sum(g for _, role, g in lines if role == "gain")
    gone = sum(g for kind, _, g in lines if kind in ("ship", "discard", "sample"))
    made_into = [line for line in lines if line[0] in ("pack", "rework", "relabel")]
    lost = sum(g if role == "input" else -g for _, role, g in made_into)
    here = sum(lot.weight_g or 0 for lot in work.all() if lot.stage in ("harvested", "packed"))
    assert cut + back == here + gone + lost + miscounted_g(work)


def supplies_are_somewhere(work: Work) -> None:
    """What came of a supply is still there or was used."""
    query = (
        select(Act.kind, ActLine.weight_g)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .join(Lot, col(Lot.id) == col(ActLine.lot_id))
        .where(Lot.stage == "input", unvoided(Act.id))
    )
    lines = work.session.exec(query).all()
    came = sum(weight_g or 0 for kind, weight_g in lines if kind == "receive")
    used = sum(weight_g or 0 for kind, weight_g in lines if kind == "use")
    assert came == used + sum(lot.weight_g or 0 for lot in work.all() if lot.stage == "input")


def miscounted_g(work: Work) -> int:
    """What counts took away from what was believed, by replaying each lot up to its counts."""
    query = select(Act, ActLine).join(ActLine, col(ActLine.act_id) == col(Act.id))
    counts = work.session.exec(query.where(ActLine.role == "count", unvoided(Act.id)))
    return sum(
        (before(work.session, work.session.get_one(Lot, line.lot_id), act).weight_g or 0)
        - (line.weight_g or 0)
        for act, line in counts.all()
    )


def edges_into_a_lot_add_up_to_it(work: Work) -> None:
    for lot in work.all():
        if lot.stage not in ("harvested", "packed"):
            continue
        into = select(Flow).where(Flow.target_id == lot.id, unvoided(Flow.act_id))
        made = select(ActLine).where(ActLine.lot_id == lot.id, ActLine.role == "output")
        made = made.where(unvoided(ActLine.act_id))
        assert sum(flow.weight_g or 0 for flow in work.session.exec(into)) == sum(
            line.weight_g or 0 for line in work.session.exec(made)
        )


def projections_can_be_rebuilt(work: Work) -> None:
    for lot in work.all():
        before = (lot.pieces, lot.weight_g, lot.zone_id, lot.closed_at)
        project(work.session, lot)
        assert (lot.pieces, lot.weight_g, lot.zone_id, lot.closed_at) == before


def back_and_forward_are_inverse(work: Work) -> None:
    every = work.all()

    def reached(direction: Direction) -> set[tuple[str, str]]:
        traces = [genealogy.trace(work.session, lot, direction) for lot in every]
        return {(trace.start.code, lot.code) for trace in traces for lot in trace.lots}

    assert reached("forward") == {(a, b) for b, a in reached("back")}


def test_the_farm_is_empty_again(session: Session) -> None:
    """The rollback of the property test really rolls back, or its examples would share lots."""
    with_rollback(session, lambda work: run(work, []))

    farm: Farm = a_farm(session)
    assert session.exec(select(Lot)).all() == []
    assert farm.site.code == "main"
