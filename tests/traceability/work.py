"""Work on a farm that dice choose: every verb there is, on whatever lots there are."""

import os
from collections.abc import Callable

from hypothesis import strategies as st
from sqlmodel import Session, col, select

from tests.factories import a_farm, on_day
from traceability import acts, catalogue, holds, lots, rework, stock, supplies, units, voiding
from traceability.amounts import Amount
from traceability.errors import BadValue, CannotVoid, InUnits, LotHeld, NotEnough, WrongStage
from traceability.models import Act, LogisticUnit, Lot
from traceability.projection import unvoided


class Work:
    """Does what the dice say with the lots there are; a pick is taken modulo their number."""

    def __init__(self, session: Session) -> None:
        self.session, self.farm, self.number = session, a_farm(session), 0
        # What is done by mistake takes codes of its own, so that it shifts no others.
        self.mistakes = 0
        self.is_mistaken = False
        self.other = catalogue.ensure_trade_item(
            session,
            self.farm.organisation,
            "lowk-other",
            crop=self.farm.lettuce,
            gtin="04012345111118",
            name="Low-potassium lettuce, for another shop",
            net_content_g=80,
        )
        self.fertiliser = catalogue.ensure_material(
            session, self.farm.organisation, "npk", name="NPK", kind="fertiliser"
        )
        self.tank = catalogue.ensure_zone(
            session, self.farm.site, "T", name="Tank", name_ja="タンク", kind="tank"
        )
        catalogue.ensure_feed(session, self.farm.room, self.tank, since=on_day(60).at)

    def do(self, what: str, pick: int, size: int) -> None:
        try:
            getattr(self, what)(pick, size)
        except (BadValue, InUnits, LotHeld, NotEnough, WrongStage):
            return  # refused: nothing may have changed, and the sums below tell

    def code(self) -> str:
        if self.is_mistaken:
            self.mistakes += 1
            return f"W{self.mistakes:03d}"
        self.number += 1
        return f"X{self.number:03d}"

    def all(self) -> list[Lot]:
        """Every lot but those that came of a mistake and were taken back."""
        query = select(Lot).where(~col(Lot.code).startswith("W")).order_by(Lot.code)
        return list(self.session.exec(query))

    def cases(self) -> list[LogisticUnit]:
        query = select(LogisticUnit).where(~col(LogisticUnit.code).startswith("W"))
        return list(self.session.exec(query.order_by(LogisticUnit.code)))

    def acts(self) -> list[Act]:
        """What was done and not taken back, in the order it was recorded."""
        done = select(Act).where(Act.kind != "void", unvoided(Act.id)).order_by(col(Act.sequence))
        return list(self.session.exec(done))

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

    def pallet(self, pick: int, _: int) -> None:
        some = self.cases()
        if some:
            units.aggregate(
                self.session,
                on_day(42),
                kind="pallet",
                site=self.farm.site,
                units=[some[pick % len(some)]],
                code=self.code(),
            )

    def open_case(self, pick: int, _: int) -> None:
        some = self.cases()
        if some:
            units.disaggregate(self.session, on_day(42), unit=some[pick % len(some)])

    def ship_case(self, pick: int, _: int) -> None:
        some = self.cases()
        if some:
            chosen = some[pick % len(some)]
            units.ship_unit(self.session, on_day(42), unit=chosen, to=self.farm.shop)

    def relabel(self, pick: int, size: int) -> None:
        lot = self.chosen(pick, "packed")
        if lot is not None:
            rework.relabel(
                self.session,
                on_day(42),
                lot=lot,
                item=self.other,
                code=self.code(),
                amount=Amount(pieces=1 + size % (lot.pieces or 1)),
                reason="for another shop",
            )

    def move(self, pick: int, _: int) -> None:
        lot = self.chosen(pick, "harvested", "packed")
        if lot is not None:
            lots.move(self.session, on_day(42), lot=lot, zone=self.farm.packing)

    def receive_supply(self, _: int, size: int) -> None:
        supplies.receive_supply(
            self.session,
            on_day(0),
            zone=self.farm.packing,
            material=self.fertiliser,
            code=self.code(),
            amount=Amount(weight_g=1 + size),
            from_party=self.farm.supplier,
        )

    def sow(self, _: int, size: int) -> None:
        lots.sow(
            self.session,
            on_day(0),
            zone=self.farm.room,
            crop=self.farm.lettuce,
            code=self.code(),
            pieces=1 + size % 200,
        )

    def use(self, pick: int, size: int) -> None:
        supply = self.chosen(pick, "input")
        growing = [lot for lot in self.all() if lot.stage == "growing" and lot.is_open]
        if supply is not None and growing:
            supplies.use(
                self.session,
                on_day(42),
                supply=supply,
                amount=Amount(weight_g=1 + size % (supply.weight_g or 1)),
                lots=[growing[size % len(growing)]],
            )

    def pour(self, pick: int, size: int) -> None:
        supply = self.chosen(pick, "input")
        if supply is not None:
            some = Amount(weight_g=1 + size % (supply.weight_g or 1))
            supplies.use(self.session, on_day(20), supply=supply, amount=some, zone=self.tank)

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
        some = self.acts()
        if not some:
            return
        try:
            voiding.void(self.session, on_day(42), act=some[pick % len(some)])
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
    "relabel",
    "move",
    "receive_supply",
    "sow",
    "use",
    "pour",
    "case",
    "pallet",
    "open_case",
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


def examples(usual: int) -> int:
    """How many farms a property is tried on; MINORI_EXAMPLES=500 before a release."""
    return int(os.environ.get("MINORI_EXAMPLES", usual))


def with_rollback(session: Session, do: Callable[[Work], None]) -> None:
    """One farm an example, and none of it left for the next."""
    with session.begin_nested() as savepoint:
        try:
            do(Work(session))
        finally:
            savepoint.rollback()
            session.expunge_all()
