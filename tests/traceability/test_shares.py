"""How much of a lot is in what a partner got: by weight, exactly, and never more than all of it."""

from fractions import Fraction

import pytest
from sqlmodel import Session, select

from tests.factories import Farm, a_farm, harvested, on_day
from traceability import acts, catalogue, genealogy, lots, shares, supplies
from traceability.amounts import Amount
from traceability.models import Lot


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def _packed_of_two(session: Session, farm: Farm) -> tuple[Lot, Lot, Lot]:
    """Bags of 3 kg of A and 6 kg of B."""
    a = harvested(session, farm, code="A", weight_g=3000)
    b = harvested(session, farm, code="B", weight_g=6000)
    act = lots.pack(
        session,
        on_day(42),
        inputs=[(a, 3000), (b, 6000)],
        item=farm.bag,
        code="P",
        packs=100,
        zone=farm.store,
    )
    return a, b, acts.made(session, act)[0]


def _growing(session: Session, code: str) -> Lot:
    return session.exec(select(Lot).where(Lot.code == code)).one()


def test_of_what_a_partner_got_so_much_came_from_this_tray(session: Session, farm: Farm) -> None:
    _, _, bags = _packed_of_two(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=30))

    trace = genealogy.trace(session, _growing(session, "A"), "forward")
    (got,) = shares.received(session, trace)

    assert got.sent.amount.weight_g == 2400
    assert got.share == Fraction(2667, 8000)  # what the edges say: 2667 g of 8000 g
    assert got.from_start_g == 800


def test_shares_of_all_sources_make_a_whole(session: Session, farm: Farm) -> None:
    a, b, bags = _packed_of_two(session, farm)

    found = shares.of_sources(genealogy.trace(session, bags, "back"))

    assert found[a.id] + found[b.id] == 1
    assert found[_growing(session, "A").id] == found[a.id]


def test_back_and_forward_say_the_same_share(session: Session, farm: Farm) -> None:
    a, _, bags = _packed_of_two(session, farm)

    forward = shares.of_start(session, genealogy.trace(session, a, "forward"))
    back = shares.of_sources(genealogy.trace(session, bags, "back"))

    assert forward[bags.id] == back[a.id]


def test_a_supply_touched_all_of_what_it_touched(session: Session, farm: Farm) -> None:
    """A recall of fertiliser must not say that a gram in a ton was touched."""
    npk = catalogue.ensure_material(
        session, farm.organisation, "npk", name="NPK", kind="fertiliser"
    )
    act = supplies.receive_supply(
        session,
        on_day(0),
        zone=farm.packing,
        material=npk,
        code="F-7",
        amount=Amount(weight_g=1000),
        from_party=farm.supplier,
    )
    (sack,) = acts.made(session, act)
    sown = lots.sow(session, on_day(1), zone=farm.room, crop=farm.lettuce, code="L", pieces=10)
    (grown,) = acts.made(session, sown)
    supplies.use(session, on_day(2), supply=sack, amount=Amount(weight_g=5), lots=[grown])
    cut = lots.harvest(
        session, on_day(42), lot=grown, pieces=10, weight_g=900, zone=farm.packing, final=True
    )

    found = shares.of_start(session, genealogy.trace(session, sack, "forward"))

    assert found[acts.made(session, cut)[0].id] == 1
