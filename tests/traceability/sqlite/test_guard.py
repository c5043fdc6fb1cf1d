"""A file that failed us is not written to until it was closed, reopened and found whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import select

from tests.filled import fill
from traceability import catalogue, database, held
from traceability.errors import DatabaseFull, DatabaseInDoubt
from traceability.models import Organisation
from traceability.sqlite import guard, wal
from traceability.trouble import Trouble, trouble_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "minori.db"


@pytest.fixture
def store(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(guard, "AGAIN_S", 0.0)
    fill(f"sqlite:///{file}")
    engine = database.open_database(f"sqlite:///{file}")
    yield engine
    engine.dispose()


def failure(code: int = sqlite3.SQLITE_IOERR_FSYNC) -> sqlite3.Error:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode, error.sqlite_errorname = code, "SQLITE_IOERR_FSYNC"
    return error


def write(engine: Engine, code: str) -> None:
    with database.writing_session(engine) as session:
        catalogue.ensure_organisation(session, code, name=code)


def names(engine: Engine) -> list[str]:
    with database.reading_session(engine) as session:
        return sorted(row.code for row in session.exec(select(Organisation)))


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        (sqlite3.SQLITE_IOERR_FSYNC, Trouble.DOUBT),
        (sqlite3.SQLITE_IOERR_WRITE, Trouble.DOUBT),
        (sqlite3.SQLITE_CORRUPT, Trouble.DOUBT),
        (sqlite3.SQLITE_NOTADB, Trouble.DOUBT),
        (sqlite3.SQLITE_IOERR_NOMEM, Trouble.OTHER),
        (sqlite3.SQLITE_FULL, Trouble.FULL),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Trouble.HELD),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, Trouble.OTHER),
    ],
)
def test_what_an_error_means_is_read_from_its_code(code: int, trouble: Trouble) -> None:
    """The words change between versions of SQLite; the numbers never do."""
    assert trouble_of(failure(code)) is trouble


def test_after_a_failure_the_next_write_is_taken_only_once_the_file_was_verified(
    store: Engine, file: Path
) -> None:
    write(store, "a")
    watch = guard.guard_of(store)
    assert watch is not None
    watch.distrust(failure())

    with pytest.raises(DatabaseInDoubt), store.execution_options(write=True).begin():
        pass
    assert names(store) == ["a"]
    write(store, "b")

    assert (names(store), watch.verified, watch.doubt) == (["a", "b"], 1, "")
    with closing(sqlite3.connect(file)) as direct:
        assert direct.execute("SELECT value FROM store_fact WHERE key = 'verified_at'").fetchone()


def test_readings_that_wait_for_their_time_verify_the_file_themselves(store: Engine) -> None:
    """They are written before the batch that would have it verified, and would refuse it for ever."""
    watch = guard.guard_of(store)
    assert watch is not None
    watch.distrust(failure())

    assert held.release(store, "boot", began=datetime(2026, 1, 1, tzinfo=UTC)) == 0
    assert (watch.verified, watch.doubt) == (1, "")


def test_a_connection_from_before_the_failure_is_not_used_again(store: Engine) -> None:
    with store.connect() as connection:
        before = connection.connection.driver_connection
    watch = guard.guard_of(store)
    assert watch is not None
    watch.distrust(failure())
    write(store, "a")

    with store.connect() as connection:
        assert connection.connection.driver_connection is not before


def test_a_look_up_that_does_not_end_keeps_the_file_in_doubt(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody has it open it was not closed, and what is seen may never have been written."""
    monkeypatch.setattr(guard, "CLOSING_S", 0.05)
    watch = guard.guard_of(store)
    assert watch is not None
    with store.connect() as connection:
        connection.execute(text("SELECT 1"))
        watch.distrust(failure())
        with pytest.raises(DatabaseInDoubt, match="still has it open"):
            write(store, "a")

    write(store, "a")
    assert names(store) == ["a"]


def test_a_damaged_file_stays_in_doubt_and_says_what_was_found(store: Engine, file: Path) -> None:
    for number in range(400):
        write(store, f"farm-{number}")
    store.dispose()
    size = file.stat().st_size
    with file.open("r+b") as disk:
        disk.seek(size // 2)
        disk.write(b"\xa5" * (size - size // 2))

    for _ in range(2):
        with pytest.raises(DatabaseInDoubt, match=r"minori\.db"):
            write(store, "x")


def test_the_log_is_copied_into_the_file_before_it_grows_long(store: Engine, file: Path) -> None:
    """We took that over from SQLite; left undone, the log would fill the card."""
    log = wal.beside(file)
    for _ in range(12):
        with store.execution_options(write=True).begin() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS filler (a BLOB)"))
            for _ in range(200):
                connection.execute(text("INSERT INTO filler VALUES (randomblob(4000))"))

    pages = sum(1 for _ in wal.frames(log))
    assert pages < 2 * guard.LONG_FRAMES
    assert log.stat().st_size < 2 * guard.LONG_FRAMES * 4200


@pytest.mark.parametrize("frames", [1, 5, 40])
def test_the_length_of_the_log_is_what_sqlite_says_it_is(tmp_path: Path, frames: int) -> None:
    """Counted from the file, for nobody else tells; a log that began anew is short again."""
    file = tmp_path / "x.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as direct:
        for pragma in ("journal_mode = WAL", "wal_autocheckpoint = 0"):
            direct.execute(f"PRAGMA {pragma}").fetchall()
        direct.execute("CREATE TABLE t (a)")
        for _ in range(60):
            direct.execute("INSERT INTO t VALUES (zeroblob(3000))")
        direct.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        while sum(1 for _ in wal.frames(wal.beside(file))) < frames:
            direct.execute("INSERT INTO t VALUES (1)")
        said: Any = direct.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

        assert [frame.number for frame in wal.frames(wal.beside(file))][-1] == said[1] >= frames
        assert wal.is_long(wal.beside(file), said[1])
        assert not wal.is_long(wal.beside(file), said[1] + 1)


def test_a_full_disk_is_said_in_a_sentence_and_keeps_nothing(store: Engine) -> None:
    def fill(session: Any) -> None:
        session.execute(text("PRAGMA max_page_count = 1"))
        session.execute(text("CREATE TABLE filler (a BLOB)"))
        for _ in range(100):
            session.execute(text("INSERT INTO filler VALUES (randomblob(4000))"))

    with (
        pytest.raises(DatabaseFull, match="nothing of this was recorded"),
        database.writing_session(store) as session,
    ):
        fill(session)

    store.dispose()
    write(store, "a")
    assert names(store) == ["a"]
