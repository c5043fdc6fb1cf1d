"""A lot on hold goes nowhere, and nothing of it goes into others, until it is released."""

import pytest
from sqlmodel import Session

from tests.factories import Farm, a_farm, harvested, on_day, packed
from traceability import acts, holds, lots, recalls, stock, voiding
from traceability.amounts import Amount
from traceability.errors import BadValue, LotHeld
from traceability.models import Lot
from traceability.recall_starts import Start


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def _hold(session: Session, lot: Lot) -> acts.Act:
    return holds.hold(session, on_day(43), lots=[lot], reason="potassium too high")


def test_a_held_lot_is_not_shipped_and_says_since_when_and_why(
    session: Session, farm: Farm
) -> None:
    bags = packed(session, farm)
    _hold(session, bags)

    # As the clock of the site showed it, not in UTC.
    with pytest.raises(LotHeld, match=r"2026-07-14 09:00\+09:00 \(potassium too high\)"):
        lots.ship(session, on_day(44), lot=bags, to=farm.shop)
    assert (bags.pieces, bags.hold_reason) == (100, "potassium too high")


def test_a_lot_held_for_two_reasons_says_both(session: Session, farm: Farm) -> None:
    """Whoever releases what the laboratory found right must see that it is recalled, too."""
    bags = packed(session, farm)
    _hold(session, bags)
    start = Start("lot", bags.code, bags.id)
    recalls.open_recall(
        session, farm.organisation, start, kind="real", reason="metal", occasion=on_day(44)
    )

    assert (bags.held_since, bags.hold_reason) == (
        on_day(43).at,
        "potassium too high; recall: metal",
    )
    holds.release(session, on_day(45), lots=[bags], reason="both looked at")
    assert (bags.held_since, bags.hold_reason) == (None, "")


def test_nothing_of_a_held_lot_goes_into_another(session: Session, farm: Farm) -> None:
    cut = harvested(session, farm)
    _hold(session, cut)

    with pytest.raises(LotHeld):
        lots.split(session, on_day(44), lot=cut, parts=[("A", Amount(weight_g=9000))])
    with pytest.raises(LotHeld):
        lots.pack(
            session,
            on_day(44),
            inputs=[(cut, 8000)],
            item=farm.bag,
            code="P",
            packs=9,
            zone=farm.store,
        )


def test_a_held_lot_can_be_looked_into_moved_and_thrown_away(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    _hold(session, bags)

    stock.sample(session, on_day(44), lot=bags, amount=Amount(pieces=2), purpose="lab")
    lots.move(session, on_day(44), lot=bags, zone=farm.packing)
    lots.discard(session, on_day(45), lot=bags, reason="too high again")

    assert not bags.is_open


def test_released_it_goes_again(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    _hold(session, bags)

    holds.release(session, on_day(44), lots=[bags], reason="second test fine")
    lots.ship(session, on_day(45), lot=bags, to=farm.shop)

    assert (bags.held_since, bags.hold_reason, bags.is_open) == (None, "", False)


def test_a_hold_taken_back_never_was(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    act = _hold(session, bags)

    voiding.void(session, on_day(44), act=act)

    assert bags.held_since is None


def test_what_is_not_held_is_not_released(session: Session, farm: Farm) -> None:
    with pytest.raises(BadValue, match="which is not"):
        holds.release(session, on_day(44), lots=[packed(session, farm)], reason="?")


def test_a_reason_is_asked_for(session: Session, farm: Farm) -> None:
    with pytest.raises(BadValue, match="say why"):
        holds.hold(session, on_day(44), lots=[packed(session, farm)], reason=" ")
