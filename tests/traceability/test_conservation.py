"""No sequence of acts creates or loses a gram: the promise behind every recall and balance."""

from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from tests.factories import Farm, a_farm, on_day
from traceability import acts, genealogy, lots
from traceability.amounts import Amount
from traceability.errors import CannotVoid
from traceability.models import Act, ActLine, Flow, Lot
from traceability.projection import project, unvoided


class Work:
    """Does what the dice say with the lots there are; a pick is taken modulo their number."""

    def __init__(self, session: Session) -> None:
        self.session, self.farm, self.number = session, a_farm(session), 0

    def do(self, what: str, pick: int, size: int) -> None:
        getattr(self, what)(pick, size)

    def code(self) -> str:
        self.number += 1
        return f"X{self.number:03d}"

    def all(self) -> list[Lot]:
        return list(self.session.exec(select(Lot).order_by(Lot.code)))

    def chosen(self, pick: int, *stages: str, least_g: int = 1) -> Lot | None:
        some = [
            lot
            for lot in self.all()
            if lot.is_open and lot.stage in stages and (lot.weight_g or 0) >= least_g
        ]
        return some[pick % len(some)] if some else None

    def harvest(self, _: int, size: int) -> None:
        sown = lots.sow(
            self.session,
            on_day(0),
            zone=self.farm.room,
            crop=self.farm.lettuce,
            code=self.code(),
            pieces=100,
        )
        lots.harvest(
            self.session,
            on_day(42),
            lot=acts.made(self.session, sown)[0],
            pieces=100,
            weight_g=1 + size,
            zone=self.farm.packing,
            final=True,
        )

    def split(self, pick: int, size: int) -> None:
        lot = self.chosen(pick, "harvested")
        if lot is None:
            return
        whole = lot.weight_g or 0
        first = size % (whole + 1)
        parts = [
            (self.code(), Amount(weight_g=first)),
            (self.code(), Amount(weight_g=whole - first)),
        ]
        lots.split(self.session, on_day(42), lot=lot, parts=parts)

    def merge(self, pick: int, size: int) -> None:
        pair = {lot.id: lot for lot in (self.chosen(p, "harvested") for p in (pick, size)) if lot}
        if len(pair) == 2:
            lots.merge(self.session, on_day(42), lots=list(pair.values()), code=self.code())

    def pack(self, pick: int, size: int) -> None:
        lot = self.chosen(pick, "harvested", least_g=80)
        if lot is None:
            return
        weight_g = 80 + size % ((lot.weight_g or 0) - 79)
        lots.pack(
            self.session,
            on_day(42),
            inputs=[(lot, weight_g)],
            item=self.farm.bag,
            code=self.code(),
            packs=weight_g // 80,
            zone=self.farm.store,
        )

    def ship(self, pick: int, size: int) -> None:
        lot = self.chosen(pick, "packed")
        if lot is not None:
            amount = Amount(pieces=1 + size % (lot.pieces or 1))
            lots.ship(self.session, on_day(42), lot=lot, to=self.farm.shop, amount=amount)

    def discard(self, pick: int, _: int) -> None:
        lot = self.chosen(pick, "harvested", "packed")
        if lot is not None:
            lots.discard(self.session, on_day(42), lot=lot, reason="wilted")

    def void(self, pick: int, _: int) -> None:
        done = select(Act).where(Act.kind != "void", unvoided(Act.id)).order_by(col(Act.sequence))
        some = self.session.exec(done).all()
        if not some:
            return
        try:
            lots.void(self.session, on_day(42), act=some[pick % len(some)])
        except CannotVoid:
            return


STEPS = st.tuples(
    st.sampled_from(["harvest", "split", "merge", "pack", "ship", "discard", "void"]),
    st.integers(0, 50),
    st.integers(0, 19_999),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
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
    projections_can_be_rebuilt(work)
    back_and_forward_are_inverse(work)


def with_rollback(session: Session, do: Callable[[Work], None]) -> None:
    """One farm an example, and none of it left for the next."""
    with session.begin_nested() as savepoint:
        try:
            do(Work(session))
        finally:
            savepoint.rollback()
            session.expunge_all()


def every_gram_is_somewhere(work: Work) -> None:
    """Harvested = still here + shipped + thrown away + trimmed while packing."""
    query = (
        select(Act.kind, ActLine.role, ActLine.weight_g)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .where(unvoided(Act.id))
    )
    lines = [(kind, role, weight_g or 0) for kind, role, weight_g in work.session.exec(query)]
    cut = sum(g for kind, role, g in lines if (kind, role) == ("harvest", "output"))
    gone = sum(g for kind, _, g in lines if kind in ("ship", "discard"))
    packed_in = sum(g for kind, role, g in lines if (kind, role) == ("pack", "input"))
    packed_out = sum(g for kind, role, g in lines if (kind, role) == ("pack", "output"))
    here = sum(lot.weight_g or 0 for lot in work.all() if lot.stage != "growing")
    assert cut == here + gone + packed_in - packed_out


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

    def reached(direction: genealogy.Direction) -> set[tuple[str, str]]:
        traces = [genealogy.trace(work.session, lot, direction) for lot in every]
        return {(trace.start.code, lot.code) for trace in traces for lot in trace.lots}

    assert reached("forward") == {(a, b) for b, a in reached("back")}


def test_the_farm_is_empty_again(session: Session) -> None:
    """The rollback of the property test really rolls back, or its examples would share lots."""
    with_rollback(session, lambda work: run(work, []))

    farm: Farm = a_farm(session)
    assert session.exec(select(Lot)).all() == []
    assert farm.site.code == "main"
