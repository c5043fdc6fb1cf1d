"""A damaged database is set aside, what can be read of it goes on, and what cannot is named."""

import errno
import logging
import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine

from tests.factories import START
from tests.traceability.sqlite.damage import (
    EACH,
    PAGE,
    SERIES,
    a_store,
    contents,
    overwrite,
    pages_of,
)
from traceability import database, rollups
from traceability.errors import DatabaseFull, DatabaseTooNew, DatabaseUnusable
from traceability.models import StoreLoss
from traceability.sqlite import losses, outline, rescue, start
from traceability.sqlite.examine import examine
from traceability.sqlite.lease import End, Lease, lease_of
from traceability.store_id import store_id

# What a rescue itself writes: a new name, everything queued anew, what was lost.
OURS = {"outbox", "store_fact", "store_loss", "uplink_sent", "uplink_receipt", "uplink_refusal"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("whole") / "minori.db"
    a_store(file)
    return file


@pytest.fixture
def file(whole: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "minori.db"
    for beside in (whole, outline.outline_of(whole)):
        shutil.copy(beside, copy.with_name(beside.name))
    return copy


def start_again(file: Path) -> None:
    """Start as a service does that was told of damage."""
    Lease(file).say_damaged()
    start.prepared(file)[0].give_back()


def rows(file: Path) -> dict[str, set[tuple[object, ...]]]:
    return {name: found for name, found in contents(file).items() if name not in OURS}


def lost(file: Path) -> list[StoreLoss]:
    with opened(file) as engine, database.reading_session(engine) as session:
        return losses.all_of(session)


class opened:  # noqa: N801
    def __init__(self, file: Path) -> None:
        self.engine = database.open_database(f"sqlite:///{file}")

    def __enter__(self) -> Engine:
        return self.engine

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()


def asides(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.glob("minori.db.broken-*"))


def is_consistent(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as direct:
        orphans = direct.execute("PRAGMA foreign_key_check").fetchall()
        return not orphans and direct.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_whole_database_is_left_alone(file: Path, whole: Path) -> None:
    start_again(file)

    assert rows(file) == rows(whole)
    assert asides(file) == []


def test_a_page_of_readings_costs_its_own_readings_and_names_their_hour(
    file: Path, whole: Path
) -> None:
    before = rows(whole)
    page = pages_of(whole, "reading")[5]
    overwrite(file, [page])

    start_again(file)

    after = rows(file)
    missing = before["reading"] - after["reading"]
    assert 0 < len(missing) < 400
    assert after["reading"] < before["reading"]
    assert {name: after[name] for name in after if name != "reading"} == {
        name: before[name] for name in before if name != "reading"
    }
    (loss,) = lost(file)
    assert (loss.why, loss.what, loss.subject) == ("unreadable", "reading", "probe-0 co2")
    times = sorted(row[1] for row in missing)  # type: ignore[type-var]
    assert loss.start < _moment(times[0]) <= _moment(times[-1]) < loss.end
    assert asides(file) == [loss.file]
    assert is_consistent(file)


def _moment(at_ms: object) -> str:
    from sensors import utc_from_ms

    assert isinstance(at_ms, int)
    return f"{utc_from_ms(at_ms):%Y-%m-%d %H:%M:%S}Z"


@pytest.mark.parametrize("filling", [None, b"\0"])
def test_without_its_first_page_nothing_is_lost(
    file: Path, whole: Path, filling: bytes | None
) -> None:
    """SQLite can then say nothing of the file: the outline beside it knows where tables begin."""
    overwrite(file, [1], with_=filling)

    start_again(file)

    assert rows(file) == rows(whole)
    assert lost(file) == []


def test_with_the_root_of_the_readings_gone_their_pages_are_found(file: Path, whole: Path) -> None:
    overwrite(file, pages_of(whole, "reading")[:1])

    start_again(file)

    before, after = rows(whole)["reading"], rows(file)["reading"]
    assert after <= before
    # Those that stood on the root itself are gone: one a page.
    assert len(after) > 0.99 * SERIES * EACH
    assert {loss.why for loss in lost(file)} == {"unreadable", "loose"}


@pytest.mark.parametrize("table", ["series", "device"])
def test_what_readings_are_named_by_is_taken_from_indexes(
    file: Path, whole: Path, table: str
) -> None:
    """One such page gone would leave all readings without a name."""
    overwrite(file, pages_of(whole, table))

    start_again(file)

    assert rows(file) == rows(whole)
    assert {(loss.what, loss.why) for loss in lost(file)} == {
        (table, "unreadable"),
        (table, "completed"),
    }


def test_a_lost_act_takes_its_lines_along_and_no_act_is_made_up(file: Path, whole: Path) -> None:
    overwrite(file, pages_of(whole, "act")[3:4])

    start_again(file)

    before, after = rows(whole), rows(file)
    assert all(after[name] <= before[name] for name in ("act", "act_line", "flow"))
    assert 0 < len(before["act"] - after["act"]) < 20
    assert {(loss.what, loss.why) for loss in lost(file)} >= {
        ("act", "unreadable"),
        ("act_line", "orphan"),
    }
    assert is_consistent(file)


def test_what_is_computed_from_acts_is_computed_anew(file: Path, whole: Path) -> None:
    overwrite(file, pages_of(whole, "stay")[1:])

    start_again(file)

    assert _stays(rows(file)) == _stays(rows(whole))
    assert lost(file) == []


def _stays(found: dict[str, set[tuple[object, ...]]]) -> set[tuple[object, ...]]:
    return {row[1:] for row in found["stay"]}


@pytest.mark.parametrize(
    "ruin",
    [
        lambda file: file.write_bytes(bytes(file.stat().st_size)),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"not a database at all " * 500),
    ],
    ids=["zeros", "empty", "text"],
)
def test_a_file_of_which_nothing_is_left_does_not_start_empty_in_silence(
    file: Path, ruin: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    ruin(file)
    ruined = file.read_bytes()

    with caplog.at_level(logging.ERROR):
        start_again(file)

    (loss,) = lost(file)
    assert (loss.what, loss.why) == (losses.EVERYTHING, "unreadable")
    assert (file.parent / loss.file).read_bytes() == ruined
    assert "set aside" in caplog.text


def test_half_a_file_gives_what_its_half_had(file: Path, whole: Path) -> None:
    with file.open("r+b") as disk:
        disk.truncate(whole.stat().st_size // 2 // PAGE * PAGE)

    start_again(file)

    before, after = rows(whole), rows(file)
    assert after["organisation"] == before["organisation"]
    assert all(after[name] <= before[name] for name in ("act", "reading", "lot", "flow"))
    assert is_consistent(file)
    assert lost(file)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_pages_are_overwritten_nothing_is_made_up(
    file: Path, whole: Path, seed: int
) -> None:
    """Noise, zeros, another page's bytes, half a page: acts and readings are those recorded."""
    chance = random.Random(seed)
    pages = whole.stat().st_size // PAGE
    for _ in range(chance.randint(1, 30)):
        page = chance.randint(1, pages)
        kind = chance.choice(["noise", "zeros", "other", "half"])
        with file.open("r+b") as disk:
            disk.seek((chance.randint(1, pages) - 1) * PAGE)
            other = disk.read(PAGE)
            disk.seek((page - 1) * PAGE + (PAGE // 2 if kind == "half" else 0))
            said = {"zeros": bytes(PAGE), "other": other, "half": chance.randbytes(PAGE // 2)}
            disk.write(said.get(kind) or chance.randbytes(PAGE))

    start_again(file)

    before, after = rows(whole), rows(file)
    for name in ("act", "reading", "flow", "act_line"):
        assert after[name] <= before[name], name
    assert is_consistent(file)
    if any(after[name] != before[name] for name in ("act", "reading")):
        assert lost(file)


def test_a_rescued_database_is_another_one_to_its_hub(file: Path, whole: Path) -> None:
    with opened(file) as engine, database.writing_session(engine) as session:
        before = store_id(session)
    overwrite(file, pages_of(whole, "reading")[5:6])

    start_again(file)

    with opened(file) as engine, database.writing_session(engine) as session:
        assert store_id(session) != before


def test_a_power_cut_at_any_moment_of_a_rescue_loses_nothing_more(
    file: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that takes the place is whole before the other moves."""
    overwrite(file, pages_of(whole, "reading")[5:6])
    step = 0

    class Cut(Exception):
        pass

    real = Path.rename
    for moment in range(1, 4):

        def rename(path: Path, target: Path, moment: int = moment) -> Path:
            nonlocal step
            step += 1
            if step == moment:
                raise Cut
            return real(path, target)

        step = 0
        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", rename)
            with pytest.raises(Cut):
                start_again(file)
    assert rescue.is_interrupted(file)
    with pytest.raises(DatabaseUnusable, match="interrupted"):
        start.refuse_vanished(file)

    start_again(file)

    assert len(rows(file)["reading"]) > SERIES * EACH - 400
    assert len(lost(file)) == 1
    assert len(asides(file)) == 1
    assert not rescue.is_interrupted(file)


def test_somebody_elses_file_is_never_touched(tmp_path: Path) -> None:
    """A mistyped path must not rename a person's notes."""
    notes = tmp_path / "notes.txt"
    notes.write_text("the quick brown fox " * 500)

    with pytest.raises(DatabaseUnusable, match="nothing beside this file says"):
        start.prepared(notes)

    assert notes.read_text().startswith("the quick")
    assert not list(tmp_path.glob("*.broken-*"))


def test_a_database_others_have_open_is_not_replaced(file: Path, whole: Path) -> None:
    """The other would go on writing into what was set aside."""
    overwrite(file, pages_of(whole, "reading")[5:6])
    other = Lease(file)
    other.take()

    with pytest.raises(DatabaseUnusable, match="another process has it open"):
        start.put_in_order(file)

    assert asides(file) == []
    other.give_back()
    assert start.put_in_order(file) is not None


def test_who_starts_beside_a_rescue_waits_for_it_and_rescues_nothing(
    file: Path, whole: Path
) -> None:
    """Agent and pages start in the same second after a power cut."""
    overwrite(file, pages_of(whole, "reading")[5:6])
    Lease(file).say_damaged()
    together = Barrier(4)

    def begin(_: int) -> bool:
        together.wait()
        lease, done = start.prepared(file)
        with closing(sqlite3.connect(file)) as direct:
            direct.execute("SELECT count(*) FROM reading").fetchone()
        lease.give_back()
        return done is not None

    with ThreadPoolExecutor(4) as pool:
        did = list(pool.map(begin, range(4)))

    assert sorted(did) == [False, False, False, True]
    assert len(asides(file)) == 1


def test_who_starts_on_a_file_said_to_be_damaged_waits_until_others_left_it(
    file: Path, whole: Path
) -> None:
    """Else the two would start anew in turn, and neither ever be alone with it."""
    overwrite(file, pages_of(whole, "reading")[5:6])
    other = Lease(file)
    other.take()
    other.say_damaged()

    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(start.prepared, file)
        with pytest.raises(TimeoutError):
            starting.result(timeout=0.3)
        other.give_back()
        lease, done = starting.result(timeout=60)

    assert done is not None
    lease.give_back()


def test_a_look_up_after_a_power_cut_leaves_it_to_the_service_to_look_the_file_over(
    file: Path, whole: Path
) -> None:
    overwrite(file, pages_of(whole, "reading")[5:6])
    lease_of(file).write_text("another boot")

    look_up = Lease(file)
    look_up.take()
    look_up.give_back()
    start.prepared(file)[0].give_back()

    assert len(asides(file)) == 1


def test_a_database_that_vanished_is_not_begun_anew(file: Path) -> None:
    """Its disk may only not be mounted yet."""
    file.unlink()

    with pytest.raises(DatabaseUnusable, match="the file is gone"):
        start.prepared(file)


def test_how_the_last_ended_is_told_by_its_lease(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end() -> End:
        found = list[End]()
        lease = Lease(file)
        lease.take(first=found.append)
        lease.give_back()
        return found[0]

    def kill() -> None:
        killed = Lease(file)
        killed.take()
        assert killed._handle is not None
        os.close(killed._handle)

    assert (end(), end()) == (End.CLEAN, End.CLEAN)
    kill()
    assert (end(), end()) == (End.KILLED, End.CLEAN)

    kill()
    with monkeypatch.context() as patch:
        patch.setattr("traceability.sqlite.lease.boot_id", lambda: "the next boot")
        assert (end(), end()) == (End.CUT, End.CLEAN)
    Lease(file).say_damaged()
    assert (end(), end()) == (End.DAMAGED, End.CLEAN)


def test_a_service_that_cannot_put_a_file_in_order_leaves_it_to_the_next(file: Path) -> None:
    Lease(file).say_damaged()

    def fail(_: End) -> None:
        raise OSError

    with pytest.raises(OSError):
        Lease(file).take(first=fail)

    assert Lease(file).is_damaged


def test_after_a_power_cut_pages_are_looked_at_and_after_a_kill_not(
    file: Path, whole: Path
) -> None:
    """A kill leaves the kernel to finish its writes; a start after it must be quick."""
    overwrite(file, pages_of(whole, "reading")[5:6])
    # A page SQLite does not meet by opening.
    assert not examine(file, limit_s=0.0).is_checked

    lease_of(file).write_text("another boot")
    start.prepared(file)[0].give_back()

    assert len(asides(file)) == 1


def test_a_look_that_takes_too_long_ends_and_says_so(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("traceability.sqlite.examine._STEPS", 1)

    assert not examine(file, limit_s=1e-9).is_checked
    assert examine(file, limit_s=None).is_checked


def test_a_damaged_page_is_named(file: Path, whole: Path) -> None:
    page = pages_of(whole, "reading")[5]
    overwrite(file, [page])

    assert f"Page {page}" in examine(file, limit_s=None).fault


@pytest.fixture
def torn(file: Path) -> Path:
    """A log with ten committed transactions, as a killed process leaves it."""
    copy = file.with_name("cut.db")
    with closing(sqlite3.connect(file, isolation_level=None)) as direct:
        direct.execute("PRAGMA journal_mode = WAL")
        direct.execute("PRAGMA wal_autocheckpoint = 0")
        for number in range(10):
            direct.execute("INSERT INTO store_fact VALUES (?, 'x')", (f"fact-{number}",))
        for ending in ("", "-wal"):
            shutil.copy(f"{file}{ending}", f"{copy}{ending}")
    shutil.copy(outline.outline_of(file), outline.outline_of(copy))
    return copy


def test_a_torn_end_of_the_log_is_cut_and_said(
    torn: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The last transaction was on its way: nobody was told that it is kept."""
    log = torn.with_name("cut.db-wal")
    log.write_bytes(log.read_bytes()[:-100] + b"\xff" * 100)

    with caplog.at_level(logging.INFO):
        start.prepared(torn)[0].give_back()

    assert "pages of an unfinished transaction" in caplog.text
    assert len({row for row in contents(torn)["store_fact"] if row[1] == "x"}) == 9
    assert lost(torn) == []


def test_whole_transactions_behind_a_torn_place_are_a_loss_with_their_log_kept(
    torn: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = torn.with_name("cut.db-wal")
    data = bytearray(log.read_bytes())
    frame = 24 + PAGE
    place = 32 + (len(data) - 32) // frame // 2 * frame + 500
    data[place : place + 50] = b"\xff" * 50
    log.write_bytes(data)

    with caplog.at_level(logging.ERROR):
        start.prepared(torn)[0].give_back()

    kept = len({row for row in contents(torn)["store_fact"] if row[1] == "x"})
    (loss,) = lost(torn)
    assert (loss.why, loss.what) == ("torn", "log")
    assert loss.rows == 10 - kept - 1 > 0
    assert (torn.parent / loss.file).read_bytes() == bytes(data)
    assert "torn" in caplog.text


def test_a_torn_log_of_a_file_that_is_damaged_too_is_said_as_well(torn: Path, whole: Path) -> None:
    """Both come from one power cut; what was rescued must not hide what the log lost."""
    log = torn.with_name("cut.db-wal")
    data = bytearray(log.read_bytes())
    frame = 24 + PAGE
    data[32 + 3 * frame + 500 : 32 + 3 * frame + 550] = b"\xff" * 50
    log.write_bytes(data)
    overwrite(torn, pages_of(whole, "reading")[5:6])

    assert start.put_in_order(torn) is not None

    (unreadable, torn_off) = lost(torn)
    assert (unreadable.what, torn_off.what) == ("reading", "log")
    assert (torn.parent / torn_off.file).exists()


def test_a_log_whose_header_is_damaged_is_a_loss_unless_all_of_it_was_copied(torn: Path) -> None:
    """SQLite takes such a log for an empty one, and says nothing."""
    log = torn.with_name("cut.db-wal")
    copied = torn.with_name("copied.db")
    for beside in (torn, outline.outline_of(torn)):
        shutil.copy(beside, copied.with_name(beside.name.replace("cut", "copied")))
    whole_log = log.read_bytes()
    log.write_bytes(bytes(32) + whole_log[32:])

    start.prepared(torn)[0].give_back()

    (loss,) = lost(torn)
    assert (loss.what, loss.rows) == ("log", 9)
    copied.with_name("copied.db-wal").write_bytes(whole_log)
    with closing(sqlite3.connect(copied)) as direct:
        direct.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        copied.with_name("copied.db-wal").write_bytes(bytes(32) + whole_log[32:])
        shutil.copy(copied, copied.with_name("again.db"))
    shutil.copy(outline.outline_of(torn), copied.with_name("again.db-outline"))
    copied.with_name("again.db-wal").write_bytes(bytes(32) + whole_log[32:])

    start.prepared(copied.with_name("again.db"))[0].give_back()

    assert lost(copied.with_name("again.db")) == []


@pytest.mark.parametrize("page", [1, 0], ids=["first page", "a page of readings"])
def test_a_damaged_file_of_a_newer_version_is_left_to_that_version(
    file: Path, whole: Path, page: int
) -> None:
    """What it wrote we cannot read: an older program that was put back must not rename it."""
    with closing(sqlite3.connect(file)) as direct:
        direct.execute("UPDATE alembic_version SET version_num = '9999'")
        direct.commit()
    outline.keep(file)
    overwrite(file, [page or pages_of(whole, "reading")[5]])
    ruined = file.read_bytes()

    with pytest.raises(DatabaseTooNew):
        start_again(file)

    assert file.read_bytes() == ruined
    assert asides(file) == []
    assert Lease(file).is_damaged


def test_with_first_page_and_outline_gone_it_starts_and_says_that_everything_is_lost(
    file: Path,
) -> None:
    overwrite(file, [1])
    outline.outline_of(file).write_text("{")

    start_again(file)

    (loss,) = lost(file)
    assert loss.what == losses.EVERYTHING
    assert (file.parent / loss.file).stat().st_size > 1_000_000


def test_a_file_that_another_program_holds_is_not_set_aside(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("DELETE FROM outbox")
        with pytest.raises(DatabaseUnusable, match="locked"):
            start_again(file)

    assert asides(file) == []


def test_a_folder_in_its_place_is_not_set_aside(file: Path) -> None:
    file.unlink()
    file.mkdir()

    with pytest.raises(DatabaseUnusable, match="unable to open"):
        start_again(file)

    assert file.is_dir()


def test_without_room_for_a_second_file_nothing_is_changed(
    file: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overwrite(file, pages_of(whole, "reading")[5:6])
    before = file.read_bytes()

    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(rescue, "_sync", full)
        with pytest.raises(DatabaseFull):
            start_again(file)

    assert file.read_bytes() == before
    assert not list(file.parent.glob("*.rescu*"))
    start_again(file)
    assert len(lost(file)) == 1


def test_the_new_file_may_be_read_by_whom_the_old_one_could(file: Path, whole: Path) -> None:
    """Root rescues by hand; the service must be able to open it, and nobody else."""
    overwrite(file, pages_of(whole, "reading")[5:6])
    file.chmod(0o640)

    start_again(file)

    assert file.stat().st_mode & 0o777 == 0o640


def test_rollups_whose_page_is_gone_are_made_again_and_are_no_loss(file: Path, whole: Path) -> None:
    def step() -> None:
        with opened(file) as engine:
            while True:
                with engine.execution_options(write=True).begin() as connection:
                    if not rollups.step(connection):
                        return

    step()
    before = rows(file)
    overwrite(file, pages_of(file, "rollup_minute")[2:4])
    outline.keep(file)

    start_again(file)
    step()

    assert len(asides(file)) == 1
    assert lost(file) == []
    assert rows(file)["rollup_minute"] == before["rollup_minute"]


def test_a_loss_is_news_until_a_person_takes_notice_and_stays_on_record(
    file: Path, whole: Path
) -> None:
    overwrite(file, pages_of(whole, "reading")[5:6])
    start_again(file)

    with opened(file) as engine:
        with database.writing_session(engine) as session:
            (taken,) = losses.take_notice(session, by="Sato", at=START)
        with database.writing_session(engine) as session:
            assert losses.take_notice(session, by="Hoshi", at=START) == []
            assert losses.unseen(session) == []

    (kept,) = lost(file)
    assert (kept.id, kept.seen_by, kept.seen_at) == (taken.id, "Sato", START)
