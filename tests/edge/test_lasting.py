"""Work beside the recorder goes on after a database that took nothing for a while, and only then."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from edge.lasting import outlasting_the_database
from edge.metrics import Sources, gauge
from traceability.errors import DatabaseFull, DatabaseInDoubt


def _from_sqlite(code: int, name: str, kind: type = OperationalError) -> Exception:
    inner = sqlite3.OperationalError(name)
    inner.sqlite_errorcode, inner.sqlite_errorname = code, name
    error: Exception = kind("SELECT 1", {}, inner)
    return error


PASSING = [
    DatabaseInDoubt(file=Path("minori.db"), cause="disk I/O error"),
    DatabaseFull(url="minori.db"),
    _from_sqlite(5, "SQLITE_BUSY"),
    _from_sqlite(1034, "SQLITE_IOERR_FSYNC"),
    _from_sqlite(11, "SQLITE_CORRUPT", DatabaseError),
    OperationalError("SELECT 1", {}, Exception("server closed the connection")),
]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("is_group", [False, True])
def test_what_will_pass_is_said_and_outlasted(
    error: Exception, is_group: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with outlasting_the_database("alarms"):
        raise ExceptionGroup("tasks", [error]) if is_group else error

    assert "alarms wait for the database: " in caplog.text


def test_a_mistake_of_ours_is_not_hidden_behind_one_that_will_pass() -> None:
    wrong = IntegrityError("INSERT", {}, sqlite3.IntegrityError("NOT NULL"))

    with pytest.raises(IntegrityError), outlasting_the_database("alarms"):
        raise wrong
    with pytest.raises(ExceptionGroup), outlasting_the_database("alarms"):
        raise ExceptionGroup("tasks", [PASSING[0], wrong])


def test_numbers_that_need_no_database_are_shown_while_it_is_away() -> None:
    def away() -> list[object]:
        raise PASSING[2]

    sources = Sources()
    sources.add(away)
    sources.add(lambda: [gauge("minori_uptime_seconds", "Since the start.", 3)])

    assert "minori_uptime_seconds 3" in sources.text()
