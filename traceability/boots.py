"""Which start of this machine it is: a name that no other start ever had."""

from functools import cache
from pathlib import Path
from uuid import uuid4

# Linux makes a random name at each start. Source: random(4).
KERNEL = Path("/proc/sys/kernel/random/boot_id")


@cache
def boot_id() -> str:
    """Return the name of this boot; without a kernel that has one, of this process."""
    try:
        return KERNEL.read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid4())
