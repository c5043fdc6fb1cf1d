"""When lamps were on and doors open: runs of one state, and the silence between them told."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from sensors import Quality, to_ms
from tests.factories import START, Farm, a_farm
from traceability import readings, states
from traceability.lived import Span

HOUR = timedelta(hours=1)
Said = tuple[float, float | None]  # hours after START, value


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def say(
    session: Session,
    farm: Farm,
    said: Sequence[Said],
    *,
    quantity: str = "lamp",
    device: str = "relay",
    model: str = "",
    quality: Quality = Quality.GOOD,
) -> None:
    owner = readings.ensure_device(session, farm.site.id, device, model=model)
    readings.place_device(session, owner, farm.room, since=START - 100 * HOUR)
    series = readings.ensure_series(session.connection(), farm.site.id, device, quantity)
    rows = [
        (series, to_ms(START + hour * HOUR), value, int(quality if value is not None else 2), 0)
        for hour, value in said
    ]
    readings.insert_readings(session.connection(), rows)


def of(session: Session, farm: Farm, start: float, end: float) -> list[states.Equipment]:
    return states.of_spans(session, [Span(farm.room, START + start * HOUR, START + end * HOUR)])


def runs(
    session: Session, farm: Farm, start: float, end: float
) -> list[tuple[float, float, float]]:
    (one,) = of(session, farm, start, end)
    return [((r.start - START) / HOUR, (r.end - START) / HOUR, r.value) for r in one.runs]


def test_a_lamp_is_on_until_it_says_that_it_is_off(session: Session, farm: Farm) -> None:
    say(session, farm, [(0, 0.0), (6, 1.0), (9, 1.0), (22, 0.0)])

    assert runs(session, farm, 0, 24) == [(0, 6, 0.0), (6, 22, 1.0), (22, 24, 0.0)]
    (lamp,) = of(session, farm, 0, 24)
    assert (lamp.on, lamp.known, lamp.switched_on) == (16 * HOUR, 24 * HOUR, 1)


def test_what_was_said_before_the_span_still_holds(session: Session, farm: Farm) -> None:
    """The lamps went on yesterday evening; this morning's page must not call them unknown."""
    say(session, farm, [(-5, 1.0), (3, 0.0)])

    assert runs(session, farm, 0, 6) == [(0, 3, 1.0), (3, 6, 0.0)]


def test_after_a_day_of_silence_nobody_knows(session: Session, farm: Farm) -> None:
    say(session, farm, [(0, 1.0), (40, 0.0)])

    assert runs(session, farm, 0, 48) == [(0, 25, 1.0), (40, 48, 0.0)]


def test_what_is_asked_each_minute_is_unknown_after_half_an_hour(
    session: Session, farm: Farm
) -> None:
    say(session, farm, [(0, 1.0), (0.25, 1.0), (3, 0.0)], model="waveshare_relay_8ch")

    assert runs(session, farm, 0, 4) == [(0, 0.75, 1.0), (3, 3.5, 0.0)]


def test_no_value_ends_what_was_known(session: Session, farm: Farm) -> None:
    """Its bridge went offline: the door may be anything since."""
    say(session, farm, [(0, 0.0), (5, None), (8, 1.0)], quantity="door")

    assert runs(session, farm, 0, 9) == [(0, 5, 0.0), (8, 9, 1.0)]
    (door,) = of(session, farm, 0, 9)
    assert (door.known, door.switched_on) == (6 * HOUR, 0)


def test_half_open_is_open_and_says_how_far(session: Session, farm: Farm) -> None:
    say(session, farm, [(0, 0.0), (1, 0.4), (2, 1.0), (3, 0.0)], quantity="vent")

    assert runs(session, farm, 0, 4) == [(0, 1, 0.0), (1, 2, 0.4), (2, 3, 1.0), (3, 4, 0.0)]
    (vent,) = of(session, farm, 0, 4)
    assert (vent.on, vent.switched_on) == (2 * HOUR, 1)


def test_each_piece_of_equipment_is_told_by_itself(session: Session, farm: Farm) -> None:
    """Two pumps that ran an hour each did not run half an hour both."""
    say(session, farm, [(0, 1.0), (1, 0.0)], quantity="pump", device="left")
    say(session, farm, [(0, 0.0)], quantity="pump", device="right")
    say(session, farm, [(0, 1.0)], device="lamps")

    found = of(session, farm, 0, 2)

    assert [(e.quantity, e.device, e.on) for e in found] == [
        ("lamp", "lamps", 2 * HOUR),
        ("pump", "left", HOUR),
        ("pump", "right", timedelta()),
    ]


def test_a_room_that_tells_nothing_has_no_equipment(session: Session, farm: Farm) -> None:
    assert of(session, farm, 0, 24) == []


_SAID = st.dictionaries(
    st.integers(-60, 200), st.sampled_from([0.0, 0.0, 1.0, 1.0, 0.5, None]), max_size=12
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=_SAID, start=st.integers(0, 40), length=st.integers(1, 120))
def test_runs_are_in_order_without_overlap_and_as_a_walk_along_them_says(
    session: Session, farm: Farm, said: dict[int, float | None], start: int, length: int
) -> None:
    end = start + length
    device = f"d{hash((tuple(sorted(said.items(), key=str)), start, length))}"
    say(session, farm, sorted(said.items()), device=device)
    span = Span(farm.room, START + start * HOUR, START + end * HOUR)

    found = next((e.runs for e in states.of_spans(session, [span]) if e.device == device), [])

    for a, b in pairwise(found):
        assert a.end <= b.start
        assert a.end < b.start or a.value != b.value
    for hour in range(start, end):
        at = START + (hour + 0.5) * HOUR
        value = next((r.value for r in found if r.start <= at < r.end), None)
        assert value == _known_at(said, hour + 0.5), hour


def _known_at(said: dict[int, float | None], hour: float) -> float | None:
    """What the last word before that hour says, if it is not older than a day and an hour."""
    before = [h for h in said if h <= hour]
    return said[max(before)] if before and hour < max(before) + 25 else None
