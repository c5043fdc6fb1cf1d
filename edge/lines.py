"""The ports in use: a task each, which can be made anew without touching its neighbours."""

import asyncio
from collections.abc import Iterable, Sequence

from edge.agents.intake import Intake
from edge.agents.poll import Health, Leave, poll
from edge.clock import Clock
from edge.wiring import WiredPort


class Lines:
    """Polls ports as tasks of one group."""

    def __init__(
        self, tasks: asyncio.TaskGroup, intake: Intake, clock: Clock, health: Health
    ) -> None:
        self._tasks = tasks
        self._intake, self._clock, self._health = intake, clock, health
        self._running: dict[str, tuple[WiredPort, Leave, asyncio.Task[None]]] = {}

    def start(self, wired: Iterable[WiredPort]) -> None:
        for port in wired:
            leave = Leave()
            asking = poll(port, self._intake, self._clock, self._health, leave)
            task = self._tasks.create_task(asking, name=f"poll {port.name}")
            self._running[port.name] = (port, leave, task)

    async def change(self, names: Iterable[str], wired: Sequence[WiredPort]) -> None:
        """Ask the ports of these names as `wired` says from now on; those not in it, no more.

        A line has one owner: the old task gives its port back before the new one takes it.
        """
        ending = [self._running.pop(name) for name in names if name in self._running]
        for _, leave, _ in ending:
            leave.ask()
        if ending:
            await asyncio.wait([task for _, _, task in ending])
        before = {polled.probe.device for port, _, _ in ending for polled in port.polled}
        after = {polled.probe.device for port in wired for polled in port.polled}
        for device in before - after:
            self._health.pop(device, None)
        self.start(wired)
