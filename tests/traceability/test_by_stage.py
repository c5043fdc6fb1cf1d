"""What a lot lived through, stage by stage, by day and by night, against its recipe."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from sensors import to_ms
from tests.factories import START, Farm, a_farm, on_day
from tests.traceability.recipes.recipes import lettuce
from traceability import acts, by_stage, catalogue, conditions, lots, readings, recipes
from traceability.by_stage import StageLived
from traceability.lived import Condition, Span
from traceability.models import Lot, Zone
from traceability.recipes import Document, Stage

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture
def farm(session: Session) -> Farm:
    farm = a_farm(session)
    recipes.record(session, farm.lettuce, lettuce(), by="Sato", since=START - DAY)
    return farm


def fill(
    session: Session,
    farm: Farm,
    quantity: str,
    value: Callable[[datetime], float],
    *,
    zone: Zone | None = None,
    days: float = 45,
    every: timedelta = 10 * MINUTE,
    start: datetime = START,
    device: str = "",
) -> None:
    """Lay readings: `value(local time)` from `start` on."""
    code = device or f"{(zone or farm.room).code}-{quantity}"
    owner = readings.ensure_device(session, farm.site.id, code)
    readings.place_device(session, owner, zone or farm.room, since=start)
    series = readings.ensure_series(session.connection(), farm.site.id, code, quantity)
    count = int(days * DAY / every)
    moments = [start + i * every for i in range(count)]
    rows = [(series, to_ms(at), value(at.astimezone(TOKYO)), 0, 0) for at in moments]
    readings.insert_readings(session.connection(), rows)


def is_day(local: datetime) -> bool:
    return 6 <= local.hour < 22


def sown(session: Session, farm: Farm, code: str = "L", pieces: int = 100) -> Lot:
    act = lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code=code, pieces=pieces)
    return acts.made(session, act)[0]


def cut(session: Session, farm: Farm, lot: Lot, day: int = 42, pieces: int = 100) -> Lot:
    act = lots.harvest(
        session, on_day(day), lot=lot, pieces=pieces, weight_g=9000, zone=farm.packing, final=True
    )
    return acts.made(session, act)[0]


def packed(session: Session, farm: Farm, inputs: Sequence[Lot], day: int = 42) -> Lot:
    act = lots.pack(
        session,
        on_day(day),
        inputs=[(one, 9000) for one in inputs],
        item=farm.bag,
        code="P-1",
        packs=100,
        zone=farm.store,
    )
    return acts.made(session, act)[0]


def one(stage: StageLived, quantity: str, part: str | None = None) -> Condition:
    (found,) = (c for c in stage.conditions if (c.quantity, c.part) == (quantity, part))
    return found


def stages_of(session: Session, lot: Lot, day: float = 60) -> dict[str, StageLived]:
    return {s.code: s for s in by_stage.of_lot(session, lot, now=START + day * DAY)}


def test_each_stage_is_judged_by_its_own_ranges(session: Session, farm: Farm) -> None:
    """22 °C by day is right for a seedling, and too warm at night for any."""
    fill(session, farm, "air_temperature", lambda _: 22.0)
    lot = sown(session, farm)
    lots.transplant(session, on_day(14), lot=lot, zone=farm.room)

    found = stages_of(session, lot, day=40)

    assert list(found) == ["germination", "nursery", "growing", "finishing"]
    assert one(found["germination"], "air_temperature").in_range == pytest.approx(1.0)
    nursery = found["nursery"]
    assert one(nursery, "air_temperature", "day").in_range == pytest.approx(1.0)
    assert one(nursery, "air_temperature", "night").in_range == pytest.approx(0.0)
    assert one(nursery, "air_temperature").in_range == pytest.approx(16 / 24, abs=0.01)
    assert one(nursery, "air_temperature").target is None  # it differs by day and night
    assert one(nursery, "air_temperature", "night").target == (17, 20)


def test_what_is_wanted_by_day_only_is_judged_by_day_only(session: Session, farm: Farm) -> None:
    fill(session, farm, "co2", lambda local: 1000.0 if is_day(local) else 2500.0)
    lot = sown(session, farm)
    lots.transplant(session, on_day(14), lot=lot, zone=farm.room)

    growing = stages_of(session, lot, day=30)["growing"]

    whole = one(growing, "co2")
    assert whole.in_range == pytest.approx(1.0)
    assert whole.high == 2500.0
    assert whole.judged_s == pytest.approx(16 * 16 * 3600, rel=0.01)


def test_the_light_of_whole_days_is_judged(session: Session, farm: Farm) -> None:
    """200 µmol for 16 h are 11.52 mol, within 9 to 13; the first and last day are parts."""
    fill(session, farm, "ppfd", lambda local: 200.0 if is_day(local) else 0.0)
    lot = sown(session, farm)
    lots.transplant(session, on_day(14), lot=lot, zone=farm.room)

    light = one(stages_of(session, lot)["nursery"], "dli")

    assert (light.mean, light.in_range) == (pytest.approx(11.52, abs=1e-6), 1.0)
    assert light.readings == 10


def test_two_probes_of_light_are_no_double_light(session: Session, farm: Farm) -> None:
    for device in ("left", "right"):
        fill(session, farm, "ppfd", lambda local: 200.0 if is_day(local) else 0.0, device=device)
    lot = sown(session, farm)

    light = conditions.daily_light(
        session, conditions.spans_of(session, [lot], now=START + 3 * DAY)
    )

    assert light[1].mol == pytest.approx(11.52, abs=1e-6)


def test_a_packed_lot_shows_how_its_parents_grew_and_its_own_cold_chain(
    session: Session, farm: Farm
) -> None:
    catalogue.ensure_trade_item(
        session, farm.organisation, "lowk-80", crop=farm.lettuce, storage_low_c=1, storage_high_c=5
    )
    fill(session, farm, "air_temperature", lambda _: 21.0)
    fill(session, farm, "air_temperature", lambda _: 12.0, zone=farm.packing)
    # The store was too warm on its second day.
    warm = START + 43 * DAY
    fill(session, farm, "air_temperature", lambda local: 8.0 if local >= warm else 4.0,
         zone=farm.store)  # fmt: skip
    lot = sown(session, farm)
    lots.transplant(session, on_day(14), lot=lot, zone=farm.room)
    harvest = cut(session, farm, lot)
    bags = packed(session, farm, [harvest], day=42)

    found = stages_of(session, bags, day=44)

    assert list(found) == ["germination", "nursery", "growing", "finishing", "packed"]
    assert [span.zone.code for span in found["growing"].spans] == ["A"]
    cold = one(found["packed"], "air_temperature")
    assert (cold.target, cold.in_range) == ((1, 5), pytest.approx(0.5, abs=0.01))


def test_the_time_between_cut_and_pack_is_its_own_stage(session: Session, farm: Farm) -> None:
    fill(session, farm, "air_temperature", lambda _: 12.0, zone=farm.packing)
    harvest = cut(session, farm, sown(session, farm))
    bags = packed(session, farm, [harvest], day=43)

    waited = stages_of(session, bags, day=50)["harvested"]

    assert (waited.start, waited.end) == (START + 42 * DAY, START + 43 * DAY)
    assert one(waited, "air_temperature").mean == pytest.approx(12.0)


def test_a_parent_is_told_only_until_its_material_left(session: Session, farm: Farm) -> None:
    """The plants stand for another week; the first cut did not live through it."""
    lot = sown(session, farm)
    act = lots.harvest(session, on_day(35), lot=lot, pieces=50, weight_g=4000, zone=farm.packing)
    (first,) = acts.made(session, act)
    cut(session, farm, lot, day=42, pieces=50)

    assert max(s.end for s in stages_of(session, first).values() if s.is_growing) == on_day(35).at


def test_parents_of_one_recipe_are_told_together(session: Session, farm: Farm) -> None:
    fill(session, farm, "air_temperature", lambda _: 21.0)
    inputs = [cut(session, farm, sown(session, farm, code)) for code in ("one", "two")]
    bags = packed(session, farm, inputs)

    nursery = stages_of(session, bags)["nursery"]

    assert {lot.code for lot in nursery.lots} == {"one", "two"}
    assert len(nursery.spans) == 1


def test_parents_of_different_versions_are_judged_each_by_its_own(
    session: Session, farm: Farm
) -> None:
    fill(session, farm, "air_temperature", lambda _: 25.0)
    old = sown(session, farm, "old")
    warmer = recipes.one_stage({"air_temperature": (24, 28)})
    recipes.record(session, farm.lettuce, warmer, by="Abe", since=START)
    new = sown(session, farm, "new")
    bags = packed(session, farm, [cut(session, farm, lot) for lot in (old, new)])

    found = by_stage.of_lot(session, bags, now=START + 60 * DAY)

    shares = {
        (s.recipe.version if s.recipe else 0, s.code): one(s, "air_temperature").in_range
        for s in found
        if s.code in ("germination", "growing")
    }
    assert shares == {(2, "germination"): 0.0, (3, "growing"): 1.0}


def test_where_nobody_measured_the_stage_says_so(session: Session, farm: Farm) -> None:
    fill(session, farm, "air_temperature", lambda _: 21.0, days=8)
    lot = sown(session, farm)
    lots.transplant(session, on_day(14), lot=lot, zone=farm.room)

    found = stages_of(session, lot, day=30)

    nursery = one(found["nursery"], "air_temperature")
    assert nursery.covered == pytest.approx(5 / 11, abs=0.01)
    assert [gap.end for gap in nursery.gaps] == [on_day(14).at]
    assert list(found["growing"].conditions) == []


def test_a_lot_whose_place_nobody_knows_still_has_its_stages(session: Session, farm: Farm) -> None:
    """Imported lots come without one: the time is told, with nothing measured in it."""
    lot = sown(session, farm)
    for stay in session.exec(select(conditions.Stay).where(conditions.Stay.lot_id == lot.id)):
        session.delete(stay)
    session.flush()

    found = stages_of(session, lot, day=10)

    assert [(s.code, list(s.spans)) for s in found.values()] == [
        ("germination", []),
        ("nursery", []),
    ]


def test_a_lot_without_a_recipe_is_told_whole(session: Session, farm: Farm) -> None:
    basil = catalogue.ensure_crop(
        session, farm.organisation, "basil", name="Basil", largest_head_g=60
    )
    fill(session, farm, "air_temperature", lambda _: 21.0)
    act = lots.sow(session, on_day(0), zone=farm.room, crop=basil, code="B", pieces=10)

    (found,) = by_stage.of_lot(session, acts.made(session, act)[0], now=START + 9 * DAY)

    assert (found.code, found.stage) == ("growing", None)
    assert one(found, "air_temperature").in_range is None


def _lamp_recipe(by: str) -> Document:
    wanted = {"air_temperature": {"day": [20, 24], "night": [17, 20]}}
    stage = {"code": "all", "light": {"by": by}, "targets": wanted}
    return Document.model_validate({"stages": [stage]})


@pytest.mark.parametrize("by", ["lamp", "ppfd"])
def test_day_is_told_by_what_was_lit(session: Session, farm: Farm, by: str) -> None:
    """Somebody left the lamps on until midnight: that was day, whatever the timer says."""
    recipes.record(session, farm.lettuce, _lamp_recipe(by), by="Sato", since=START)
    lit = {"lamp": 1.0, "ppfd": 200.0}[by]
    every = 3 * HOUR if by == "lamp" else 10 * MINUTE
    fill(session, farm, by, lambda local: lit if local.hour >= 12 else 0.0, days=4, every=every)
    fill(session, farm, "air_temperature", lambda local: 22.0 if local.hour >= 12 else 18.0)
    lot = sown(session, farm)

    (found,) = by_stage.of_lot(session, lot, now=START + 4 * DAY)

    assert one(found, "air_temperature", "day").in_range == pytest.approx(1.0, abs=0.01)
    assert one(found, "air_temperature", "night").in_range == pytest.approx(1.0, abs=0.01)
    assert one(found, "air_temperature", "day").judged_s == pytest.approx(48 * 3600, rel=0.01)


def test_the_quarter_that_runs_is_day_as_soon_as_the_lamps_are_on(
    session: Session, farm: Farm
) -> None:
    """Its other minutes are not over yet: they are no night."""
    recipes.record(session, farm.lettuce, _lamp_recipe("lamp"), by="Sato", since=START)
    fill(session, farm, "lamp", lambda _: 1.0, days=1, every=MINUTE)
    fill(session, farm, "air_temperature", lambda _: 22.0, days=1, every=MINUTE)

    (found,) = by_stage.of_lot(session, sown(session, farm), now=START + 4 * MINUTE)

    assert one(found, "air_temperature", "day").in_range == 1.0
    assert "night" not in {heard.part for heard in found.conditions}


def test_where_nobody_knows_whether_it_was_day_nothing_is_judged_by_it(
    session: Session, farm: Farm
) -> None:
    recipes.record(session, farm.lettuce, _lamp_recipe("lamp"), by="Sato", since=START)
    fill(session, farm, "air_temperature", lambda _: 22.0)

    (found,) = by_stage.of_lot(session, sown(session, farm), now=START + 4 * DAY)

    whole = one(found, "air_temperature")
    assert (whole.in_range, whole.covered) == (None, pytest.approx(1.0, abs=0.01))


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    cuts=st.lists(st.integers(1, 5 * 96 - 1), min_size=0, max_size=4, unique=True),
    every=st.sampled_from([10, 25, 40]),
    on=st.sampled_from(["00:00", "05:15", "20:45"]),
    hours=st.sampled_from([0.25, 9.5, 23.75]),
    shift=st.integers(0, 3),
)
def test_the_parts_add_up_to_the_whole(
    session: Session, farm: Farm, cuts: list[int], every: int, on: str, hours: float, shift: int
) -> None:
    """However a life is cut into stages, days and nights, every measured moment counts once.

    Berlin in the week its clocks change, so that one day has 23 hours.
    """
    farm.site.time_zone = "Europe/Berlin"
    begin = datetime(2026, 3, 26, 12, tzinfo=UTC) + shift * timedelta(days=365)
    device = f"p{every}-{shift}"
    fill(
        session,
        farm,
        "air_temperature",
        lambda local: 15.0 + local.hour / 2,
        start=begin,
        days=5,
        every=every * MINUTE,
        device=device,
    )
    bounds = [begin, *(begin + c * 15 * MINUTE for c in sorted(cuts)), begin + 5 * DAY]
    stage = Stage.model_validate(
        {
            "code": "s",
            "light": {"on": on, "hours": hours},
            "targets": {"air_temperature": {"day": [18, 22], "night": [16, 19]}},
        }
    )

    pieces = [by_stage.lived(session, [Span(farm.room, a, b)], stage) for a, b in pairwise(bounds)]
    (whole, day, night) = _sums(
        by_stage.lived(session, [Span(farm.room, begin, bounds[-1])], stage)
    )

    assert day + night == pytest.approx(whole)
    assert sum(_sums(piece)[0] for piece in pieces) == pytest.approx(whole)
    assert sum(_sums(piece)[1] for piece in pieces) == pytest.approx(day, abs=every * 60 * 5)


def _sums(found: list[Condition]) -> tuple[float, float, float]:
    """Judged seconds of the whole, by day and by night."""
    by_part = {c.part: c.judged_s for c in found if c.quantity == "air_temperature"}
    return by_part.get(None, 0.0), by_part.get("day", 0.0), by_part.get("night", 0.0)
