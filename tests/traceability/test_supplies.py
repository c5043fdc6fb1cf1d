"""A trace starts before the seed: at the sack of fertiliser, the substrate, the roll of bags."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from tests.factories import START, Farm, a_farm, harvested, on_day, packed
from traceability import acts, catalogue, genealogy, lookup, lots, supplies, voiding
from traceability.amounts import Amount
from traceability.errors import BadValue, NotEnough
from traceability.models import Lot, Material


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


@pytest.fixture
def fertiliser(session: Session, farm: Farm) -> Material:
    return catalogue.ensure_material(
        session, farm.organisation, "npk", name="NPK", name_ja="肥料", kind="fertiliser"
    )


def _received(session: Session, farm: Farm, material: Material, code: str, amount: Amount) -> Lot:
    act = supplies.receive_supply(
        session,
        on_day(0),
        zone=farm.packing,
        material=material,
        code=code,
        amount=amount,
        from_party=farm.supplier,
    )
    return acts.made(session, act)[0]


def _growing(session: Session, farm: Farm, code: str, pieces: int) -> Lot:
    act = lots.sow(session, on_day(1), zone=farm.room, crop=farm.lettuce, code=code, pieces=pieces)
    return acts.made(session, act)[0]


def test_what_is_used_in_a_room_touches_every_lot_there_by_its_plants(
    session: Session, farm: Farm, fertiliser: Material
) -> None:
    sack = _received(session, farm, fertiliser, "F-7", Amount(weight_g=1000))
    big, small = _growing(session, farm, "A", 300), _growing(session, farm, "B", 100)

    supplies.use(session, on_day(2), supply=sack, amount=Amount(weight_g=400), zone=farm.room)

    forward = genealogy.trace(session, sack, "forward")
    assert {edge.target.id: edge.amount.weight_g for edge in forward.edges} == {
        big.id: 300,
        small.id: 100,
    }
    assert sack.weight_g == 600
    assert (big.pieces, big.weight_g) == (300, None)


def test_a_harvest_leads_back_to_the_sack(
    session: Session, farm: Farm, fertiliser: Material
) -> None:
    sack = _received(session, farm, fertiliser, "F-7", Amount(weight_g=1000))
    grown = _growing(session, farm, "A", 100)
    supplies.use(session, on_day(20), supply=sack, amount=None, lots=[grown])
    act = lots.harvest(
        session, on_day(42), lot=grown, pieces=100, weight_g=9000, zone=farm.packing, final=True
    )

    back = genealogy.trace(session, acts.made(session, act)[0], "back")

    assert [lot.code for lot in back.lots] == ["A-1", "A", "F-7"]
    assert lookup.one_lot(session, "F-7") is sack


def test_used_where_nothing_grows_it_is_refused(
    session: Session, farm: Farm, fertiliser: Material
) -> None:
    sack = _received(session, farm, fertiliser, "F-7", Amount(weight_g=1000))

    with pytest.raises(BadValue, match="nothing grew"):
        supplies.use(session, on_day(2), supply=sack, amount=None, zone=farm.room)
    assert sack.weight_g == 1000


def test_into_a_tank_it_goes_without_touching_a_lot(
    session: Session, farm: Farm, fertiliser: Material
) -> None:
    tank = catalogue.ensure_zone(session, farm.site, "T", name="Tank", kind="tank")
    sack = _received(session, farm, fertiliser, "F-7", Amount(weight_g=1000))

    supplies.use(session, on_day(2), supply=sack, amount=Amount(weight_g=10), zone=tank)

    assert sack.weight_g == 990
    assert genealogy.trace(session, sack, "forward").edges == []


def test_no_more_is_used_than_there_is(session: Session, farm: Farm, fertiliser: Material) -> None:
    sack = _received(session, farm, fertiliser, "F-7", Amount(weight_g=1000))
    lot = _growing(session, farm, "A", 10)

    with pytest.raises(NotEnough):
        supplies.use(session, on_day(2), supply=sack, amount=Amount(weight_g=1001), lots=[lot])


def test_packing_takes_its_materials_from_the_oldest_lots(session: Session, farm: Farm) -> None:
    film = catalogue.ensure_material(
        session, farm.organisation, "film", name="Bags", kind="packaging"
    )
    catalogue.ensure_packing(session, farm.bag, film, pieces=1)
    first = _received(session, farm, film, "ROLL-1", Amount(pieces=30))
    second = _received(session, farm, film, "ROLL-2", Amount(pieces=500))
    cut = harvested(session, farm)

    act = lots.pack(
        session,
        on_day(42),
        inputs=[(cut, 8000)],
        item=farm.bag,
        code="P",
        packs=100,
        zone=farm.store,
    )

    (bags,) = acts.made(session, act)
    assert (first.is_open, second.pieces) == (False, 430)
    sources = {e.source.code for e in genealogy.trace(session, bags, "back").edges if e.depth == 1}
    assert sources == {cut.code, "ROLL-1", "ROLL-2"}
    assert bags.weight_g == 8000


def test_missing_material_is_said_and_does_not_stop_the_line(session: Session, farm: Farm) -> None:
    film = catalogue.ensure_material(
        session, farm.organisation, "film", name="Bags", kind="packaging"
    )
    catalogue.ensure_packing(session, farm.bag, film, pieces=1)
    _received(session, farm, film, "ROLL-1", Amount(pieces=30))
    cut = harvested(session, farm)

    act = lots.pack(
        session,
        on_day(42),
        inputs=[(cut, 8000)],
        item=farm.bag,
        code="P",
        packs=100,
        zone=farm.store,
    )

    assert b'"missing":{"film":{"pieces":70,"weight_g":null}}' in act.body


def test_a_trace_goes_through_the_tank_both_ways(
    session: Session, farm: Farm, fertiliser: Material
) -> None:
    """No act says who drank of it, so that no amount is told; a month of pourings is one edge."""
    tank = catalogue.ensure_zone(session, farm.site, "T", name="Tank", kind="tank")
    catalogue.ensure_feed(session, farm.room, tank, since=START)
    bags = packed(session, farm)
    sack = _received(session, farm, fertiliser, "F-7", Amount(weight_g=1000))
    for day in (30, 20, 25):
        supplies.use(session, on_day(day), supply=sack, amount=Amount(weight_g=5), zone=tank)

    back = genealogy.trace(session, bags, "back")
    forward = genealogy.trace(session, sack, "forward")

    assert [lot.code for lot in back.lots] == ["P-1", "L1-1", "L1", "F-7"]
    assert [lot.code for lot in forward.lots] == ["F-7", "L1", "L1-1", "P-1"]
    assert back.edges[-1]._replace(depth=1) == forward.edges[0]
    edge = forward.edges[0]
    assert (edge.kind, edge.tank, edge.at, edge.amount) == ("use", "T", on_day(20).at, Amount())
    assert edge.is_contact


def test_what_was_poured_in_another_time_is_not_in_a_trace(
    session: Session, farm: Farm, fertiliser: Material
) -> None:
    """After the cut, before the tank fed the room, after it did, or not at all in the end."""
    tank = catalogue.ensure_zone(session, farm.site, "T", name="Tank", kind="tank")
    other = catalogue.ensure_zone(session, farm.site, "U", name="Other", kind="tank")
    for feeds, since in ((other, 0), (tank, 10), (None, 50)):
        catalogue.ensure_feed(session, farm.room, feeds, since=START + timedelta(days=since))
    bags = packed(session, farm)
    later = _growing(session, farm, "B", 10)
    sack = _received(session, farm, fertiliser, "F-7", Amount(weight_g=1000))
    some = Amount(weight_g=1)
    supplies.use(session, on_day(60), supply=sack, amount=some, zone=tank)
    supplies.use(session, on_day(43), supply=sack, amount=some, zone=other)
    mistake = supplies.use(session, on_day(11), supply=sack, amount=some, zone=tank)
    voiding.void(session, on_day(12), act=mistake)
    assert genealogy.trace(session, sack, "forward").edges == []

    supplies.use(session, on_day(45), supply=sack, amount=some, zone=tank)

    assert [lot.code for lot in genealogy.trace(session, sack, "forward").lots] == ["F-7", "B"]
    assert sack.id in {lot.id for lot in genealogy.trace(session, later, "back").lots}
    assert sack.id not in {lot.id for lot in genealogy.trace(session, bags, "back").lots}
