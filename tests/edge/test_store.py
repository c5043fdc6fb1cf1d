"""The database of the settings, and the place written into it."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import select

from edge import settings_file, store
from traceability import database
from traceability.errors import DatabaseUnusable
from traceability.models import Organisation, Site, Zone

SITE = {"organisation": "aizu", "code": "main", "name": "Aizu", "name_ja": "会津植物工場"}


def test_looking_something_up_makes_no_database(tmp_path: Path) -> None:
    """A mistyped path must not answer that the farm has no lots."""
    settings = settings_file.parse({}).inside(tmp_path)

    with pytest.raises(DatabaseUnusable, match="no such file"), store.reading(settings):
        pass

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_wal", [False, True])
def test_a_database_whose_making_was_cut_off_is_made_again(tmp_path: Path, is_wal: bool) -> None:
    """The power goes in a board's first second: the file is there, and nothing is in it."""
    settings = settings_file.parse({}).inside(tmp_path)
    with closing(sqlite3.connect(tmp_path / "minori.db")) as connection:
        connection.execute(f"PRAGMA journal_mode = {'WAL' if is_wal else 'DELETE'}")
        connection.execute("BEGIN EXCLUSIVE")

    with store.opened(settings, create=True) as engine:
        database.check(engine)


def test_a_file_of_somebody_else_is_left_as_it_is(tmp_path: Path) -> None:
    settings = settings_file.parse({}).inside(tmp_path)
    with closing(sqlite3.connect(tmp_path / "minori.db")) as connection:
        connection.execute("CREATE TABLE theirs (x)")

    with pytest.raises(DatabaseUnusable, match="another program's"):
        store.open_store(settings, create=True)


def test_two_services_may_make_the_database_at_once(tmp_path: Path) -> None:
    """The first start of a board starts its units side by side."""
    settings = settings_file.parse({}).inside(tmp_path)

    def make(_: int) -> None:
        store.open_store(settings, create=True).dispose()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(make, range(4)))


def test_the_place_of_the_settings_is_written_once(tmp_path: Path) -> None:
    content = {"site": SITE, "zones": [{"code": "A", "name_ja": "A室"}]}
    settings = settings_file.parse(content).inside(tmp_path)

    for _ in range(2):
        with store.writing(settings) as session:
            store.ensure_place(session, settings)

    with store.reading(settings) as session:
        assert session.exec(select(Organisation)).one().name == "aizu"
        assert session.exec(select(Site)).one().name_ja == "会津植物工場"
        assert session.exec(select(Zone)).one().name == "A"
