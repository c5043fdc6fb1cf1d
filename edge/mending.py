"""A damaged database put in order when a service starts, and left when one is found while it runs.

No process can replace a file that another has open, so whoever finds it damaged says so in its
lease, every service leaves it, and the first that the service manager starts anew rescues it.
"""

import asyncio
import logging
from pathlib import Path

from sqlalchemy import Engine

from edge.backup.shelf import shelf_of
from edge.settings import Settings
from traceability.errors import DatabaseDamaged
from traceability.sqlite import start
from traceability.sqlite.guard import guard_of
from traceability.sqlite.lease import Lease

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0


def mended(settings: Settings, file: Path) -> Lease:
    """Return the lease of a file that is in order, rescued if it had to be.

    Raises:
        DatabaseUnusable: it cannot be used, and nothing was done to it; says why.
        DatabaseFull: it has to be rescued and there is no room for that.
    """
    lease, done = start.prepared(file)
    if done is not None and done.losses:
        log.error("%s", " ".join(next_step(settings)), extra={"code": "database_losses"})
    return lease


def next_step(settings: Settings) -> list[str]:
    """Say what a person can do about losses: a verified copy may still have what is missing."""
    shelf = shelf_of(settings)
    copies = shelf.copies()
    made_at = shelf.made_at(copies[-1]) if copies else None
    if made_at is None:
        return [f"No copy lies in {shelf.folder}: see minori backup --help"]
    return [
        f"The copy of {made_at:%Y-%m-%d %H:%M} UTC may still have it; to look at it:",
        f"minori restore {copies[-1]} --into FOLDER",
    ]


async def leave_if_damaged(engine: Engine) -> None:
    """Return never, or end with DatabaseDamaged once anybody found the file damaged."""
    guard = guard_of(engine)
    if guard is None:
        return
    while True:
        if guard.is_wrong():
            raise DatabaseDamaged(url=guard.file, cause=guard.doubt or "said another process")
        await asyncio.sleep(LOOK_EVERY_S)
