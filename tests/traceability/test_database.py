"""A database is opened by the version that knows it, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlmodel import SQLModel, select

from traceability import catalogue, database, errors, replicated
from traceability.models import Organisation


def test_the_migrations_make_exactly_the_models(engine: Engine) -> None:
    """A model changed without its migration works here and fails on the farm."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, SQLModel.metadata) == []


def test_every_table_is_sent_or_stays_for_a_reason() -> None:
    """A table that nobody decided about would be missing at the hub, and nobody would notice:
    add it to KINDS of traceability.replicated (it travels), or to STAYS_HERE with the reason."""
    decided = {
        *replicated.BY_NAME,
        *replicated.WITH_ACTS,
        *replicated.COMPUTED,
        *replicated.STAYS_HERE,
    }

    assert set(SQLModel.metadata.tables) - decided == set()


def test_revisions_are_the_numbers_of_their_files() -> None:
    """The version is told without Alembic, which a collecting board need not carry."""
    config = Config()
    config.set_main_option("script_location", str(database._MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)

    assert [s.revision for s in scripts.walk_revisions()][::-1] == database._revisions()
    assert scripts.get_current_head() == database.head()


def test_upgrading_twice_changes_nothing(url: str) -> None:
    assert database.upgrade(url) == database.upgrade(url) == database.head()


def test_an_older_database_says_which_command_to_run(url: str) -> None:
    with pytest.raises(errors.DatabaseUnusable, match="minori db upgrade"):
        database.open_database(url)


def test_a_newer_database_is_refused_and_untouched(url: str) -> None:
    database.upgrade(url)
    engine = database.connect(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(errors.DatabaseTooNew, match="9999"):
        database.upgrade(url)
    with pytest.raises(errors.DatabaseTooNew):
        database.open_database(url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    engine.dispose()


def test_another_programs_database_is_refused_and_untouched(url: str) -> None:
    """A mistyped address must not mix our tables into somebody else's."""
    engine = database.connect(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE states (id INTEGER)"))

    for act in (database.upgrade, database.revision_of):
        with pytest.raises(
            errors.DatabaseUnusable, match="another program's, with a table 'states'"
        ):
            act(url)

    assert inspect(engine).get_table_names() == ["states"]
    engine.dispose()


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("the quick brown fox " * 100)

    with pytest.raises(errors.DatabaseUnusable, match="not a database"):
        database.open_database(f"sqlite:///{path}")
    assert path.read_text().startswith("the quick")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.DatabaseUnusable, match="unable to open"):
        database.upgrade(f"sqlite:///{tmp_path}/missing/minori.db")


def test_a_new_file_opened_by_several_at_once_is_locked_for_nobody(tmp_path: Path) -> None:
    """The first start of a board starts its units side by side (2 of 100 were refused)."""

    def opened(url: str, at_once: Barrier) -> None:
        engine = database.connect(url)
        at_once.wait()
        engine.connect().close()
        engine.dispose()

    with ThreadPoolExecutor(8) as threads:
        for number in range(20):
            url, at_once = f"sqlite:///{tmp_path / str(number)}.db", Barrier(8)
            list(threads.map(opened, [url] * 8, [at_once] * 8))


def test_sqlite_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    """WAL with synchronous=FULL (2): NORMAL loses acknowledged rows in a power cut."""
    engine = database.connect(f"sqlite:///{tmp_path / 'minori.db'}")

    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    engine.dispose()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_postgresql_goes_by_its_indexes_unless_somebody_knows_better(engine: Engine) -> None:
    """By the cost of a turning disk it reads whole tables for a trace of fifty lots."""
    ours = _random_page_cost(engine)
    with engine.execution_options(write=True).begin() as connection:
        name = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f"ALTER DATABASE {name} SET random_page_cost = 2.5"))
    engine.dispose()  # the next connection is a new one

    assert (ours, _random_page_cost(engine)) == ("1.1", "2.5")


def _random_page_cost(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(text("SHOW random_page_cost")))


def test_a_failing_block_keeps_nothing(engine: Engine) -> None:
    def fail_halfway() -> None:
        with database.writing_session(engine) as session:
            catalogue.ensure_organisation(session, "x", name="X")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()

    with database.reading_session(engine) as session:
        assert session.exec(select(Organisation)).all() == []


def test_a_password_is_never_shown() -> None:
    with pytest.raises(errors.DatabaseUnusable) as refused:
        database.open_database("postgresql+psycopg://minori:secret@127.0.0.1:1/minori")

    assert "secret" not in str(refused.value)
