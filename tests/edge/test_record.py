"""First the commit, then the acknowledgement; and a batch is worth its commit."""

import asyncio
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy.exc import OperationalError

from edge.agents.intake import POLLED_BOUND, Intake, Waiting
from edge.agents.patience import HELD_TRIES
from edge.agents.record import Recorded, record
from edge.errors import StoreFailed
from sensors import Reading
from tests.edge.conftest import until
from traceability.readings import Delivery
from traceability.trouble import Trouble

NOON = datetime(2026, 11, 1, 3, tzinfo=UTC)


def delivery(number: int) -> Delivery:
    return Delivery([Reading("s8", "co2", 800.0, NOON + timedelta(seconds=number))])


def sqlite_error(code: int) -> OperationalError:
    """Return an error as the driver raises it."""
    inner = sqlite3.OperationalError("said by SQLite")
    inner.sqlite_errorcode = code
    inner.sqlite_errorname = "SQLITE_BUSY" if code == sqlite3.SQLITE_BUSY else "SQLITE_FULL"
    return OperationalError("INSERT", {}, inner)


class Store:
    """Stands in for the disk: says when a write begins, ends it when told, and can fail."""

    def __init__(self) -> None:
        self.batches: list[list[Delivery]] = []
        self.began = Event()
        self.may_end = Event()
        self.may_end.set()
        self.fails = False

    def append(self, deliveries: Sequence[Delivery]) -> int:
        self.began.set()
        self.may_end.wait(20)
        if self.fails:
            raise OperationalError("INSERT", {}, OSError("disk I/O error"))
        self.batches.append(list(deliveries))
        return len(deliveries)

    @property
    def stored(self) -> list[Delivery]:
        return [item for batch in self.batches for item in batch]


async def test_nobody_hears_of_a_batch_before_it_is_stored() -> None:
    store, intake, told = Store(), Intake(), []
    store.may_end.clear()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(record(intake, store.append, Recorded()))
        intake.offer(Waiting(delivery(0), lambda: told.append(0)))
        await until(store.began.is_set)
        assert told == []

        store.may_end.set()
        await until(lambda: told)
        task.cancel()

    assert store.stored == [delivery(0)]


async def test_after_a_store_error_nothing_is_acknowledged() -> None:
    """A failed fsync may have lost pages that SQLite thinks are safe: stop, let it come again."""
    store, intake, told = Store(), Intake(), []
    store.fails = True
    intake.offer(Waiting(delivery(0), lambda: told.append(0)))

    with pytest.raises(StoreFailed, match="1 readings were not stored"):
        await record(intake, store.append, Recorded())

    assert told == []


async def test_a_database_held_by_another_program_is_waited_for() -> None:
    store, intake, told = Store(), Intake(), []
    held = [sqlite_error(sqlite3.SQLITE_BUSY)] * (HELD_TRIES - 1)

    def append(deliveries: Sequence[Delivery]) -> int:
        if held:
            raise held.pop()
        return store.append(deliveries)

    task = asyncio.create_task(record(intake, append, Recorded()))
    intake.offer(Waiting(delivery(0), lambda: told.append(0)))
    await until(lambda: told)
    task.cancel()

    assert store.stored == [delivery(0)]


async def test_a_database_held_for_ever_ends_the_service() -> None:
    def append(_deliveries: Sequence[Delivery]) -> int:
        raise sqlite_error(sqlite3.SQLITE_BUSY)

    intake, told = Intake(), []
    intake.offer(Waiting(delivery(0), lambda: told.append(0)))
    with pytest.raises(StoreFailed, match="SQLITE_BUSY"):
        await record(intake, append, Recorded())

    assert told == []


async def test_a_full_disk_is_waited_for_however_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is acknowledged meanwhile, and nothing is lost once there is room again."""
    monkeypatch.setattr("edge.agents.patience.ROOM_EVERY_S", 0.0)
    store, intake, told, recorded = Store(), Intake(), [], Recorded()
    refused = 0

    def append(deliveries: Sequence[Delivery]) -> int:
        nonlocal refused
        if refused < 50:
            refused += 1
            assert told == []
            raise sqlite_error(sqlite3.SQLITE_FULL)
        return store.append(deliveries)

    task = asyncio.create_task(record(intake, append, recorded))
    intake.offer(Waiting(delivery(0), lambda: told.append(0)))
    await until(lambda: recorded.patience.trouble is Trouble.FULL)
    await until(lambda: told)
    task.cancel()

    assert recorded.patience.trouble is None
    assert store.stored == [delivery(0)]


async def test_stopping_while_the_disk_is_full_does_not_wait_for_room() -> None:
    def append(_deliveries: Sequence[Delivery]) -> int:
        raise sqlite_error(sqlite3.SQLITE_FULL)

    intake, told, recorded = Intake(), [], Recorded()
    task = asyncio.create_task(record(intake, append, recorded))
    intake.offer(Waiting(delivery(0), lambda: told.append(0)))
    await until(lambda: recorded.patience.trouble is Trouble.FULL)

    task.cancel()
    with pytest.raises(StoreFailed, match="SQLITE_FULL"):
        await task

    assert told == []


async def test_stopping_halfway_through_a_write_loses_nothing() -> None:
    store, intake, told = Store(), Intake(), []
    store.may_end.clear()
    task = asyncio.create_task(record(intake, store.append, Recorded()))
    intake.offer(Waiting(delivery(0), lambda: told.append(0)))
    await until(store.began.is_set)
    intake.offer(Waiting(delivery(1), lambda: told.append(1)))

    task.cancel()
    store.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert set(told) == {0, 1}
    assert store.stored[-1] == delivery(1)


async def test_what_comes_together_is_stored_together() -> None:
    store, intake = Store(), Intake()
    for number in range(200):
        intake.offer(Waiting(delivery(number)))
    task = asyncio.create_task(record(intake, store.append, Recorded()))
    await until(lambda: len(store.stored) == 200)
    task.cancel()

    assert [len(batch) for batch in store.batches] == [200]


async def test_a_sender_that_waits_for_us_is_not_kept_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A broker allowing 20 unacknowledged messages must not get 20 per wait for company."""
    monkeypatch.setattr("edge.agents.intake.LINGER_S", 1.0)
    monkeypatch.setattr("edge.agents.intake.LEARN_EVERY_S", 1000.0)
    store, intake, told = Store(), Intake(), []
    task = asyncio.create_task(record(intake, store.append, Recorded()))
    # Waiting each time would take 100 s.
    async with asyncio.timeout(50):
        for round_ in range(1, 101):
            for number in range(20):
                intake.offer(Waiting(delivery(round_ * 20 + number), lambda: told.append(0)))
            await until(lambda r=round_: len(told) == r * 20)
    task.cancel()


async def test_polling_waits_while_the_store_is_stuck() -> None:
    intake = Intake()
    for number in range(POLLED_BOUND):
        await intake.put(Waiting(delivery(number)))
    late = asyncio.create_task(intake.put(Waiting(delivery(-1))))
    await asyncio.sleep(0)
    assert not late.done()

    intake.drain(1)
    await late

    assert len(intake) == POLLED_BOUND
