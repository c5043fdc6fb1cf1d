"""A copy put back is what was copied; what it replaces is kept; a wrong one changes nothing."""

import asyncio
import json
import os
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from edge.backup import manifest, restoring
from edge.backup.making import make
from edge.backup.restoring import restore
from edge.backup.shelf import shelf_of
from edge.bus import Broker, Bus
from edge.errors import RestoreRefused
from edge.settings import Settings
from edge.settings_file import load
from tests.edge.backup.conftest import contents, fill, quiet
from tests.edge.conftest import until
from tests.edge.processes import run, start
from tests.edge.test_bus import running
from tests.factories import START
from tests.fakes.mosquitto import Mosquitto
from traceability import database
from traceability.backup import postgres_tools
from traceability.errors import BackupDamaged, BackupFailed
from traceability.models import Site
from traceability.store_id import store_id

NOON = datetime(2026, 11, 25, 3, tzinfo=UTC)


def copied(site: Settings, *, at: datetime = NOON, secrets: bool = False) -> Path:
    return make(site, shelf_of(site), at=at, secrets=secrets).copy


def put_back(
    site: Settings, copy: Path, *, replace: bool = True, at: datetime = NOON
) -> restoring.Restored:
    return restore(site, copy, at=at, replace=replace, progress=quiet)


def name_of_store(site: Settings) -> str:
    engine = database.open_database(site.database_url)
    try:
        with database.writing_session(engine) as session:
            return store_id(session)
    finally:
        engine.dispose()


def file_of(site: Settings) -> Path:
    file = database.sqlite_file(site.database_url)
    assert file is not None
    return file


def test_what_is_put_back_is_what_was_copied_under_a_new_name(site: Settings) -> None:
    """The restored one would give its hub numbers a second time, so it is another database."""
    fill(site, 0, 1000)
    before, name = contents(site), name_of_store(site)
    copy = copied(site)
    fill(site, 5000, 100)

    done = put_back(site, copy)

    assert contents(site) == before
    assert name_of_store(site) != name
    assert done.aside
    database.open_database(site.database_url).dispose()


def test_it_tells_what_only_the_record_set_aside_holds(site: Settings) -> None:
    fill(site, 0, 1000)
    copy = copied(site)
    assert put_back(site, copy).lost is None
    fill(site, 5000, 100)

    lost = put_back(site, copy, at=NOON + timedelta(hours=1)).lost

    assert lost is not None
    assert lost.newest.reading == START + timedelta(seconds=5099)
    assert lost.acts == 0


def test_a_record_that_is_there_is_not_replaced_unasked(site: Settings) -> None:
    fill(site, 0, 10)
    copy = copied(site)
    fill(site, 5000, 10)
    before = contents(site)

    with pytest.raises(RestoreRefused, match="holds a record already; to set it aside"):
        put_back(site, copy, replace=False)
    assert contents(site) == before


def test_an_empty_database_may_be_replaced_unasked(site: Settings, tmp_path: Path) -> None:
    """A service that was started once on a new machine has written down its site and zones."""
    copy = copied(site)
    engine = database.open_database(site.database_url)
    with database.reading_session(engine) as session:
        assert session.exec(select(Site)).all() == []
    engine.dispose()

    put_back(site, copy, replace=False)


def test_a_damaged_copy_changes_nothing(site: Settings) -> None:
    fill(site, 0, 1000)
    copy = copied(site)
    before = contents(site)
    (record,) = (path for path in copy.iterdir() if path.name in ("minori.db", "minori.pgdump"))
    data = bytearray(record.read_bytes())
    data[len(data) // 2] ^= 1
    record.write_bytes(data)

    with pytest.raises(BackupDamaged, match="has another SHA-256"):
        put_back(site, copy)
    assert contents(site) == before


def test_whoever_has_it_open_is_waited_for_in_vain(site: Settings) -> None:
    """A service would go on writing into what was set aside."""
    fill(site, 0, 10)
    copy = copied(site)
    engine = database.open_database(site.database_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1 FROM site")

        with pytest.raises(BackupFailed, match="stop every minori service"):
            put_back(site, copy)
    engine.dispose()
    assert put_back(site, copy).aside


def test_a_copy_of_another_site_or_of_a_newer_version_is_refused(site: Settings) -> None:
    copy = copied(site)
    said = json.loads((copy / manifest.NAME).read_text())
    (copy / manifest.NAME).write_text(json.dumps({**said, "schema": "9999"}))
    with pytest.raises(RestoreRefused, match="schema 9999, which this Minori does not know"):
        put_back(site, copy)
    (copy / manifest.NAME).write_text(json.dumps({**said, "site": "annex"}))
    with pytest.raises(RestoreRefused, match="is of aizu/annex, the settings are of aizu/main"):
        put_back(site, copy)
    other = "minori.pgdump" if said["database"] == "minori.db" else "minori.db"
    (copy / manifest.NAME).write_text(json.dumps({**said, "database": other}))
    with pytest.raises(RestoreRefused, match="another kind of database"):
        put_back(site, copy)


@pytest.fixture
def farm(tmp_path: Path) -> Settings:
    """The same on SQLite alone, for what is about its file."""
    (tmp_path / "minori.toml").write_text("[site]\norganisation = 'aizu'\ncode = 'main'\n")
    settings = load(tmp_path / "minori.toml")
    database.upgrade(settings.database_url)
    fill(settings, 0, 1000)
    return settings


def test_a_damaged_database_is_replaced_and_its_log_goes_with_it(farm: Settings) -> None:
    """Beside the restored file the old log would be taken for its own."""
    copy = copied(farm)
    file = file_of(farm)
    holder = sqlite3.connect(file)
    holder.execute("INSERT INTO delivery VALUES ('x', 1)")
    holder.commit()
    log = file.with_name("minori.db-wal").read_bytes()
    holder.close()
    file.with_name("minori.db-wal").write_bytes(log)
    file.write_bytes(b"\xff" * 8192 + file.read_bytes()[8192:])
    before = contents_of_copy(copy)

    done = put_back(farm, copy)

    assert contents(farm) == before
    assert done.lost is None
    assert Path(done.aside).read_bytes()[:4] == b"\xff" * 4
    assert not file.with_name("minori.db-wal").exists()


def contents_of_copy(copy: Path) -> dict[str, object]:
    from tests.edge.backup.conftest import OWN

    tables = manifest.read(copy).record.tables
    return {name: table for name, table in tables.items() if name not in OWN}


def test_at_no_moment_is_there_no_database(farm: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that starts in between would begin an empty record."""
    copy, file, honest = copied(farm), file_of(farm), Path.replace
    seen: list[bool] = []

    def watched(self: Path, target: Path) -> Path:
        seen.append(file.exists())
        done = honest(self, target)
        seen.append(file.exists())
        return done

    monkeypatch.setattr(Path, "replace", watched)
    put_back(farm, copy)

    assert seen == [True, True]


def test_killed_halfway_the_record_is_as_it_was_and_the_next_one_clears_up(farm: Settings) -> None:
    copy, before = copied(farm), contents(farm)
    folder = file_of(farm).parent
    program = (
        "import os, signal, sys\n"
        "from edge.backup import restoring\n"
        "restoring._put_in_place = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from edge.cli import main; main(sys.argv[1:])\n"
    )
    words = ["restore", str(copy), "--replace", "--config", str(farm.file)]
    killed = subprocess.run([os.sys.executable, "-c", program, *words], capture_output=True)

    assert killed.returncode == -9
    assert contents(farm) == before
    assert list(folder.glob(".minori-restored-*"))
    done = run(*words)
    assert done.returncode == 0, done.stderr
    assert list(folder.glob(".minori-restored-*")) == []


def test_a_new_machine_gets_settings_profiles_and_secrets(farm: Settings, tmp_path: Path) -> None:
    (tmp_path / "minori.secret").write_text("s" * 64)
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "自作.toml").write_text("wire = 'modbus'\n")
    copy = copied(farm, secrets=True)
    new = tmp_path / "新しい機械"

    done = run("restore", str(copy), "--into", str(new))

    assert done.returncode == 0, done.stderr
    assert (new / "minori.toml").read_bytes() == (tmp_path / "minori.toml").read_bytes()
    assert (new / "profiles" / "自作.toml").exists()
    assert (new / "minori.secret").stat().st_mode & 0o777 == 0o600
    assert contents(load(new / "minori.toml")) == contents(farm)

    (new / "minori.toml").write_text("[site]\ncode = 'other'\n")
    again = run("restore", str(copy), "--into", str(new))
    assert again.returncode == 2
    assert "is there already, and another" in again.stderr


def test_the_command_says_what_it_did_and_what_is_missing(farm: Settings) -> None:
    copy = copied(farm)
    fill(farm, 5000, 100)
    config = ("--config", str(farm.file))

    refused = run("restore", str(copy), *config)
    done = run("restore", str(copy), "--replace", *config)
    shelf = run("restore", str(copy.parent), "--replace", *config)

    assert refused.returncode == 2
    assert "say --replace" in refused.stderr
    lines = done.stdout.splitlines()
    assert lines[1].startswith("the record that was there is now")
    assert lines[2] == (
        "missing here, there only: readings from 2026-06-01 09:16 to 2026-06-01 10:24 JST"
    )
    assert f"the newest is {copy}" in shelf.stderr


def test_an_older_copy_is_brought_to_this_version(
    farm: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import command

    honest = command.upgrade
    old = tmp_path / "old"
    old.mkdir()
    (old / "minori.toml").write_text("[site]\norganisation = 'aizu'\ncode = 'main'\n")
    settings = load(old / "minori.toml")
    monkeypatch.setattr(command, "upgrade", lambda config, _: honest(config, "0001"))
    database.upgrade(settings.database_url)
    monkeypatch.undo()
    copy = copied(settings)

    put_back(farm, copy)

    database.open_database(farm.database_url).dispose()


def test_root_restores_for_the_service(farm: Settings) -> None:
    """A file of root's beside a service of another account is a service that cannot write."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    copy, file = copied(farm), file_of(farm)
    os.chown(file, 65534, 65534)
    file.chmod(0o600)

    put_back(farm, copy)

    stat = file.stat()
    assert (stat.st_uid, stat.st_gid, stat.st_mode & 0o777) == (65534, 65534, 0o600)


@pytest.mark.parametrize("site", ["postgresql"], indirect=True)
def test_two_databases_of_a_server_swap_or_stay(site: Settings) -> None:
    """Where the second renaming fails, the first is undone with it."""
    fill(site, 0, 10)
    before, copy = contents(site), copied(site)

    with pytest.raises(BackupFailed, match="does not exist"):
        postgres_tools.swap(site.database_url, "nowhere", "aside")
    assert contents(site) == before
    assert put_back(site, copy).aside.endswith("before_restore_20261125t030000z")


async def test_the_drill_copied_under_load_and_put_back(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """Everything the broker was told is stored before the copy began is in it: the promise."""
    file, log = tmp_path / "minori.toml", tmp_path / "log"
    file.write_text(
        f"[mqtt]\nhost = '127.0.0.1'\nport = {mosquitto.port}\n[[mqtt.topics]]\n"
        "topic = 'timed/{device}'\nshape = 'zigbee2mqtt'\n"
    )
    sent, enough = 0, asyncio.Event()

    async def publish(sender: Bus) -> None:
        nonlocal sent
        while not enough.is_set():
            timed = {"temperature": 20.0, "last_seen": 1_780_000_000_000 + sent}
            await sender.publish("timed/radio", json.dumps(timed).encode())
            sent += 1

    def stored() -> int:
        with closing(sqlite3.connect(tmp_path / "minori.db")) as opened:
            return opened.execute("SELECT count(*) FROM reading").fetchone()[0]

    agent = start("agent", "--config", str(file), log=log)
    try:
        await until(lambda: b"connected to MQTT" in log.read_bytes())
        async with running(Bus(Broker("127.0.0.1", mosquitto.port, "sender"))) as sender:
            publishing = asyncio.create_task(publish(sender))
            await until(lambda: stored() > 500)
            acknowledged = stored()
            copying = await asyncio.to_thread(run, "backup", "--json", "--config", str(file))
            after = stored()
            enough.set()
            await publishing
    finally:
        agent.kill()
        agent.wait()
    assert copying.returncode == 0, copying.stderr
    said = json.loads(copying.stdout)
    for name in ("minori.db", "minori.db-wal", "minori.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)

    done = run("restore", said["copy"], "--config", str(file))

    assert done.returncode == 0, done.stderr
    assert acknowledged <= said["rows"]["reading"] <= after
    assert stored() == said["rows"]["reading"]
    assert contents(load(file)) == contents_of_copy(Path(said["copy"]))
