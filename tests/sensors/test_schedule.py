"""Fair turns on one bus: a dead device costs its own time, nobody else's."""

import pytest

from sensors.schedule import Schedule

POLL_S = 0.025  # two registers at 9,600 baud
DEAD_S = 0.125  # line time and 100 ms of waiting


def _polls(
    dead: int, *, devices: int = 8, every_s: float = 1.0, run_s: float = 60.0
) -> dict[str, int]:
    """Run a bus of `devices`, the first `dead` of them silent, on simulated time."""
    schedule = Schedule(chance=lambda: 0.5)
    names = [f"probe {n}" for n in range(devices)]
    polls = dict.fromkeys(names, 0)
    now = 1000.0
    end = now + run_s
    for name in names:
        schedule.add(name, every_s=every_s, now=now)
    while now < end:
        device = schedule.due(now)
        if device is None:
            now += schedule.wait_s(now)
            continue
        polls[device] += 1
        if names.index(device) < dead:
            now += DEAD_S
            schedule.failed(device, now)
        else:
            now += POLL_S
            schedule.answered(device, now)
    return polls


@pytest.mark.parametrize("dead", [1, 4])
def test_healthy_devices_keep_95_percent_of_their_polls(dead: int) -> None:
    whole = min(_polls(0).values())
    healthy = [count for name, count in _polls(dead).items() if int(name[6:]) >= dead]

    assert min(healthy) >= 0.95 * whole
    assert whole >= 59


def test_a_saturated_bus_is_shared_evenly() -> None:
    """Eight devices want 20 polls a second each; the line carries 40 in all."""
    counts = _polls(0, every_s=0.05).values()

    assert max(counts) - min(counts) <= 2


def test_a_silent_device_is_asked_after_1_2_4_to_60_seconds() -> None:
    schedule = Schedule(chance=lambda: 0.0)
    schedule.add("a", every_s=5, now=0)

    waits = [schedule.failed("a", now) for now in range(9)]

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert schedule.failures("a") == 9


def test_jitter_only_ever_makes_it_longer() -> None:
    schedule = Schedule(chance=lambda: 1.0)
    schedule.add("a", every_s=5, now=0)

    assert schedule.failed("a", 0) == 1.25


def test_a_device_that_returns_is_back_on_its_own_pace() -> None:
    schedule = Schedule(chance=lambda: 0.0)
    schedule.add("a", every_s=10, now=0)
    for now in (0, 1, 3, 7):
        schedule.failed("a", now)

    schedule.answered("a", 15.1)

    assert schedule.wait_s(15.1) == pytest.approx(4.9)
    assert schedule.failed("a", 20) == 1


def test_missed_slots_are_skipped_not_made_up_for() -> None:
    schedule = Schedule()
    schedule.add("a", every_s=1, now=0)

    schedule.answered("a", 100.5)

    assert schedule.due(100.6) is None
    assert schedule.due(101) == "a"


def test_nobody_is_asked_faster_than_the_model_allows() -> None:
    schedule = Schedule(chance=lambda: 0.0)
    schedule.add("a", every_s=1, no_faster_than_s=2, now=0)
    schedule.answered("a", 0)

    assert schedule.wait_s(0) == 2
    assert schedule.failed("a", 2) == 2


def test_when_the_port_returns_everybody_is_asked_at_once() -> None:
    schedule = Schedule()
    schedule.add("a", every_s=5, now=0)
    for now in range(8):
        schedule.failed("a", now)

    schedule.wake(10)

    assert schedule.due(10) == "a"


def test_an_empty_bus_waits_for_ever() -> None:
    schedule = Schedule()
    schedule.add("a", every_s=5, now=0)
    schedule.remove("a")
    schedule.remove("a")

    assert schedule.due(99) is None
    assert schedule.wait_s(99) == float("inf")


def test_a_pace_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="every_s"):
        Schedule().add("a", every_s=0, now=0)
