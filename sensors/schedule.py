"""Who is asked next on one bus: fair pacing, and a back-off for each device that stays silent.

Pure: the clock (monotonic seconds) is handed in, and nothing here waits. The loop of a bus is

    while True:
        device = schedule.due(now())
        if device is None:
            await sleep(schedule.wait_s(now()))
            continue
        try:
            readings = await probes[device].read()
        except DeviceRefused:           # alive: it keeps its pace
            schedule.answered(device, now())
        except SensorError:
            schedule.failed(device, now())
        else:
            schedule.answered(device, now())

A silent device is asked again after 1, 2, 4 … 60 s, so it costs the bus one time limit per step
and its neighbours keep their pace. Slots that a busy bus has missed are skipped, not made up for.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 60.0
# Up to so much longer, by chance: devices that died together must not return together.
JITTER = 0.25


@dataclass(slots=True)
class _Turn:
    every_s: float
    no_faster_than_s: float
    slot_at: float  # the slot of the device's own pace that comes next
    next_at: float  # when it is asked: the slot, or the end of its back-off
    failures: int = 0


class Schedule:
    """The turns of all devices on one bus.

    Args:
        chance: 0 to 1, for the jitter; a test hands in its own.
    """

    def __init__(self, *, chance: Callable[[], float] = random.random) -> None:
        self._turns: dict[str, _Turn] = {}
        self._chance = chance

    def add(
        self, device: str, *, every_s: float, now: float, no_faster_than_s: float = 0.0
    ) -> None:
        """Ask `device` now and then each `every_s`, but never faster than its profile allows."""
        every_s = max(every_s, no_faster_than_s)
        if every_s <= 0:
            raise ValueError(f"{device}: every_s must be above 0, not {every_s}")
        self._turns[device] = _Turn(every_s, no_faster_than_s, now, now)

    def remove(self, device: str) -> None:
        """Forget a device; one that is not there is no error."""
        self._turns.pop(device, None)

    def due(self, now: float) -> str | None:
        """Return the device that has waited longest for its turn, or None."""
        device = self._first()
        return device if device is not None and self._turns[device].next_at <= now else None

    def wait_s(self, now: float) -> float:
        """How long nobody is due; infinite without devices. [s]"""
        device = self._first()
        return float("inf") if device is None else max(0.0, self._turns[device].next_at - now)

    def answered(self, device: str, now: float) -> None:
        """The device is alive: next time at its own pace."""
        turn = self._turns[device]
        turn.failures = 0
        self._pass_slots(turn, now)
        turn.next_at = turn.slot_at

    def failed(self, device: str, now: float) -> float:
        """The device was silent or not to be understood; return when it is asked again. [s]"""
        turn = self._turns[device]
        # 2^7 is beyond the longest retry; a device may be dead for years.
        step_s = FIRST_RETRY_S * 2 ** min(turn.failures, 7)
        turn.failures += 1
        delay_s = min(step_s, LONGEST_RETRY_S) * (1 + JITTER * self._chance())
        self._pass_slots(turn, now)
        turn.next_at = now + max(delay_s, turn.no_faster_than_s)
        return turn.next_at - now

    def failures(self, device: str) -> int:
        """How often in a row the device has not answered."""
        return self._turns[device].failures

    def wake(self, now: float) -> None:
        """Ask everybody now: the port has come back, so old silences mean nothing."""
        for turn in self._turns.values():
            turn.failures, turn.next_at = 0, min(turn.next_at, now)

    def _first(self) -> str | None:
        return min(self._turns, key=lambda name: self._turns[name].next_at, default=None)

    @staticmethod
    def _pass_slots(turn: _Turn, now: float) -> None:
        if turn.slot_at <= now:
            turn.slot_at += ((now - turn.slot_at) // turn.every_s + 1) * turn.every_s
