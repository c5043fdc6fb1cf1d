"""The simulated rooms: the same for one seed, and like rooms."""

from datetime import UTC, datetime, timedelta

import pytest

from sensors.quantities import QUANTITIES
from sensors.simulator import RoomModel

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = ["plant_factory", "greenhouse"]


def _days(kind: str, days: int, *, seed: int = 7, start: datetime = NEW_YEAR, minutes: int = 15):
    room = RoomModel(kind, seed, start=start)
    steps = days * 24 * 60 // minutes
    return [room.step(start + timedelta(minutes=minutes * n)) for n in range(1, steps + 1)]


@pytest.mark.parametrize("kind", KINDS)
def test_one_seed_gives_one_past(kind) -> None:
    assert _days(kind, 3) == _days(kind, 3)
    assert _days(kind, 3) != _days(kind, 3, seed=8)


@pytest.mark.parametrize("kind", KINDS)
def test_a_year_stays_believable(kind) -> None:
    for state in _days(kind, 365, minutes=60):
        for name, value in state.values().items():
            assert QUANTITIES[name].low <= value <= QUANTITIES[name].high, (name, state.at)


@pytest.mark.parametrize("kind", KINDS)
def test_a_finer_step_gives_nearly_the_same_room(kind) -> None:
    """History is laid down by quarters of an hour, the live room by seconds."""
    coarse, fine = _days(kind, 2)[-1], _days(kind, 2, minutes=1)[-1]

    assert coarse.air_temperature_c == pytest.approx(fine.air_temperature_c, abs=1.5)
    assert coarse.relative_humidity_pct == pytest.approx(fine.relative_humidity_pct, abs=6)


def test_lamps_burn_sixteen_hours_and_give_a_lettuce_its_light() -> None:
    day = _days("plant_factory", 1)

    lit = [state for state in day if state.ppfd > 0]

    assert len(lit) == 64
    assert sum(state.ppfd * 900 for state in day) / 1e6 == pytest.approx(13.2, abs=0.3)


def test_a_crop_breathes_in_by_day_and_out_by_night() -> None:
    for kind in KINDS:
        day = _days(kind, 20)
        lit = [state.co2_ppm for state in day if state.ppfd > 10]
        dark = [state.co2_ppm for state in day if state.ppfd == 0]
        assert sum(lit) / len(lit) < sum(dark) / len(dark) - 50


def test_winter_in_aizu_freezes_outside_and_not_inside() -> None:
    states = _days("greenhouse", 30)

    assert min(state.outside_temperature_c for state in states) < 0
    assert min(state.air_temperature_c for state in states) > 5


def test_summer_has_more_light_than_winter() -> None:
    winter = sum(state.ppfd for state in _days("greenhouse", 20))
    summer = sum(
        state.ppfd for state in _days("greenhouse", 20, start=NEW_YEAR + timedelta(days=180))
    )

    assert summer > 1.7 * winter


def test_a_room_has_no_way_back() -> None:
    room = RoomModel("greenhouse", 1, start=NEW_YEAR)

    with pytest.raises(ValueError, match="further"):
        room.step(NEW_YEAR - timedelta(seconds=1))
