"""A grower says which stage a lot is in, and it goes on from there."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from tests.factories import START, Farm, a_farm, harvested, on_day
from tests.traceability.recipes.recipes import lettuce
from traceability import acts, catalogue, lots, recipes, staging, voiding
from traceability.errors import BadValue, WrongStage
from traceability.models import Lot

DAY = timedelta(days=1)


@pytest.fixture
def farm(session: Session) -> Farm:
    farm = a_farm(session)
    recipes.record(session, farm.lettuce, lettuce(), by="Sato", since=START - DAY)
    return farm


def sown(session: Session, farm: Farm) -> Lot:
    act = lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code="L", pieces=9)
    return acts.made(session, act)[0]


def code_at(session: Session, lot: Lot, day: float) -> str:
    found = recipes.stage_of(session, lot, START + day * DAY)
    assert found is not None
    return found.stage.code


def test_a_lot_is_in_the_stage_that_a_grower_says(session: Session, farm: Farm) -> None:
    """Bought as seedlings: sown here on paper, and three weeks old."""
    lot = sown(session, farm)

    act = staging.set_stage(session, on_day(1), lot=lot, stage="growing")

    assert (code_at(session, lot, 0.5), code_at(session, lot, 1)) == ("germination", "growing")
    assert code_at(session, lot, 22) == "finishing"  # twenty days on
    assert b'"stage":"growing"' in act.body


def test_taken_back_it_is_where_it_was(session: Session, farm: Farm) -> None:
    lot = sown(session, farm)
    act = staging.set_stage(session, on_day(1), lot=lot, stage="growing")

    voiding.void(session, on_day(2), act=act)

    assert code_at(session, lot, 2) == "germination"


def test_a_stage_its_recipe_does_not_have_is_refused_with_those_it_has(
    session: Session, farm: Farm
) -> None:
    with pytest.raises(BadValue, match="one of germination, nursery, growing, finishing"):
        staging.set_stage(session, on_day(1), lot=sown(session, farm), stage="flowering")


def test_a_lot_without_a_recipe_has_no_stage_to_set(session: Session, farm: Farm) -> None:
    basil = catalogue.ensure_crop(session, farm.organisation, "b", name="B", largest_head_g=9)
    act = lots.sow(session, on_day(0), zone=farm.room, crop=basil, code="B", pieces=9)

    with pytest.raises(BadValue, match="write a recipe for the crop"):
        staging.set_stage(session, on_day(1), lot=acts.made(session, act)[0], stage="growing")


def test_what_was_cut_grows_no_more(session: Session, farm: Farm) -> None:
    with pytest.raises(WrongStage):
        staging.set_stage(session, on_day(43), lot=harvested(session, farm), stage="growing")
