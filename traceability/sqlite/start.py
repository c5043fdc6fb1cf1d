"""A SQLite file brought into a state to work with, before anybody works with it."""

import logging
import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, event

from traceability.errors import DatabaseUnusable
from traceability.sqlite import losses, outline, rescue, wal
from traceability.sqlite.examine import Findings, examine
from traceability.sqlite.guard import guard_of
from traceability.sqlite.lease import End, Lease
from traceability.sqlite.rescue import Rescued

log = logging.getLogger(__name__)

# After a power cut every page is looked at for so long: 200 MB of a slow card, 1 GB of a disk.
# A larger file starts with part of it looked at, and the rest is told by `minori db check`.
CHECK_S = 5.0
# Whoever starts beside a rescue waits so long for it: a card reads and writes 2 GB in that time.
RESCUE_S = 600.0
AGAIN_S = 3.0


def prepared(file: Path) -> tuple[Lease, Rescued | None]:
    """Return the lease of a file that can be used: looked at, and rescued if it has to be.

    Of several that start at once the first does that, and the others wait for it.

    Raises:
        DatabaseUnusable: it cannot be used, and nothing was done to it; says why.
        DatabaseTooNew: a newer Minori wrote it; nothing was done to it.
        DatabaseFull: it has to be rescued and there is no room for that.
    """
    lease, done = Lease(file, patience_s=RESCUE_S), list[Rescued | None]()
    lease.take(first=lambda end: done.append(_put_in_order(file, end)))
    if not done or done[0] is None:
        return lease, None
    log.error(
        "%s was set aside as %s; rows in the new one: %d; losses: %d (see: minori db losses)",
        file, done[0].aside.name, done[0].rows, done[0].losses,
        extra={"code": "database_rescued"},
    )  # fmt: skip
    return lease, done[0]


def put_in_order(file: Path) -> Rescued | None:
    """Look at every page of a file, however long that takes, and rescue it if one is wrong.

    Returns what was done; None where nothing had to be.

    Raises:
        DatabaseUnusable: others have it open, or it cannot be used; nothing was done to it.
        DatabaseFull: there is no room for a second one.
    """
    lease, done = Lease(file), list[Rescued | None]()
    lease.take(first=lambda _: done.append(_put_in_order(file, End.DAMAGED)))
    lease.give_back()
    if not done:
        raise DatabaseUnusable(
            url=file,
            cause="it may have to be replaced, and another process has it open",
            next_step="stop every minori service and command, then try again",
        )
    return done[0]


def hold(engine: Engine, lease: Lease) -> None:
    """Hold the lease for as long as the engine may have the file open, and note where tables are.

    An engine that is disposed of gives it back, and takes it again should it be used again.
    """
    with suppress(sqlite3.Error):  # who may only read keeps the outline there is
        outline.keep(lease.file)
    event.listen(engine, "connect", lambda *_: lease.take())
    event.listen(engine, "engine_disposed", lambda _: lease.give_back())
    guard = guard_of(engine)
    if guard is not None:
        guard.when_wrong = lease.say_damaged
        guard.is_wrong = lambda: lease.is_damaged


def refuse_vanished(file: Path) -> None:
    """Raise if a database was here and is gone: a new, empty one would be taken for it."""
    if rescue.is_interrupted(file):
        raise DatabaseUnusable(
            url=file,
            cause="a damaged file was being replaced, and that was interrupted",
            next_step="run: minori db rescue (a service completes it when it starts)",
        )
    known = outline.outline_of(file)
    if known.exists() and not file.exists():
        raise DatabaseUnusable(
            url=file,
            cause=f"the file is gone, though {known.name} says that it was here",
            next_step=f"is its disk mounted? restore a backup, or remove {known} to begin anew",
        )


def _put_in_order(file: Path, last_end: End) -> Rescued | None:
    rescue.finish(file)
    refuse_vanished(file)
    if not file.exists() or _was_never_filled(file):
        return None
    findings = _looked_at(file, last_end)
    done = None
    if findings.fault:
        if not rescue.is_ours(file):
            raise _not_ours(file, findings.fault)
        done = rescue.rescue(file, cause=findings.fault)
    _tell(file, findings, done)
    return done


def _was_never_filled(file: Path) -> bool:
    """Whether it is what a first start leaves that was cut off in its first second."""
    return file.stat().st_size == 0 and not rescue.is_ours(file)


def _looked_at(file: Path, last_end: End) -> Findings:
    limit_s = {End.CUT: CHECK_S, End.DAMAGED: None}.get(last_end, 0.0)
    aside = f".broken-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    started = time.monotonic()
    findings = examine(file, limit_s=limit_s, aside=aside)
    if "IOERR" in findings.fault:
        # A disk that was just plugged in or reset answers at the second try.
        time.sleep(AGAIN_S)
        findings = examine(file, limit_s=limit_s, aside=aside)
    if last_end is End.CUT:
        checked = "every page looked at" if findings.is_checked else "opened, part looked at"
        log.info("%s after a power cut: %s, in %.1f s", file, checked, time.monotonic() - started)
    return findings


def _tell(file: Path, findings: Findings, done: Rescued | None) -> None:
    if findings.lost_transactions:
        kept = findings.kept_log or (wal.beside(done.aside) if done else wal.beside(file))
        log.error(
            "%s: its log was torn before the end, %d transactions are lost; kept as %s",
            file, findings.lost_transactions, kept.name,
            extra={"code": "log_torn"},
        )  # fmt: skip
        losses.record_torn(file, findings.lost_transactions, kept=kept.name)
    elif findings.cut_frames:
        log.info(
            "%s: %d pages of an unfinished transaction at the end of its log were cut; "
            "nothing in them was acknowledged",
            file, findings.cut_frames,
        )  # fmt: skip


def _not_ours(file: Path, fault: str) -> DatabaseUnusable:
    return DatabaseUnusable(
        url=file,
        cause=fault,
        next_step="check [database] url: nothing beside this file says that Minori made it",
    )
