"""A copy is the record at one moment, and is believed only once it was restored: both engines."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text
from sqlmodel import Session

from sensors import Reading
from tests.factories import START, a_farm, harvested
from traceability import database
from traceability.backup import copies, postgres_tools, sqlite_copy
from traceability.backup.copies import Taken, restored, take
from traceability.backup.digests import digests
from traceability.errors import BackupDamaged, BackupFailed
from traceability.readings import Delivery, Recorder


def quiet(_words: str, _share: float | None) -> None:
    """Nobody looks on."""


def readings(first: int, count: int) -> list[Delivery]:
    times = (START + timedelta(seconds=n) for n in range(first, first + count))
    return [Delivery([Reading("室1", "co2", 800.0, at) for at in times])]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the copy goes: not where the record is."""
    made = tmp_path / "copy"
    made.mkdir()
    return made


@pytest.fixture
def filled(engine: Engine) -> Recorder:
    """A farm with lots and readings; gives who records more."""
    with database.writing_session(engine) as session:
        farm = a_farm(session)
        harvested(session, farm)
        site_id = farm.site.id
    recorder = Recorder(engine, site_id)
    recorder.append(readings(0, 20_000))
    return recorder


def tables(url: str) -> object:
    engine = database.connect(url)
    try:
        with engine.connect() as connection:
            return digests(connection, heard=lambda rows: None)
    finally:
        engine.dispose()


@pytest.mark.usefixtures("filled")
def test_what_is_restored_is_what_was_copied(url: str, folder: Path) -> None:
    taken = take(url, folder, progress=quiet)

    assert taken.schema == database.head()
    assert taken.tables["reading"].rows == 20_000
    assert taken.newest.reading == START + timedelta(seconds=19_999)
    assert taken.newest.act is not None
    with restored(taken, folder, url, place=folder, progress=quiet) as address:
        assert address != url
        assert tables(address) == taken.tables == tables(url)
        # It is a database to work with, not a heap of rows.
        database.open_database(address).dispose()
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_writes_meanwhile_succeed_and_are_not_in_the_copy(
    url: str, filled: Recorder, folder: Path
) -> None:
    """A copy that locks writers out loses readings; one that begins anew at each never ends."""
    shares: list[float] = []

    def record(words: str, share: float | None) -> None:
        if share is not None and words.startswith("copying"):
            shares.append(share)
        # In the middle of it, and durable when this returns.
        filled.append(readings(50_000 + 10 * len(shares), 10))

    before = tables(url)
    taken = take(url, folder, progress=record)

    with restored(taken, folder, url, place=folder, progress=quiet):
        pass
    assert taken.tables["reading"].rows == 20_000
    assert taken.tables == before
    assert shares == sorted(shares)
    assert tables(url)["reading"].rows > 20_000


def test_every_acknowledged_commit_before_the_start_is_in_the_copy(
    url: str, filled: Recorder, folder: Path
) -> None:
    filled.append(readings(30_000, 1))

    taken = take(url, folder, progress=quiet)

    assert taken.newest.reading == START + timedelta(seconds=30_000)


@pytest.mark.usefixtures("filled")
def test_a_copy_that_lost_a_row_on_its_way_is_not_believed(url: str, folder: Path) -> None:
    taken = take(url, folder, progress=quiet)
    table = taken.tables["reading"]
    one_more = {**taken.tables, "reading": type(table)(table.rows + 1, table.digest)}
    other = Taken(taken.file, taken.schema, one_more, taken.newest)

    with (
        pytest.raises(BackupDamaged, match="table reading restored: 20000 rows, copied: 20001"),
        restored(other, folder, url, place=folder, progress=quiet),
    ):
        pass


def test_one_changed_value_is_another_digest(engine: Engine, url: str, filled: Recorder) -> None:
    before = tables(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE reading SET value = 801 WHERE at_ms % 20000 = 0"))

    after = tables(url)

    assert [name for name in before if before[name] != after[name]] == ["reading"]
    assert before["reading"].rows == after["reading"].rows


def test_the_order_of_writing_does_not_matter(url: str, engine: Engine, tmp_path: Path) -> None:
    """A restored server keeps rows elsewhere in its files."""
    other = f"sqlite:///{tmp_path / 'other.db'}"
    database.upgrade(other)
    found = []
    for address, order in ((url, (0, 1)), (other, (1, 0))):
        opened = database.connect(address)
        with Session(opened) as session:
            pass
        with database.writing_session(opened) as session:
            farm = a_farm(session)
            site_id = farm.site.id
        recorder = Recorder(opened, site_id)
        for number in order:
            recorder.append(readings(number * 100, 100))
        found.append(tables(address)["reading"])
        opened.dispose()
    assert found[0] == found[1]


def test_a_damaged_page_in_the_copy_is_found(tmp_path: Path, folder: Path) -> None:
    url = f"sqlite:///{tmp_path / 'minori.db'}"
    database.upgrade(url)
    taken = take(url, folder, progress=quiet)
    copy = folder / taken.file
    data = bytearray(copy.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 8192] = b"\xff" * 8192
    copy.write_bytes(data)

    assert sqlite_copy.fault_of(copy)
    with (
        pytest.raises(BackupDamaged),
        restored(taken, folder, url, place=folder, progress=quiet),
    ):
        pass


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.usefixtures("engine")
def test_without_the_servers_tools_it_says_what_to_install(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_tools.shutil, "which", lambda name: None)

    with pytest.raises(BackupFailed, match="pg_dump: it is not installed; install the server"):
        take(url, folder, progress=quiet)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_role_that_may_not_make_databases_is_told_so(
    url: str, engine: Engine, folder: Path
) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS poor"))
        connection.execute(text("CREATE ROLE poor LOGIN"))
        connection.execute(text("GRANT pg_read_all_data TO poor"))
    poor = make_url(url).set(username="poor").render_as_string(hide_password=False)
    taken = take(poor, folder, progress=quiet)

    with (
        pytest.raises(BackupFailed, match="permission denied to create database; let the role"),
        restored(taken, folder, poor, place=folder, progress=quiet),
    ):
        pass


def test_no_room_is_a_sentence(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'minori.db'}"
    database.upgrade(url)

    def full(*_arguments: object, **_more: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
        raise error

    monkeypatch.setattr(sqlite_copy, "copy", full)
    with pytest.raises(BackupFailed, match="full, SQLITE_FULL; make room, or name another folder"):
        take(url, folder, progress=quiet)


def test_the_copy_needs_nothing_beside_it(tmp_path: Path, folder: Path) -> None:
    """What was in the log is in the copy, and looking at it writes nothing."""
    url = f"sqlite:///{tmp_path / 'minori.db'}"
    database.upgrade(url)
    copies.take(url, folder, progress=quiet)

    with closing(sqlite3.connect(f"{(folder / 'minori.db').as_uri()}?mode=ro", uri=True)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone()
    assert [path.name for path in folder.iterdir()] == ["minori.db"]
