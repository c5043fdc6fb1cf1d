"""Which stage a lot is in: from its acts and the days gone by, without a gap or an overlap."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from tests.factories import START, Farm, a_farm, on_day
from tests.traceability.recipes.recipes import LETTUCE, lettuce
from traceability import acts, lots, recipes, voiding
from traceability.amounts import Amount
from traceability.models import Lot
from traceability.recipes import Document, Mark, Phase, phases

DAY = timedelta(days=1)


def walked(*marks: Mark, days: float = 60) -> list[tuple[str, float, float]]:
    """The lettuce's stages as (code, first day, last day)."""
    found = phases(lettuce(), begun=START, ended=START + days * DAY, marks=marks)
    return [(p.stage.code, (p.start - START) / DAY, (p.end - START) / DAY) for p in found]


def on(day: float, kind: str = "transplant", stage: str = "") -> Mark:
    return Mark(START + day * DAY, kind, stage)


def test_days_and_acts_lead_through_the_stages() -> None:
    assert walked(on(14)) == [
        ("germination", 0, 3),
        ("nursery", 3, 14),
        ("growing", 14, 34),
        ("finishing", 34, 60),
    ]


def test_a_stage_that_waits_for_an_act_goes_on_beyond_its_plan() -> None:
    """Who has not transplanted has seedlings, whatever the plan said."""
    assert walked(days=30) == [("germination", 0, 3), ("nursery", 3, 30)]


def test_an_act_that_comes_early_ends_what_was_before() -> None:
    assert walked(on(2), days=10) == [("germination", 0, 2), ("growing", 2, 10)]


def test_an_act_nobody_waits_for_changes_nothing() -> None:
    """Moving grown plants apart is a transplant, too, and no new stage."""
    assert walked(on(14), on(20)) == walked(on(14))


def test_a_person_can_set_the_stage_and_it_goes_on_from_there() -> None:
    assert walked(on(14), on(20, "stage", "finishing"), days=40) == [
        ("germination", 0, 3),
        ("nursery", 3, 14),
        ("growing", 14, 20),
        ("finishing", 20, 40),
    ]
    assert walked(on(14), on(20, "stage", "nursery"), on(22), days=50)[3:] == [
        ("nursery", 20, 22),
        ("growing", 22, 42),
        ("finishing", 42, 50),
    ]


def test_setting_the_stage_a_lot_is_in_does_not_begin_it_again() -> None:
    assert walked(on(14), on(20, "stage", "growing")) == walked(on(14))


def test_a_stage_the_recipe_does_not_have_is_no_stage() -> None:
    assert walked(on(14), on(20, "stage", "flowering")) == walked(on(14))


def _recipes() -> st.SearchStrategy[Document]:
    stage = st.fixed_dictionaries(
        {},
        optional={
            "days": st.floats(0.01, 40),
            "until": st.sampled_from(["transplant", "move", "harvest"]),
        },
    )
    written = st.lists(stage, min_size=1, max_size=5)
    return written.map(
        lambda stages: Document.model_validate(
            {"stages": [{"days": 5, "code": f"s{i}"} | one for i, one in enumerate(stages)]}
        )
    )


def _marks() -> st.SearchStrategy[list[Mark]]:
    kinds = st.sampled_from(["transplant", "move", "harvest", "stage"])
    mark = st.builds(on, st.floats(-3, 90), kinds, st.sampled_from(["", "s0", "s1", "s3", "x"]))
    return st.lists(mark, max_size=8)


@given(_recipes(), _marks(), st.floats(0, 80))
def test_stages_cover_the_life_without_overlap(
    recipe: Document, marks: list[Mark], days: float
) -> None:
    """Half-open, one after the other: every moment of a lot is judged once."""
    begun, ended = START, START + days * DAY

    found = phases(recipe, begun=begun, ended=ended, marks=marks)

    assert _chain(found) == ([begun, ended] if begun < ended else [])
    assert all(phase.start < phase.end for phase in found)


def _chain(found: list[Phase]) -> list[object]:
    """First start and last end, provided that each phase begins where the one before ends."""
    if not found:
        return []
    assert all(a.end == b.start for a, b in pairwise(found))
    return [found[0].start, found[-1].end]


def test_a_divided_lot_goes_on_in_its_stage(session: Session) -> None:
    """Half a room moved elsewhere did not germinate a second time."""
    farm = a_farm(session)
    recipes.record(session, farm.lettuce, lettuce(), by="Sato", since=START - DAY)
    lot = _sown(session, farm)
    lots.transplant(session, on_day(14), lot=lot, zone=farm.room)
    parts = [("a", Amount(60)), ("b", Amount(40))]
    act = lots.split(session, on_day(20), lot=lot, parts=parts)
    (part, _) = acts.made(session, act)

    found = recipes.stage_of(session, part, START + 25 * DAY)

    assert found is not None
    assert found.stage.code == "growing"
    assert found.start == part.opened_at
    assert recipes.stage_of(session, part, START + 35 * DAY).stage.code == "finishing"  # type: ignore[union-attr]


def test_a_voided_transplant_ended_nothing(session: Session) -> None:
    farm = a_farm(session)
    recipes.record(session, farm.lettuce, lettuce(), by="Sato", since=START - DAY)
    lot = _sown(session, farm)
    act = lots.transplant(session, on_day(10), lot=lot, zone=farm.room)
    assert _code_at(session, lot, 11) == "growing"

    voiding.void(session, on_day(12), act=act)

    assert _code_at(session, lot, 11) == "nursery"


def test_before_it_was_sown_and_after_it_was_cut_a_lot_has_no_stage(session: Session) -> None:
    farm = a_farm(session)
    lot = _sown(session, farm)
    lots.harvest(
        session, on_day(40), lot=lot, pieces=100, weight_g=9000, zone=farm.packing, final=True
    )

    at = {day: recipes.stage_of(session, lot, START + day * DAY) for day in (-1, 0, 39, 40)}

    assert [day for day, found in at.items() if found is None] == [-1, 40]


def _sown(session: Session, farm: Farm) -> Lot:
    act = lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code="L", pieces=100)
    return acts.made(session, act)[0]


def _code_at(session: Session, lot: Lot, day: float) -> str:
    found = recipes.stage_of(session, lot, START + day * DAY)
    assert found is not None
    return found.stage.code


assert LETTUCE["stages"][2]["days"] == 20  # what the days above count on
