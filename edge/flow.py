"""Whether what comes in gets on: what the watchdog is fed for (docs/adr/0020).

Stuck means: readings wait, and the store has given no answer for a minute, neither a commit nor an
error. A probe that says nothing is not our hang, and starting anew would not make it speak; a disk
that is full, held or being verified gives answers, and is waited for. So both are fed.
"""

import time
from collections.abc import Callable, Iterator

from edge.agents.intake import Intake
from edge.agents.record import Recorded
from edge.metrics import Metric, gauge
from traceability.sqlite.guard import VERIFY_LIMIT_S

# Six times the longest that a try waits for another program's lock.
STUCK_S = 60.0


class Flow:
    """Looks now and then: is something waiting, and did anything move since the last look."""

    def __init__(
        self,
        intake: Intake,
        recorded: Recorded,
        *,
        is_verifying: Callable[[], bool] = lambda: False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Watch the way from the intake to the store.

        Args:
            is_verifying: Whether the database file is being read whole, which takes minutes.
        """
        self._intake, self._recorded = intake, recorded
        self._is_verifying = is_verifying
        self._monotonic = monotonic
        self._answers = recorded.answers
        self._moved_at = monotonic()

    def stuck_s(self) -> float:
        """Return how long nothing has moved though something waits; 0 where all is well. [s]"""
        now = self._monotonic()
        is_waiting = len(self._intake) > 0 or self._recorded.in_hand > 0
        if not is_waiting or self._recorded.answers != self._answers:
            self._moved_at, self._answers = now, self._recorded.answers
        limit_s = STUCK_S + (VERIFY_LIMIT_S if self._is_verifying() else 0)
        waited_s = now - self._moved_at
        return waited_s if waited_s > limit_s else 0.0

    def metrics(self) -> Iterator[Metric]:
        yield gauge(
            "minori_stuck_seconds",
            "How long the store has given no answer though readings wait; 0 while all is well.",
            self.stuck_s(),
        )
