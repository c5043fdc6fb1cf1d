"""Whether our own wall clock may be believed, and which boot this is.

It may not before a time server was heard, nor for a minute after it jumped: a jump says that one
of the two times was wrong, and a second one may follow. The monotonic clock does not jump.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

# A machine without a battery clock starts in 1970, or where it was last switched off.
NEVER_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
# systemd-timesyncd, the time service of Debian and Raspberry Pi OS, makes the folder when it
# starts and the file in it once it has heard a server. Source: systemd-timesyncd.service(8).
TIMESYNC = Path("/run/systemd/timesync")
# A time service slews smaller errors than this; what moves faster was set.
JUMP = timedelta(seconds=2)
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


class Timekeeping:
    """Compares the two clocks each time it is asked; used from one thread."""

    def __init__(self) -> None:
        self._offset: timedelta | None = None
        self._before: timedelta | None = None  # the offset until the last jump
        self._jumped_at: float | None = None
        self.jumps = 0

    def look(self, now: datetime, monotonic_s: float) -> None:
        """Note both clocks; says later whether they moved apart."""
        offset = now - datetime.fromtimestamp(0, UTC) - timedelta(seconds=monotonic_s)
        if self._offset is not None and abs(offset - self._offset) > JUMP:
            self._before, self._jumped_at = self._offset, monotonic_s
            self.jumps += 1
        self._offset = offset

    def is_settled(self, monotonic_s: float) -> bool:
        """Whether the wall clock has not jumped lately."""
        return self._jumped_at is None or monotonic_s - self._jumped_at >= SETTLED_S

    def began(self) -> datetime:
        """Return when this boot began, by the wall clock as it is now."""
        assert self._offset is not None
        return datetime.fromtimestamp(0, UTC) + self._offset

    def since_boot_ms(self, at: datetime, monotonic_s: float) -> int | None:
        """Return when a reading of our own clock was taken, in ms of the boot; None: the time is
        not of our clock, as it is or as it was before the last jump."""
        for offset in (self._offset, self._before):
            if offset is None:
                continue
            taken = at - datetime.fromtimestamp(0, UTC) - offset
            age = timedelta(seconds=monotonic_s) - taken
            if -JUMP <= age <= OURS:
                return round(taken / timedelta(milliseconds=1))
        return None
