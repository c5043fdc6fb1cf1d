"""What a driver's error means to whoever wrote: wait, make room, doubt the file, or give up."""

from enum import Enum, auto

from sqlalchemy.exc import DBAPIError, OperationalError

from traceability.errors import DatabaseFull, DatabaseInDoubt

# SQLite's result codes; the low byte is the kind, the rest says more. Source: sqlite.org/rescode.
_BUSY, _LOCKED, _IOERR, _CORRUPT, _FULL, _NOTADB = 5, 6, 10, 11, 13, 26
# Of its I/O errors these two say nothing about the disk: no memory, and another's lock.
_IOERR_NOMEM, _IOERR_BLOCKED = 3082, 2826


class Trouble(Enum):
    """What is the matter with the database."""

    HELD = auto()  # another program writes: it has refused nothing, try again
    FULL = auto()  # no room on the disk; the transaction undid itself
    DOUBT = auto()  # the disk failed us or the file is damaged: believe nothing until verified
    OTHER = auto()  # none of these


def trouble_of(error: BaseException) -> Trouble:
    """Return what a database error means: ours, SQLAlchemy's, or as the driver raised it."""
    if isinstance(error, DatabaseInDoubt):
        return Trouble.DOUBT
    if isinstance(error, DatabaseFull):
        return Trouble.FULL
    code = getattr(_inner(error), "sqlite_errorcode", None)
    if code is None or code in (_IOERR_NOMEM, _IOERR_BLOCKED):
        return Trouble.OTHER
    kind = code & 0xFF
    if kind in (_BUSY, _LOCKED):
        return Trouble.HELD
    if kind == _FULL:
        return Trouble.FULL
    return Trouble.DOUBT if kind in (_IOERR, _CORRUPT, _NOTADB) else Trouble.OTHER


def will_pass(error: BaseException) -> bool:
    """Return whether the same may go well later: held, full, in doubt, or a server gone away."""
    return isinstance(error, OperationalError) or trouble_of(error) is not Trouble.OTHER


def name_of(error: BaseException) -> str:
    """Return the error in the driver's words, with SQLite's own name for it where there is one."""
    inner = _inner(error)
    name = getattr(inner, "sqlite_errorname", "")
    said = str(inner).strip().splitlines()[0] if str(inner).strip() else type(inner).__name__
    return f"{said}, {name}" if name else said


def _inner(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, DBAPIError) and error.orig else error
