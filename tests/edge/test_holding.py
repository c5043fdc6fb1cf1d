"""Two clocks: what was taken under a clock nobody trusts waits, and comes in once, in its order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.agents.holding import Holding
from edge.timekeeping import SETTLED_S, Timekeeping
from sensors import Reading
from tests.edge.stores import new_store, stored
from traceability import held
from traceability.readings import Delivery, Recorder

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)


class TwoClocks:
    """A wall clock that somebody sets, and one that only goes on."""

    def __init__(self, wall: datetime, monotonic_s: float = 100.0) -> None:
        self.wall, self.monotonic_s = wall, monotonic_s

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.monotonic_s

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError

    def go(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.monotonic_s += seconds

    def set(self, wall: datetime) -> None:
        self.wall = wall


class Machine:
    """One boot of a machine on one database."""

    def __init__(self, folder: Path, clock: TwoClocks, boot: str = "boot-1") -> None:
        self.engine, site_id = new_store(folder)
        self.clock, self.is_set = clock, False
        self.holding = Holding(
            Recorder(self.engine, site_id).append,
            self.engine,
            clock,
            boot=boot,
            is_clock_set=lambda _now: self.is_set,
        )

    def read(self, *values: float, at: datetime | None = None) -> None:
        for value in values:
            reading = Reading("p", "co2", value, at or self.clock.now())
            self.holding.append([Delivery([reading])])

    def waiting(self) -> Sequence[held.Boot]:
        with self.engine.connect() as connection:
            return held.waiting(connection)

    def values(self) -> list[tuple[datetime, float | None]]:
        rows = stored(self.engine)
        return [(datetime.fromtimestamp(row[3] / 1000, UTC), row[4]) for row in rows]


def test_before_the_clock_is_set_readings_wait_and_then_get_their_true_time(
    tmp_path: Path,
) -> None:
    machine = Machine(tmp_path, TwoClocks(BEGIN))
    machine.read(1.0)
    machine.clock.go(10)
    machine.read(2.0)
    assert machine.values() == []
    assert machine.waiting()[0].readings == 2

    machine.clock.set(NOW)  # a time server was heard
    machine.is_set = True
    machine.clock.go(1)
    machine.read(3.0)
    machine.clock.go(SETTLED_S)
    machine.read(4.0)

    times = [at for at, _ in machine.values()]
    assert [value for _, value in machine.values()] == [1.0, 2.0, 3.0, 4.0]
    assert times == [NOW - timedelta(seconds=s) for s in (10, 0)] + [
        NOW + timedelta(seconds=s) for s in (1, 1 + SETTLED_S)
    ]
    assert machine.waiting() == []


@pytest.mark.parametrize("jump", [YEAR, -YEAR])
def test_a_jump_of_a_year_reorders_drops_and_doubles_nothing(
    tmp_path: Path, jump: timedelta
) -> None:
    """The clock is set wrong for a moment and back again, as by a bad time server."""
    machine = Machine(tmp_path, TwoClocks(NOW))
    machine.is_set = True
    taken = []

    def read(value: float) -> None:
        taken.append(value)
        machine.read(value)
        machine.clock.go(1)

    for value in (1.0, 2.0):
        read(value)
    machine.clock.set(machine.clock.wall + jump)
    for value in (3.0, 4.0):
        read(value)
    machine.clock.set(machine.clock.wall - jump)
    read(5.0)
    machine.clock.go(SETTLED_S)
    read(6.0)

    assert [value for _, value in machine.values()] == taken
    assert [at - NOW for at, _ in machine.values()] == [
        timedelta(seconds=s) for s in (0, 1, 2, 3, 4, 5 + SETTLED_S)
    ]


def test_two_boots_in_1970_never_meet(tmp_path: Path) -> None:
    """Same values at the same time of two boots, each without a network."""
    first = Machine(tmp_path, TwoClocks(BEGIN), boot="one")
    first.read(7.0)
    first.engine.dispose()
    second = Machine(tmp_path, TwoClocks(BEGIN), boot="two")
    second.read(7.0)
    second.clock.set(NOW)
    second.is_set = True
    second.clock.go(1)
    second.read(8.0)
    second.clock.go(SETTLED_S)
    second.read(9.0)

    assert [value for _, value in second.values()] == [7.0, 8.0, 9.0]
    (left,) = second.waiting()
    assert (left.boot, left.readings) == ("one", 1)

    held.release(second.engine, "one", began=NOW - timedelta(days=1))
    assert [value for _, value in second.values()] == [7.0, 7.0, 8.0, 9.0]
    assert second.waiting() == []


def test_a_time_of_its_own_is_none_of_our_clocks_business(tmp_path: Path) -> None:
    machine = Machine(tmp_path, TwoClocks(BEGIN))

    machine.read(5.0, at=NOW)

    assert machine.values() == [(NOW, 5.0)]


def test_said_twice_it_waits_once(tmp_path: Path) -> None:
    """A batch is written again where nobody knows whether it landed."""
    machine = Machine(tmp_path, TwoClocks(BEGIN))
    machine.read(1.0)
    machine.read(1.0)

    assert machine.waiting()[0].readings == 1


def test_an_agent_started_again_in_the_same_boot_goes_on_where_it_was(tmp_path: Path) -> None:
    clock = TwoClocks(BEGIN)
    Machine(tmp_path, clock).read(1.0)
    clock.go(5)
    clock.set(NOW)

    again = Machine(tmp_path, clock)
    again.is_set = True
    again.read(2.0)

    assert again.values() == [(NOW - timedelta(seconds=5), 1.0), (NOW, 2.0)]


def test_readings_a_millisecond_apart_stay_apart_though_the_clocks_are_read_one_after_another(
    tmp_path: Path,
) -> None:
    """On a busy machine some milliseconds pass between the two looks, each time another number."""
    machine = Machine(tmp_path, TwoClocks(BEGIN + timedelta(microseconds=500)))
    first = machine.clock.wall - timedelta(microseconds=500)
    for number in range(20):
        machine.clock.monotonic_s = 100.0 + number % 4 / 1000
        machine.read(float(number), at=first + timedelta(milliseconds=number))

    assert machine.waiting()[0].readings == 20


@pytest.mark.parametrize("jump", [YEAR, -YEAR])
def test_a_clock_that_was_wrong_between_two_looks_only_is_known_by_who_saw_it(
    tmp_path: Path, jump: timedelta
) -> None:
    """Set and set back while a batch was written: what came between has the wrong time, and
    whoever timed it told of it."""
    machine = Machine(tmp_path, TwoClocks(NOW))
    machine.is_set = True
    machine.read(1.0)
    machine.clock.go(1)
    wrong = machine.clock.wall + jump
    for seen in (wrong, wrong + jump):
        machine.holding.keeping.look(seen, machine.clock.monotonic_s)
    machine.clock.go(1)
    machine.read(2.0, at=wrong)
    machine.clock.go(SETTLED_S)
    machine.read(3.0)

    assert [at - NOW for at, _ in machine.values()] == [
        timedelta(seconds=s) for s in (0, 1, 2 + SETTLED_S)
    ]


def test_what_a_time_server_slews_is_no_jump() -> None:
    keeping = Timekeeping()
    for second in range(100):
        drift = timedelta(milliseconds=second)
        keeping.look(NOW + timedelta(seconds=second) + drift, float(second))

    assert keeping.jumps == 0
    assert keeping.is_settled(100.0)


@pytest.mark.parametrize("fraction_us", range(0, 1000, 100))
def test_of_two_a_millisecond_apart_the_one_before_a_jump_does_not_swallow_the_one_after(
    tmp_path: Path, fraction_us: int
) -> None:
    """The first is stored at once, the second waits: both times must be rounded alike."""
    wall = NOW + timedelta(microseconds=fraction_us)
    machine = Machine(tmp_path, TwoClocks(wall, monotonic_s=100.00051))
    machine.is_set = True
    machine.read(1.0)
    machine.clock.set(wall + YEAR)
    machine.holding.append([])
    machine.clock.set(wall)
    machine.holding.append([])
    machine.read(2.0, at=wall + timedelta(milliseconds=1))
    machine.clock.go(SETTLED_S + 1)
    machine.read(3.0)

    assert [value for _, value in machine.values()] == [1.0, 2.0, 3.0]
