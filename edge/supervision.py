"""Tells the service manager that we are ready, how we fare, and that we are not stuck.

The loop that runs this is the one that runs everything: while it stands still, nothing is said,
and that is the point.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from edge.systemd import Notifier

log = logging.getLogger(__name__)

# Looked at without a watchdog, too: the log and the metrics say that something hangs.
EVERY_S = 10.0
# Of the time in which the watchdog wants to hear us: one lost datagram must not matter.
SHARE = 1 / 3
# A broker that is away must not keep the probes on our own wires from counting as started.
READY_S = 10.0


class Supervision:
    """Speaks to the service manager while the service runs."""

    def __init__(
        self,
        notifier: Notifier,
        *,
        status: Callable[[], str] = lambda: "running",
        stuck_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Speak through `notifier`.

        Args:
            status: One line on how we fare.
            stuck_s: How long we have been stuck; 0 feeds the watchdog. [s]
        """
        self._notifier = notifier
        self._status, self._stuck_s = status, stuck_s
        self._is_stuck = False

    async def run(self, started: Callable[[], Awaitable[None]] | None = None) -> None:
        """Say that we are ready once `started` returns (or some seconds later), then feed."""
        if started is not None:
            await self._feeding_meanwhile(started)
        self._notifier.ready(self._status())
        while True:
            self._look()
            self._notifier.status(self._words())
            await asyncio.sleep(self._every_s)

    def began_reload(self) -> None:
        self._notifier.reloading()

    def ended_reload(self) -> None:
        self._notifier.ready(self._words())

    @property
    def _every_s(self) -> float:
        limit_s = self._notifier.watchdog_s
        return EVERY_S if limit_s is None else min(EVERY_S, limit_s * SHARE)

    async def _feeding_meanwhile(self, started: Callable[[], Awaitable[None]]) -> None:
        # The watchdog counts from the start of the process, too.
        self._look()
        try:
            async with asyncio.timeout(READY_S):
                await started()
        except TimeoutError:
            log.info("not everything answers yet; starting goes on without it")

    def _look(self) -> None:
        stuck_s = self._stuck_s()
        if stuck_s == 0:
            self._notifier.feed_watchdog()
        elif not self._is_stuck:
            log.critical(
                "readings wait, the store has not answered for %.0f s: the watchdog is not fed",
                stuck_s,
                extra={"code": "stuck"},
            )
        self._is_stuck = stuck_s > 0

    def _words(self) -> str:
        return f"stuck; {self._status()}" if self._is_stuck else self._status()
