"""Wrong passwords are counted by address and by name, so that guessing is slow either way."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from api.errors import TooManyAttempts

WINDOW = timedelta(minutes=5)
ALLOWED = 8
# So many keys are remembered at most: a flood of made-up names must not fill the memory.
_REMEMBERED = 10_000


@dataclass(slots=True)
class Attempts:
    """Failures of the last minutes, per key."""

    _failed: OrderedDict[str, deque[datetime]] = field(default_factory=OrderedDict)

    def refuse_if_too_many(self, *keys: str, now: datetime) -> None:
        """Raise TooManyAttempts while any key has failed too often lately."""
        for key in keys:
            failed = self._recent(key, now)
            if len(failed) >= ALLOWED:
                wait = failed[0] + WINDOW - now
                raise TooManyAttempts(retry_after_s=max(1, round(wait.total_seconds())))

    def failed(self, *keys: str, now: datetime) -> None:
        for key in keys:
            self._failed.setdefault(key, deque(maxlen=ALLOWED)).append(now)
            self._failed.move_to_end(key)
        while len(self._failed) > _REMEMBERED:
            self._failed.popitem(last=False)

    def succeeded(self, *keys: str) -> None:
        for key in keys:
            self._failed.pop(key, None)

    def _recent(self, key: str, now: datetime) -> deque[datetime]:
        failed = self._failed.get(key, deque())
        while failed and failed[0] <= now - WINDOW:
            failed.popleft()
        return failed
