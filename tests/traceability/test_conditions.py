"""What a lot lived through: from its stays and the zone's probes, and the gaps said aloud."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest
from sqlmodel import Session

from sensors import Quality, to_ms
from tests.factories import START, Farm, a_farm, harvested, on_day
from traceability import catalogue, conditions, genealogy, readings
from traceability.conditions import Conditions
from traceability.models.base import HasId

MINUTE = timedelta(minutes=1)


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def fill(
    session: Session,
    farm: Farm,
    quantity: str,
    value: Callable[[int], float | None],
    *,
    days: float = 42,
    every: timedelta = 15 * MINUTE,
    device: str = "probe",
    quality: Quality = Quality.GOOD,
) -> None:
    """Lay readings of room A: `value(i)` at START + i x every."""
    owner = readings.ensure_device(session, farm.site.id, device)
    readings.place_device(session, owner, farm.room, since=START - timedelta(days=1))
    series = readings.ensure_series(session.connection(), farm.site.id, device, quantity)
    rows = [
        (series, to_ms(START + i * every), value(i), int(quality), 0)
        for i in range(int(days * timedelta(days=1) / every))
    ]
    readings.insert_readings(session.connection(), rows)


def growing(session: Session, farm: Farm) -> Conditions:
    cut = harvested(session, farm)
    family = [lot for lot in genealogy.ancestors(session, cut) if lot.stage == "growing"]
    return of(session, farm, family)


def of(session: Session, farm: Farm, lots: Sequence[HasId]) -> Conditions:
    spans = conditions.spans_of(session, lots, now=on_day(60).at)
    targets = catalogue.targets_of(session, farm.lettuce)
    return conditions.lived_through(session, spans, targets=targets)


def test_the_numbers_are_weighted_by_time(session: Session, farm: Farm) -> None:
    """Half the time 20 °C and half 26 °C, target 18 to 24: in range half of it."""
    fill(session, farm, "air_temperature", lambda i: 20.0 if i % 2 else 26.0)

    (found,) = growing(session, farm).quantities

    assert found.mean == pytest.approx(23.0)
    assert (found.low, found.high, found.in_range) == (20.0, 26.0, pytest.approx(0.5))
    assert found.covered == pytest.approx(1.0)
    assert list(found.gaps) == []


def test_a_gap_is_said_and_not_bridged(session: Session, farm: Farm) -> None:
    fill(session, farm, "co2", lambda _: 800.0, days=10)

    (found,) = growing(session, farm).quantities

    (gap,) = found.gaps
    assert gap.zone == "A"
    assert gap.end == on_day(42).at
    assert timedelta(days=31, hours=23) < gap.end - gap.start < timedelta(days=32, hours=1)
    assert found.covered == pytest.approx(10 / 42, rel=0.01)


def test_bad_values_and_no_values_do_not_count(session: Session, farm: Farm) -> None:
    fill(session, farm, "co2", lambda i: None if i % 2 else 800.0)
    fill(session, farm, "co2", lambda _: 9.0, device="broken", quality=Quality.BAD)

    (found,) = growing(session, farm).quantities

    assert (found.low, found.high) == (800.0, 800.0)


def test_doubted_values_count_and_are_told(session: Session, farm: Farm) -> None:
    fill(session, farm, "co2", lambda _: 800.0, quality=Quality.UNCERTAIN)

    (found,) = growing(session, farm).quantities

    assert found.uncertain == pytest.approx(1.0)


def test_daily_light_is_summed_by_local_day(session: Session, farm: Farm) -> None:
    """200 µmol/m²/s for 16 of 24 hours is 11.52 mol; the day is Japan's, which starts at 15 h UTC."""
    # START is 09:00 in Japan; lamps from 06:00 to 22:00 there are quarter hours 84 to 52 (next day).
    fill(session, farm, "ppfd", lambda i: 200.0 if (i + 36) % 96 in range(24, 88) else 0.0)

    light = {day.day: day for day in growing(session, farm).daily_light}

    full = light[date(2026, 6, 10)]
    assert full.mol == pytest.approx(11.52, abs=1e-6)
    assert full.covered == pytest.approx(1.0)


def test_two_probes_of_one_room_do_not_count_the_time_twice(session: Session, farm: Farm) -> None:
    fill(session, farm, "co2", lambda _: 800.0, device="one")
    fill(session, farm, "co2", lambda _: 900.0, device="two", days=21)

    (found,) = growing(session, farm).quantities

    assert found.covered == pytest.approx(1.0)
    assert (found.low, found.high) == (800.0, 900.0)


def test_a_chart_shows_where_nothing_was_heard(session: Session, farm: Farm) -> None:
    fill(session, farm, "co2", lambda _: 800.0, days=21)
    cut = harvested(session, farm)
    family = [lot for lot in genealogy.ancestors(session, cut) if lot.stage == "growing"]
    spans = conditions.spans_of(session, family, now=on_day(60).at)

    points = conditions.chart(session, spans, "co2", points=42)

    assert len(points) == 42
    assert [p.mean for p in points[:20]] == [800.0] * 20
    assert points[-1].mean is None


def test_an_open_stay_ends_now(session: Session, farm: Farm) -> None:
    from traceability import acts, lots

    sown = lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code="L9", pieces=10)

    (span,) = conditions.spans_of(session, acts.made(session, sown), now=on_day(3).at)

    assert (span.start, span.end) == (on_day(0).at, on_day(3).at)


def test_half_a_day_in_the_room_is_half_a_days_warmth(session: Session, farm: Farm) -> None:
    """Sown at 09:00 local: the first day counts 15 of its 24 hours, the last until the cut."""
    fill(session, farm, "air_temperature", lambda _: 20.0, days=3)
    spans = [conditions.Span(farm.room, START, START + timedelta(hours=27))]

    found = conditions.lived_through(session, spans, base_c=4.0).degree_days

    assert found is not None
    assert found.total == pytest.approx(16.0 * (15 / 24 + 12 / 24))


def test_a_state_is_a_share_of_time_and_holds_until_it_changes(
    session: Session, farm: Farm
) -> None:
    """A contact speaks when the door moves; between, hours go by in silence and are no gap."""
    fill(session, farm, "door", lambda i: float(i % 4 == 3), every=timedelta(hours=6))

    (found,) = growing(session, farm).quantities

    assert found.mean == pytest.approx(0.25)
    assert found.covered == pytest.approx(1.0)
    assert list(found.gaps) == []


def test_a_relay_that_is_asked_and_does_not_answer_is_not_known(
    session: Session, farm: Farm
) -> None:
    """What is polled answers each time; a lamp whose board is dead is not on for another day."""
    fill(session, farm, "lamp", lambda _: 1.0, days=1, every=10 * MINUTE)
    readings.ensure_device(session, farm.site.id, "probe", model="waveshare_relay_8ch")

    (found,) = growing(session, farm).quantities

    assert found.covered == pytest.approx(1 / 42, rel=0.05)
