"""A batch the store did not take is tried again for as long as there is something to wait for.

Nothing was acknowledged meanwhile, so whoever sent it keeps it. Another program's lock ends, a full
disk is cleared, a disk that failed once is verified (`traceability.sqlite.guard`); anything else
ends the service, which its manager starts anew.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from edge.errors import StoreFailed
from traceability.errors import TraceabilityError
from traceability.trouble import Trouble, name_of, trouble_of

log = logging.getLogger(__name__)

# A restore or a long import may hold the database for a minute (each try waits its ten seconds);
# who holds it longer hangs.
HELD_TRIES = 6
# At once, then after 2, 4, 8, 16 and 30 s: an adapter that was reset is back by then.
DOUBT_TRIES = 6
LONGEST_S = 30.0
# A disk may be full until a person comes; looking costs nothing.
ROOM_EVERY_S = 2.0

_WORDS = {
    Trouble.HELD: "the database is held by another program",
    Trouble.FULL: "the disk is full",
    Trouble.DOUBT: "the disk failed",
}


class Patience:
    """What the recorder waits for right now: `trouble` is None while the store takes everything."""

    def __init__(self) -> None:
        self.trouble: Trouble | None = None

    async def until_stored(
        self, write: Callable[[], Awaitable[int]], *, readings: int, is_stopping: bool = False
    ) -> int:
        """Call `write` until it ends well; return its new rows.

        Args:
            readings: How many the batch has, for the words of a failure.
            is_stopping: What does not go at the second try is left to be sent again.

        Raises:
            StoreFailed: waiting helps no more; nothing of the batch may be acknowledged.
        """
        tries: Counter[Trouble] = Counter()
        while True:
            try:
                rows = await write()
            except (SQLAlchemyError, TraceabilityError, OSError) as error:
                trouble = trouble_of(error)
                tries[trouble] += 1
                wait_s = _wait_s(trouble, tries[trouble], is_stopping=is_stopping)
                if wait_s is None:
                    raise StoreFailed(readings=readings, cause=name_of(error)) from error
                self._say(trouble, error)
                await asyncio.sleep(wait_s)
            else:
                self._say_over()
                return rows

    def _say(self, trouble: Trouble, error: Exception) -> None:
        if trouble is not self.trouble:
            said = "%s (%s); readings wait and are not acknowledged"
            code = {"code": f"store_{trouble.name.lower()}"}
            log.warning(said, _WORDS[trouble], name_of(error), extra=code)
        self.trouble = trouble

    def _say_over(self) -> None:
        if self.trouble is not None:
            log.warning("the store takes readings again")
        self.trouble = None


def _wait_s(trouble: Trouble, tries: int, *, is_stopping: bool) -> float | None:
    if trouble is Trouble.HELD:
        return 0.0 if tries < HELD_TRIES else None
    if trouble is Trouble.OTHER or (is_stopping and tries > 1):
        return None
    if trouble is Trouble.FULL:
        return 0.0 if is_stopping else ROOM_EVERY_S
    if tries >= DOUBT_TRIES:
        return None
    return 0.0 if tries == 1 else min(LONGEST_S, 2.0 ** (tries - 1))
