"""How large the store is: the file, and the log that is not yet copied into it."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from edge.metrics import Metric, gauge
from traceability.database import reading_session
from traceability.sqlite import losses, wal
from traceability.state import free_bytes


class StoreMetrics:
    """Numbers of a SQLite file; a server tells its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        parts = engine.url
        is_file = parts.get_backend_name() == "sqlite" and parts.database
        self._file = Path(str(parts.database)) if is_file else None

    def __call__(self) -> Iterator[Metric]:
        if self._file is None:
            return
        yield gauge("minori_database_bytes", "Size of the database file.", _size(self._file))
        yield gauge(
            "minori_database_free_bytes",
            "Room in the file that deleted rows left, to be used again; it does not shrink.",
            free_bytes(self._engine),
        )
        yield gauge(
            "minori_database_log_bytes",
            "Size of its write-ahead log, which is copied into it by and by.",
            _size(wal.beside(self._file)),
        )


def losses_of(engine: Engine) -> Iterator[Metric]:
    """Yield how many losses nobody has taken notice of, for /metrics."""
    said = "Losses of a damaged database that nobody has taken notice of: minori db losses."
    yield gauge("minori_database_losses", said, lost_in(engine))


def lost_in(engine: Engine) -> int:
    """Return how many losses nobody has taken notice of."""
    with reading_session(engine) as session:
        return len(losses.unseen(session))


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
