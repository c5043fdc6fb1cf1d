"""Whether our own wall clock may be believed, and which boot this is.

It may not before a time server was heard, nor for a minute after it jumped: a jump says that one
of the two times was wrong, and a second one may follow. The monotonic clock does not jump.
"""

from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from edge.clock import Clock
from sensors import to_ms

# A machine without a battery clock starts in 1970, or where it was last switched off.
NEVER_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
# systemd-timesyncd, the time service of Debian and Raspberry Pi OS, makes the folder when it
# starts and the file in it once it has heard a server. Source: systemd-timesyncd.service(8).
TIMESYNC = Path("/run/systemd/timesync")
# A time service slews smaller errors than this; what moves faster was set.
JUMP = timedelta(seconds=2)
# The two clocks cannot be read at the same instant: a difference that wavers by less than this is
# not followed, or two readings a millisecond apart would fall together, or one said twice apart.
WAVER = timedelta(milliseconds=50)
# A clock that is set back and forth within one batch: a reading of each of those times is known.
KNOWN_OFFSETS = 8
# The two clocks are read anew where more than this passed in between, but not for ever. [s]
AT_ONCE_S = 0.002
TRIES = 10
# A clock that stood still for so long after a jump is the right one. [s]
SETTLED_S = 60.0
# What a reading may be older than its batch and still be of our own clock.
OURS = timedelta(minutes=1)


def is_clock_set(now: datetime, folder: Path = TIMESYNC) -> bool:
    """Whether the wall clock may be believed.

    Where another time service runs (chrony, ntpd, a container's host) only a clock that is
    plainly wrong is noticed.
    """
    if now < NEVER_BEFORE:
        return False
    return not folder.is_dir() or (folder / "synchronized").exists()


def read_both(clock: Clock) -> tuple[datetime, float]:
    """Return what both clocks say at one instant, as nearly as a busy machine allows."""
    for _ in range(TRIES):
        before_s, now, after_s = clock.monotonic(), clock.now(), clock.monotonic()
        if after_s - before_s <= AT_ONCE_S:
            break
    return now, after_s


class Timekeeping:
    """Compares the two clocks each time it is asked; used from any thread."""

    def __init__(self) -> None:
        # What the wall clock was ahead of the other one: now, and before each of the last jumps.
        self._offsets: deque[timedelta] = deque(maxlen=KNOWN_OFFSETS)
        self._jumped_at: float | None = None
        self._looking = Lock()
        self.jumps = 0

    def look(self, now: datetime, monotonic_s: float) -> None:
        """Note both clocks; says later whether they moved apart."""
        # In whole milliseconds, so that a reading gets the one back that it would have had at once.
        offset = timedelta(milliseconds=to_ms(now) - round(monotonic_s * 1000))
        with self._looking:
            moved = abs(offset - self._offsets[0]) if self._offsets else timedelta()
            if moved > JUMP:
                # Set back to where it was, it is the clock that we know.
                near = (known for known in self._offsets if abs(offset - known) <= WAVER)
                self._offsets.appendleft(next(near, offset))
                self._jumped_at = monotonic_s
                self.jumps += 1
            elif not self._offsets:
                self._offsets.append(offset)
            elif moved > WAVER:
                self._offsets[0] = offset

    def is_settled(self, monotonic_s: float) -> bool:
        """Whether the wall clock has not jumped lately."""
        return self._jumped_at is None or monotonic_s - self._jumped_at >= SETTLED_S

    def began(self) -> datetime:
        """Return when this boot began, by the wall clock as it is now."""
        return datetime.fromtimestamp(0, UTC) + self._offsets[0]

    def since_boot_ms(self, at: datetime, monotonic_s: float) -> int | None:
        """Return when a reading of our own clock was taken, in ms of the boot; None: the time is
        not of our clock, as it is or as it was before the last jumps."""
        with self._looking:
            offsets = tuple(self._offsets)
        for offset in offsets:
            taken = at - datetime.fromtimestamp(0, UTC) - offset
            age = timedelta(seconds=monotonic_s) - taken
            if -JUMP <= age <= OURS:
                return to_ms(at) - offset // timedelta(milliseconds=1)
        return None
