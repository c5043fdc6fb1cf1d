"""Lots in the ground as a forecast needs them, from acts."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from tests.factories import START, Farm, a_farm, harvested, on_day
from traceability import acts, forecast_lots, growing, lots, stock, voiding
from traceability.amounts import Amount
from traceability.errors import BadValue, HeavierThanPhysics
from traceability.forecast_subject import Subject
from traceability.growing import Ground, GrowingLot
from traceability.models import Lot

FIRST = date(2026, 6, 1)
NOW = on_day(50).at


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def sown(session: Session, farm: Farm, code: str, day: int = 20, pieces: int = 100) -> Lot:
    act = lots.sow(
        session, on_day(day), zone=farm.room, crop=farm.lettuce, code=code, pieces=pieces
    )
    return acts.made(session, act)[0]


def ground(session: Session, farm: Farm) -> Ground:
    return growing.ground_of(session, Subject(farm.lettuce), at=NOW)


def test_a_finished_lot_and_a_growing_one(session: Session, farm: Farm) -> None:
    harvested(session, farm, code="L1")
    lot = sown(session, farm, "L2")
    lots.discard(session, on_day(30), lot=lot, reason="mildew", amount=Amount(pieces=25))

    done, grows = ground(session, farm).lots

    cut = FIRST + timedelta(days=42)
    assert done == GrowingLot("L1", done.recipe, FIRST, 100, 0, cut, 100, 9000)
    assert (grows.lot, grows.pieces, grows.left, grows.harvested_on) == ("L2", 100, 75, None)
    assert grows.started_on == FIRST + timedelta(days=20)


def test_a_lost_lot_brings_nothing(session: Session, farm: Farm) -> None:
    lots.discard(session, on_day(30), lot=sown(session, farm, "L2"), reason="mildew")

    assert ground(session, farm).lots == []


def test_a_sowing_taken_back_was_never_sown(session: Session, farm: Farm) -> None:
    act = lots.sow(session, on_day(20), zone=farm.room, crop=farm.lettuce, code="X", pieces=9)
    voiding.void(session, on_day(21), act=act)

    assert ground(session, farm).lots == []


def test_the_parts_of_a_split_lot_were_sown_when_it_was(session: Session, farm: Farm) -> None:
    lot = sown(session, farm, "L2", day=10)
    parts = [("L2-a", Amount(pieces=60)), ("L2-b", Amount(pieces=40))]
    lots.split(session, on_day(24), lot=lot, parts=parts)

    found = ground(session, farm).lots

    assert [(row.lot, row.pieces) for row in found] == [("L2-a", 60), ("L2-b", 40)]
    assert {row.started_on for row in found} == {FIRST + timedelta(days=10)}


def test_two_cuts_are_one_harvest_on_the_day_most_of_it_came(session: Session, farm: Farm) -> None:
    lot = sown(session, farm, "L2", day=0)
    for day, pieces, grams, final in ((40, 75, 7500, False), (44, 25, 2500, True)):
        lots.harvest(
            session,
            on_day(day),
            lot=lot,
            pieces=pieces,
            weight_g=grams,
            zone=farm.packing,
            final=final,
        )

    (found,) = ground(session, farm).lots

    assert (found.harvested_pieces, found.harvested_g) == (100, 10_000)
    assert found.harvested_on == FIRST + timedelta(days=41)


def test_heads_weighed_on_the_way_by_inspection_or_as_a_sample(
    session: Session, farm: Farm
) -> None:
    lot = sown(session, farm, "L2", day=10)
    weigh = {"measure": "head_weight", "unit": "g"}
    lots.inspect(session, on_day(40), lot=lot, value=62.5, **weigh)  # type: ignore[arg-type]
    lots.inspect(session, on_day(41), lot=lot, measure="potassium", value=80, unit="mg/100 g")
    lots.inspect(session, on_day(41), lot=lot, measure="head_weight", value=0.07, unit="kg")
    stock.sample(session, on_day(42), lot=lot, amount=Amount(pieces=3), purpose="nitrate")

    found = ground(session, farm).weighings

    assert [(one.lot, one.head_g) for one in found] == [("L2", 62.5), ("L2", 70.0)]


@pytest.mark.parametrize(("value", "unit"), [(200.1, "g"), (0.62, "kg")])
def test_a_weighing_no_head_can_have_is_refused(
    session: Session, farm: Farm, value: float, unit: str
) -> None:
    """A slip of the scale on one head of 200 g at most would move three weeks of promises."""
    lot = sown(session, farm, "L2", day=10)

    with pytest.raises(HeavierThanPhysics, match="at most 200 g"):
        lots.inspect(session, on_day(40), lot=lot, measure="head_weight", value=value, unit=unit)
    amount = Amount(pieces=3, weight_g=601)
    with pytest.raises(HeavierThanPhysics):
        stock.sample(session, on_day(40), lot=lot, amount=amount, purpose="nitrate")

    with pytest.raises(BadValue, match="a number above 0"):  # an empty scale
        lots.inspect(session, on_day(40), lot=lot, measure="head_weight", value=0, unit=unit)

    lots.inspect(session, on_day(40), lot=lot, measure="potassium", value=0, unit="g")
    assert ground(session, farm).weighings == []


def test_one_that_is_on_record_already_is_named_and_not_believed(
    session: Session, farm: Farm
) -> None:
    lot = sown(session, farm, "L2", day=10)
    weigh = {"measure": "head_weight", "unit": "g"}
    lots.inspect(session, on_day(40), lot=lot, value=150, **weigh)  # type: ignore[arg-type]
    lots.inspect(session, on_day(41), lot=lot, value=62, **weigh)  # type: ignore[arg-type]

    farm.lettuce.largest_head_g = 100
    found = ground(session, farm)

    assert [one.head_g for one in found.weighings] == [62]
    assert [one.head_g for one in found.too_heavy] == [150]


def test_a_plan_is_a_lot_until_its_day_or_until_it_is_taken_back(
    session: Session, farm: Farm
) -> None:
    subject = Subject(farm.lettuce, site=farm.site)
    tomorrow = FIRST + timedelta(days=51)
    row = growing.plan(session, subject, sow_on=tomorrow, pieces=500, note="", by="Sato", at=NOW)

    (planned,) = ground(session, farm).lots
    assert (planned.started_on, planned.pieces, planned.left) == (tomorrow, 500, None)
    later = growing.ground_of(session, Subject(farm.lettuce), at=NOW + timedelta(days=1))
    assert later.lots == []

    before = forecast_lots.mark(session, at=NOW)
    growing.withdraw(session, row, by="Sato", at=NOW)

    assert ground(session, farm).lots == []
    assert growing.plans(session, subject) == []
    assert forecast_lots.mark(session, at=NOW) != before


@pytest.mark.parametrize(("days", "pieces"), [(0, 5), (-3, 5), (3, 0)])
def test_a_plan_for_the_past_or_of_nothing_is_refused(
    session: Session, farm: Farm, days: int, pieces: int
) -> None:
    subject = Subject(farm.lettuce, site=farm.site)
    today = (START + timedelta(days=50)).date()

    with pytest.raises(BadValue):
        growing.plan(
            *(session, subject),
            sow_on=today + timedelta(days=days),
            pieces=pieces,
            note="",
            by="Sato",
            at=NOW,
        )


def test_a_recipe_speaks_for_itself_only_with_enough_finished_lots(
    session: Session, farm: Farm
) -> None:
    """Else a new version of a recipe would forget all that was ever weighed of the crop."""
    for number in range(growing.ENOUGH_FINISHED):
        harvested(session, farm, code=f"L{number}")
    sown(session, farm, "new")
    rows = ground(session, farm).lots
    own = {row.recipe for row in rows}
    assert own == {rows[-1].recipe} != {"lowk"}

    lot = session.get_one(Lot, sown(session, farm, "newer").id)
    lot.recipe_id = None
    session.flush()

    assert {row.recipe for row in ground(session, farm).lots} == {"lowk"}
