"""Samples, counts, returns, rework and relabelling: stock stays what is really there."""

import pytest
from sqlmodel import Session, select

from tests.factories import a_farm, harvested, on_day, packed
from traceability import acts, catalogue, genealogy, lots, rework, stock, voiding
from traceability.amounts import Amount
from traceability.errors import BadValue, CannotVoid, MassAppears, NotEnough, WrongStage
from traceability.models import Act
from traceability.projection import before


def test_a_sample_leaves_the_lot(session: Session) -> None:
    farm = a_farm(session)
    lot = harvested(session, farm)

    stock.sample(session, on_day(43), lot=lot, amount=Amount(weight_g=200), purpose="potassium")

    assert lot.weight_g == 8800


def test_a_count_is_the_truth_and_keeps_the_error(session: Session) -> None:
    """farmOS#287: resetting stock by a count must say by how much the books were wrong."""
    farm = a_farm(session)
    bags = packed(session, farm)

    act = stock.count(session, on_day(44), lot=bags, counted=Amount(pieces=97), why="inventory")

    assert (bags.pieces, bags.weight_g) == (97, 7760)
    assert before(session, bags, act).pieces == 100


def test_an_act_entered_late_does_not_move_what_was_counted_after_it(session: Session) -> None:
    farm = a_farm(session)
    bags = packed(session, farm)
    act = stock.count(session, on_day(44), lot=bags, counted=Amount(pieces=97), why="inventory")

    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=3))

    assert bags.pieces == 97
    assert before(session, bags, act).pieces == 97


def test_a_count_of_nothing_closes_a_lot_and_a_later_one_opens_it(session: Session) -> None:
    farm = a_farm(session)
    bags = packed(session, farm)
    stock.count(session, on_day(44), lot=bags, counted=Amount(0, 0), why="the shelf is empty")
    assert not bags.is_open

    stock.count(session, on_day(45), lot=bags, counted=Amount(2, 160), why="behind the door")

    assert bags.is_open
    assert (bags.pieces, bags.weight_g) == (2, 160)


def test_what_a_partner_gives_back_is_stock_again_under_its_own_code(session: Session) -> None:
    farm = a_farm(session)
    bags = packed(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop)
    assert not bags.is_open

    stock.give_back(
        session,
        on_day(44),
        lot=bags,
        from_party=farm.shop,
        amount=Amount(pieces=30),
        zone=farm.store,
        reason="too many",
    )

    assert bags.is_open
    assert (bags.pieces, bags.weight_g, bags.zone_id) == (30, 2400, farm.store.id)
    assert stock.at_partner(session, bags, farm.shop) == Amount(70, 5600)


def test_more_than_a_partner_got_cannot_come_back(session: Session) -> None:
    farm = a_farm(session)
    bags = packed(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=10))

    with pytest.raises(NotEnough, match="P-1 at mart"):
        stock.give_back(
            session,
            on_day(44),
            lot=bags,
            from_party=farm.shop,
            amount=Amount(pieces=11),
            zone=farm.store,
            reason="?",
        )
    assert bags.pieces == 90


def test_a_return_cannot_be_voided_once_it_went_out_again(session: Session) -> None:
    """Or the lot would have shipped more than it ever held."""
    farm = a_farm(session)
    bags = packed(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop)
    back = stock.give_back(
        session,
        on_day(44),
        lot=bags,
        from_party=farm.shop,
        amount=Amount(pieces=30),
        zone=farm.store,
        reason="too many",
    )
    lots.ship(session, on_day(45), lot=bags, to=farm.shop, amount=Amount(pieces=20))

    with pytest.raises(CannotVoid, match="more than it held"):
        voiding.void(session, on_day(46), act=back)
    assert bags.pieces == 10


def test_reworked_packs_are_a_harvest_to_be_packed_again(session: Session) -> None:
    farm = a_farm(session)
    bags = packed(session, farm)

    act = rework.rework(
        session,
        on_day(44),
        lot=bags,
        amount=Amount(pieces=50),
        weight_g=3900,
        code="RW-1",
        zone=farm.packing,
        reason="torn bags",
    )

    (again,) = acts.made(session, act)
    assert (again.stage, again.weight_g, bags.pieces) == ("harvested", 3900, 50)
    back = genealogy.trace(session, again, "back").lots
    assert bags.code in [lot.code for lot in back]


def test_rework_makes_no_leaves(session: Session) -> None:
    farm = a_farm(session)
    bags = packed(session, farm)

    with pytest.raises(MassAppears):
        rework.rework(
            session,
            on_day(44),
            lot=bags,
            amount=Amount(pieces=1),
            weight_g=81,
            code="RW-1",
            zone=farm.packing,
            reason="torn",
        )


def test_a_new_label_is_a_new_lot_and_never_a_later_date(session: Session) -> None:
    farm = a_farm(session)
    bags = packed(session, farm)
    longer = catalogue.ensure_trade_item(
        session,
        farm.organisation,
        "lowk-80-b",
        crop=farm.lettuce,
        name="Other brand",
        net_content_g=farm.bag.net_content_g,
        shelf_life_days=90,
    )

    act = rework.relabel(
        session, on_day(43), lot=bags, item=longer, code="B-1", reason="another brand"
    )

    (other,) = acts.made(session, act)
    assert (other.pieces, other.packed_on, other.best_before) == (
        100,
        bags.packed_on,
        bags.best_before,
    )
    assert not bags.is_open


def test_a_label_of_another_weight_is_refused(session: Session) -> None:
    farm = a_farm(session)
    bags = packed(session, farm)
    heavier = catalogue.ensure_trade_item(
        session, farm.organisation, "big", crop=farm.lettuce, name="Big", net_content_g=500
    )

    with pytest.raises(WrongStage, match="pack it anew"):
        rework.relabel(session, on_day(43), lot=bags, item=heavier, code="B-1", reason="?")


def test_a_count_says_something(session: Session) -> None:
    farm = a_farm(session)
    bags = packed(session, farm)
    acts_before = len(session.exec(select(Act)).all())

    with pytest.raises(BadValue, match="count or weigh"):
        stock.count(session, on_day(44), lot=bags, counted=Amount(), why="")
    assert len(session.exec(select(Act)).all()) == acts_before
