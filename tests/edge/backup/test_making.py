"""`minori backup`: whatever has a copy's name is a whole one, proved and durable."""

import json
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.backup import making, manifest
from edge.backup.making import make
from edge.backup.shelf import Shelf, shelf_of
from edge.errors import BackupRunning, NoBackup
from edge.settings import Settings
from edge.settings_file import load
from tests.edge.processes import run, start
from traceability import database
from traceability.errors import BackupDamaged, BackupFailed, DatabaseUnusable

NOON = datetime(2026, 11, 25, 3, tzinfo=UTC)
SETTINGS = """
[site]
organisation = "aizu"
code = "main"
[web]
secret_file = "キー.secret"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A site in a folder with a Japanese name, with a profile and a secret of its own."""
    farm = tmp_path / "会津 植物工場"
    (farm / "profiles").mkdir(parents=True)
    (farm / "minori.toml").write_text(SETTINGS, encoding="utf-8")
    (farm / "profiles" / "自作.toml").write_text("wire = 'modbus'\n", encoding="utf-8")
    (farm / "キー.secret").write_text("s" * 64)
    found = load(farm / "minori.toml")
    database.upgrade(found.database_url)
    return found


def rows(settings: Settings, count: int) -> None:
    """Make the database larger."""
    file = database.sqlite_file(settings.database_url)
    assert file is not None
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany(
            "INSERT INTO delivery (key, number) VALUES (?, ?)",
            ((f"{number:064}", number) for number in range(count)),
        )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_a_copy_holds_the_record_the_settings_and_the_profiles(settings: Settings) -> None:
    shelf = shelf_of(settings)

    made = make(settings, shelf, at=NOON)

    assert made.copy.name == "aizu-main-20261125T030000Z"
    assert made.copy.parent.name == "backups"
    assert set(made.manifest.files) == {"minori.db", "minori.toml", "profiles/自作.toml"}
    assert manifest.read(made.copy) == made.manifest
    manifest.verify_files(made.copy, made.manifest)
    assert made.copy.stat().st_mode & 0o777 == 0o700
    assert names(shelf.folder) == [made.copy.name]


def test_secrets_are_copied_when_asked_and_for_us_alone(settings: Settings, tmp_path: Path) -> None:
    made = make(settings, Shelf(tmp_path / "out", "x"), at=NOON, secrets=True)

    secret = made.copy / "secrets" / "web.secret_file"
    assert secret.read_text() == "s" * 64
    assert secret.stat().st_mode & 0o777 == 0o600
    assert made.manifest.secrets


@pytest.mark.parametrize("damage", ["minori.db", "minori.toml", "profiles/自作.toml"])
def test_a_file_that_changed_since_is_found_by_name(settings: Settings, damage: str) -> None:
    made = make(settings, shelf_of(settings), at=NOON)
    data = bytearray((made.copy / damage).read_bytes())
    data[len(data) // 2] ^= 1
    (made.copy / damage).write_bytes(data)

    with pytest.raises(BackupDamaged, match=f"{damage} has another SHA-256"):
        manifest.verify_files(made.copy, manifest.read(made.copy))


def test_a_manifest_that_is_torn_missing_or_of_the_future_is_said_to_be(
    settings: Settings,
) -> None:
    copy = make(settings, shelf_of(settings), at=NOON).copy
    file = copy / manifest.NAME
    whole = file.read_text()
    file.write_text(whole[: len(whole) // 2])
    with pytest.raises(BackupDamaged, match=r"manifest\.json cannot be read"):
        manifest.read(copy)
    file.write_text(json.dumps({**json.loads(whole), "format": 2}))
    with pytest.raises(NoBackup, match="format 2, known is 1"):
        manifest.read(copy)
    file.unlink()
    with pytest.raises(NoBackup, match="No such file"):
        manifest.read(copy)


def test_a_copy_that_does_not_restore_gets_no_name(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = making.copies.take

    def losing(url, folder, *, progress):
        taken = honest(url, folder, progress=progress)
        with closing(sqlite3.connect(folder / taken.file)) as copy, copy:
            copy.execute("INSERT INTO delivery VALUES ('a', 1)")
        return taken

    monkeypatch.setattr(making.copies, "take", losing)
    shelf = shelf_of(settings)
    with pytest.raises(BackupDamaged, match="table delivery restored: 1 rows, copied: 0 rows"):
        make(settings, shelf, at=NOON)

    assert names(shelf.folder) == []


def test_the_newest_are_kept_and_nobody_elses_are_touched(
    settings: Settings, tmp_path: Path
) -> None:
    shelf = shelf_of(settings, tmp_path / "shelf")
    others = [tmp_path / "shelf" / name for name in ("aizu-other-20200101T000000Z", "photos")]
    for other in others:
        other.mkdir(parents=True)
    made = [make(settings, shelf, at=NOON + timedelta(days=day), keep=2) for day in range(4)]

    assert [copy.name for copy in shelf.copies()] == [m.copy.name for m in made[2:]]
    assert made[3].gone == [made[1].copy]
    assert all(other.is_dir() for other in others)


def test_a_copy_made_by_a_clock_in_1970_is_not_the_one_that_goes(settings: Settings) -> None:
    """A board without a battery: by its name the newest copy is the oldest."""
    shelf = shelf_of(settings)
    make(settings, shelf, at=NOON)

    made = make(settings, shelf, at=datetime(1970, 1, 1, tzinfo=UTC), keep=1)

    assert shelf.copies() == [made.copy]


def test_two_in_one_second_are_two_and_stand_in_their_order(settings: Settings) -> None:
    shelf = shelf_of(settings)
    made = [make(settings, shelf, at=NOON).copy for _ in range(3)]

    assert shelf.copies() == made
    assert [shelf.made_at(copy) for copy in made] == [NOON] * 3


def test_one_at_a_time(settings: Settings) -> None:
    shelf = shelf_of(settings)
    with shelf.new(NOON), pytest.raises(BackupRunning, match="another copy is being made"):
        make(settings, shelf, at=NOON)


def test_nothing_to_copy_makes_nothing(tmp_path: Path) -> None:
    """Not even an empty database, which would be taken for the record later."""
    (tmp_path / "minori.toml").write_text("")
    settings = load(tmp_path / "minori.toml")

    with pytest.raises(DatabaseUnusable, match="nothing to copy yet"):
        make(settings, shelf_of(settings), at=NOON)
    assert names(tmp_path) == ["minori.toml"]


def test_too_little_room_is_said_before_copying(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(making.shutil, "disk_usage", lambda _: usage._replace(free=10 << 20))

    with pytest.raises(BackupFailed, match="10 MB are free, 33 MB are needed"):
        make(settings, shelf_of(settings), at=NOON)
    assert shelf_of(settings).copies() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", folder])
    if mounted.returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_fills_up_meanwhile_leaves_no_half_copy(
    settings: Settings, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(settings, 20_000)
    monkeypatch.setattr(making, "_see_room", lambda url, part: None)
    shelf = shelf_of(settings, small_disk)
    with pytest.raises(BackupFailed, match="make room"):
        make(settings, shelf, at=NOON)

    assert names(small_disk) == []


def test_killed_at_any_moment_it_leaves_whole_copies_only(
    settings: Settings, tmp_path: Path
) -> None:
    """And what it leaves half done is cleared by the next one."""
    rows(settings, 100_000)
    assert settings.file is not None
    folder, chance = tmp_path / "控え", random.Random(5)
    arguments = ("backup", str(folder), "--config", str(settings.file))
    for _ in range(6):
        process = start(*arguments, log=tmp_path / "log")
        while process.poll() is None and not list(folder.glob(".*.part")):
            pass
        try:
            process.wait(chance.uniform(0, 0.4))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for copy in shelf_of(settings, folder).copies():
            manifest.verify_files(copy, manifest.read(copy))

    done = run(*arguments)

    assert done.returncode == 0, done.stderr
    assert list(folder.glob(".*.part")) == []


def test_the_command_says_where_and_what(settings: Settings, tmp_path: Path) -> None:
    config = ("--config", str(settings.file))
    first = run("backup", str(tmp_path / "out"), *config)
    second = run("backup", str(tmp_path / "out"), "--keep", "1", "--json", *config)
    said = json.loads(second.stdout)

    assert first.returncode == second.returncode == 0
    assert "restored beside itself and compared: the same" in first.stdout
    assert all(len(line) <= 200 for line in first.stdout.splitlines())
    assert [Path(said["copy"])] == shelf_of(settings, tmp_path / "out").copies()
    assert said["removed"] == [first.stdout.splitlines()[0]]


def test_a_folder_that_cannot_be_written_is_a_sentence(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    done = run("backup", str(tmp_path / "file"), "--config", str(settings.file))

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "backup_failed" in done.stderr


def test_an_upgrade_copies_the_record_first(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that is installed back cannot read what the newer one made of it."""
    (tmp_path / "old").mkdir()
    file = tmp_path / "old" / "minori.toml"
    file.write_text("")
    old = load(file)
    from alembic import command

    honest = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: honest(config, "0001"))
    database.upgrade(old.database_url)
    monkeypatch.undo()

    done = run("db", "upgrade", "--config", str(file))
    again = run("db", "upgrade", "--config", str(file))

    (copy,) = shelf_of(old).copies()
    assert done.stdout.splitlines()[0] == f"copied first: {copy}"
    assert manifest.read(copy).record.schema == "0001"
    assert again.stdout == f"the database is at schema {database.head()}\n"


def test_check_tells_size_rows_and_damage(settings: Settings) -> None:
    rows(settings, 20_000)
    right = run("db", "check", "--config", str(settings.file))
    file = database.sqlite_file(settings.database_url)
    assert file is not None
    with file.open("r+b") as damaged:
        damaged.seek(file.stat().st_size // 2)
        damaged.write(b"\xff" * 8192)
    wrong = run("db", "check", "--config", str(settings.file))

    assert right.returncode == 0
    assert ["delivery", "20000"] in [line.split() for line in right.stdout.splitlines()]
    assert right.stdout.splitlines()[-1] == "whole: every page was read"
    assert wrong.returncode != 0
    assert "Traceback" not in wrong.stderr
