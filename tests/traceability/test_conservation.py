"""No sequence of acts creates or loses a gram: the promise behind every recall and balance."""

from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from tests.factories import Farm, a_farm, on_day
from traceability import acts, genealogy, holds, lots, rework, stock, units
from traceability.amounts import Amount
from traceability.errors import BadValue, CannotVoid, InUnits, LotHeld, NotEnough
from traceability.models import Act, ActLine, Flow, LogisticUnit, Lot
from traceability.projection import before, project, unvoided


class Work:
    """Does what the dice say with the lots there are; a pick is taken modulo their number."""

    def __init__(self, session: Session) -> None:
        self.session, self.farm, self.number = session, a_farm(session), 0

    def do(self, what: str, pick: int, size: int) -> None:
        try:
            getattr(self, what)(pick, size)
        except (BadValue, InUnits, LotHeld, NotEnough):
            return  # refused: nothing may have changed, and the sums below tell

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

    def sample(self, pick: int, size: int) -> None:
        lot = self.chosen(pick, "harvested")
        if lot is not None:
            taken = Amount(weight_g=1 + size % (lot.weight_g or 1))
            stock.sample(self.session, on_day(42), lot=lot, amount=taken, purpose="laboratory")

    def give_back(self, pick: int, size: int) -> None:
        some = [lot for lot in self.all() if lot.stage == "packed"]
        if not some:
            return
        lot = some[pick % len(some)]
        there = stock.at_partner(self.session, lot, self.farm.shop)
        if there.pieces:
            stock.give_back(
                self.session,
                on_day(42),
                lot=lot,
                from_party=self.farm.shop,
                amount=Amount(pieces=1 + size % there.pieces),
                zone=self.farm.store,
                reason="too many",
            )

    def count(self, pick: int, size: int) -> None:
        lot = self.chosen(pick, "harvested")
        if lot is not None:
            stock.count(
                self.session, on_day(42), lot=lot, counted=Amount(weight_g=size), why="inventory"
            )

    def rework(self, pick: int, size: int) -> None:
        lot = self.chosen(pick, "packed")
        if lot is not None:
            used = Amount(pieces=1 + size % (lot.pieces or 1))
            rework.rework(
                self.session,
                on_day(42),
                lot=lot,
                amount=used,
                weight_g=1 + size % (80 * (used.pieces or 1)),
                code=self.code(),
                zone=self.farm.packing,
                reason="torn",
            )

    def case(self, pick: int, size: int) -> None:
        lot = self.chosen(pick, "packed")
        if lot is not None:
            units.aggregate(
                self.session,
                on_day(42),
                kind="case",
                site=self.farm.site,
                lots=[(lot, Amount(pieces=1 + size % (lot.pieces or 1)))],
                code=self.code(),
            )

    def ship_case(self, pick: int, _: int) -> None:
        some = self.session.exec(select(LogisticUnit).order_by(LogisticUnit.code)).all()
        if some:
            chosen = some[pick % len(some)]
            units.ship_unit(self.session, on_day(42), unit=chosen, to=self.farm.shop)

    def hold(self, pick: int, _: int) -> None:
        lot = self.chosen(pick, "harvested", "packed")
        if lot is not None:
            holds.hold(self.session, on_day(42), lots=[lot], reason="in doubt")

    def release(self, pick: int, _: int) -> None:
        held = [lot for lot in self.all() if lot.held_since is not None]
        if held:
            holds.release(
                self.session, on_day(42), lots=[held[pick % len(held)]], reason="was fine"
            )

    def void(self, pick: int, _: int) -> None:
        done = select(Act).where(Act.kind != "void", unvoided(Act.id)).order_by(col(Act.sequence))
        some = self.session.exec(done).all()
        if not some:
            return
        try:
            lots.void(self.session, on_day(42), act=some[pick % len(some)])
        except CannotVoid:
            return


VERBS = (
    "harvest",
    "split",
    "merge",
    "pack",
    "ship",
    "discard",
    "sample",
    "give_back",
    "count",
    "rework",
    "case",
    "ship_case",
    "hold",
    "release",
    "void",
)
STEPS = st.tuples(
    st.sampled_from(VERBS),
    st.integers(0, 50),
    st.integers(0, 19_999),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
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
    made_into = [line for line in lines if line[0] in ("pack", "rework")]
    lost = sum(g if role == "input" else -g for _, role, g in made_into)
    here = sum(lot.weight_g or 0 for lot in work.all() if lot.stage != "growing")
    assert cut + back == here + gone + lost + miscounted_g(work)


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
