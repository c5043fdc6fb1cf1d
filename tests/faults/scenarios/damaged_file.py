"""Torn writes and overwritten pages at random places: the agent starts, and says what is missing.

A farm's file, with a log that was not copied into it yet, loses pages to noise, zeros, halves and
other pages, its first page, its end, a place of its log or the log's last write; every third time
the rescue is killed, too. Whatever is missing afterwards must lie in a stretch that is named.
"""

import asyncio
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from sensors import Quality, Reading, to_ms
from tests.edge.conftest import until
from tests.factories import START
from tests.fakes.mosquitto import Mosquitto
from tests.faults.figures import Figures
from tests.faults.rig.process import AgentProcess
from tests.traceability.sqlite.damage import EACH, PAGE, SERIES, a_store, contents, overwrite
from traceability import database
from traceability.models import StoreLoss
from traceability.readings import Delivery, Recorder
from traceability.sqlite import losses, outline, wal

SHORT, LONG = 7, 200
# What may not be lost without a word, or come out of nothing.
RECORD = ("reading", "act", "act_line", "flow", "lot", "series", "device", "zone", "organisation")
NEVER_MADE_UP = ("reading", "act", "act_line", "flow")
IN_LOG = 30
FRAME = 24 + PAGE

Rows = dict[str, set[tuple[object, ...]]]
Damage = Callable[[Path, random.Random], None]


def run(size: int) -> Figures:
    """Damage `size` files."""
    wrong, lost_rows, empty = [], 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = _farm(folder / "whole")
        before, last = _contents(whole, folder / "look"), START + timedelta(days=1, minutes=IN_LOG)
        broker = Mosquitto(folder)
        broker.start()
        try:
            for number in range(size):
                at = folder / f"round-{number}"
                said, after, found = _round(whole, at, broker.port, number)
                rows = [*_missing(before, after)]
                lost_rows += len(rows)
                empty += not any(after.values())
                known = _names(before)
                wrong += [f"round {number}: {problem}" for problem in said]
                wrong += [
                    f"round {number}: {table} {row} is missing, and nobody says so"
                    for table, row in rows
                    if not _is_named(table, row, found, known, last_ms=to_ms(last))
                ][:3]
                wrong += [
                    f"round {number}: {table} has rows nobody wrote"
                    for table in NEVER_MADE_UP
                    if after[table] - before[table]
                ]
                shutil.rmtree(at)
        finally:
            broker.stop()
    seen = (
        ("files damaged", size),
        ("rows before, each", sum(len(rows) for rows in before.values())),
        ("rows lost and named, on average", lost_rows / size),
        ("files of which nothing was left", empty),
    )
    return Figures("damaged_file", seen, tuple(wrong))


def _farm(folder: Path) -> Path:
    """Make a file whose newest readings are still in its log, as a power cut leaves it."""
    folder.mkdir()
    live, file = folder / "live.db", folder / "minori.db"
    a_store(live)
    shutil.copy(live, folder / "closed.db")
    engine = database.open_database(f"sqlite:///{live}")
    with engine.connect() as connection:
        site_id = connection.exec_driver_sql("SELECT id FROM site").scalar_one()
    recorder = Recorder(engine, site_id)
    for number in range(IN_LOG):
        at = START + timedelta(days=1, minutes=number)
        said = [Reading(f"probe-{n}", "co2", 500.0, at, Quality.GOOD) for n in range(SERIES)]
        recorder.append([Delivery(said)])
    for ending in ("", "-wal"):
        shutil.copy(f"{live}{ending}", f"{file}{ending}")
    engine.dispose()
    shutil.copy(outline.outline_of(live), outline.outline_of(file))
    return file


def _round(
    whole: Path, folder: Path, port: int, number: int
) -> tuple[list[str], Rows, list[StoreLoss]]:
    """Damage one copy, start the agent; return what went wrong, what is there and what is said."""
    chance = random.Random(number)
    folder.mkdir()
    for beside in whole.parent.glob("minori.db*"):
        shutil.copy(beside, folder / beside.name)
    agent = AgentProcess(folder, port)
    with (folder / "minori.toml").open("a") as settings:
        settings.write("[retention]\nraw_days = 0\n")
    damage = list(DAMAGES)[number % len(DAMAGES)]
    DAMAGES[damage](agent.database, chance)
    # As after a power cut: it is looked at.
    (folder / "minori.db-lease").write_text("damaged")
    if number % 3 == 2:
        asyncio.run(_killed(agent, chance.uniform(0.3, 2.0)))
    said = asyncio.run(_started(agent))
    problems = [f"{damage}: {said}"] if said else []
    found, after = _losses(agent.database), contents(agent.database)
    return problems, {name: after.get(name, set()) for name in RECORD}, found


async def _killed(agent: AgentProcess, after_s: float) -> None:
    agent.start()
    await asyncio.sleep(after_s)
    agent.kill()


async def _started(agent: AgentProcess) -> str:
    """Return why it did not start; empty: it did, and was ended in order."""
    log = agent.database.with_name("log")
    agent.start()
    try:
        await until(agent.is_connected, limit_s=60)
    except AssertionError:
        return f"it did not start: {log.read_text()[-300:]}"
    finally:
        agent.kill()
    return "a traceback" if b"Traceback" in log.read_bytes() else ""


def _contents(whole: Path, folder: Path) -> Rows:
    folder.mkdir()
    for beside in whole.parent.glob("minori.db*"):
        shutil.copy(beside, folder / beside.name)
    found = contents(folder / whole.name)
    return {name: found[name] for name in RECORD}


def _losses(file: Path) -> list[StoreLoss]:
    engine = database.open_database(f"sqlite:///{file}")
    with database.reading_session(engine) as session:
        found = losses.all_of(session)
    engine.dispose()
    return found


def _missing(before: Rows, after: Rows) -> Iterator[tuple[str, tuple[object, ...]]]:
    for table in RECORD:
        for row in before[table] - after[table]:
            yield table, row


def _names(before: Rows) -> dict[object, str]:
    devices = {
        row[0]: next(str(cell) for cell in row if str(cell).startswith("probe-"))
        for row in before["device"]
        if any(str(cell).startswith("probe-") for cell in row)
    }
    return {
        row[0]: next((f"{devices[cell]} co2" for cell in row if cell in devices), "")
        for row in before["series"]
    }


def _is_named(
    table: str,
    row: tuple[object, ...],
    found: list[StoreLoss],
    names: dict[object, str],
    *,
    last_ms: int,
) -> bool:
    for loss in found:
        if loss.what == losses.EVERYTHING or (loss.what == table and loss.why == "orphan"):
            return True
        if loss.what == table != "reading":
            return True
        if table == "reading" and loss.what == table and loss.subject == names[row[0]]:
            at = losses._instant(int(str(row[1])))
            if (loss.start or "") <= at <= (loss.end or "~"):
                return True
        if loss.why == "torn" and table in ("reading", "delivery"):
            return losses._instant(int(str(row[1]))) > loss.start
    # The last transaction was on its way: nobody was told that it is kept.
    return table == "reading" and row[1] == last_ms - 60_000


def _pages(file: Path, chance: random.Random) -> None:
    count = file.stat().st_size // PAGE
    for _ in range(chance.randint(1, 8)):
        page, kind = chance.randint(2, count), chance.choice(["noise", "zeros", "other", "half"])
        with file.open("r+b") as disk:
            disk.seek((chance.randint(1, count) - 1) * PAGE)
            other = disk.read(PAGE)
            disk.seek((page - 1) * PAGE + (PAGE // 2 if kind == "half" else 0))
            said = {"zeros": bytes(PAGE), "other": other, "half": chance.randbytes(PAGE // 2)}
            disk.write(said.get(kind) or chance.randbytes(PAGE))


def _first(file: Path, _: random.Random) -> None:
    overwrite(file, [1])


def _cut(file: Path, chance: random.Random) -> None:
    with file.open("r+b") as disk:
        disk.truncate(chance.randint(1, file.stat().st_size))


def _log(file: Path, chance: random.Random) -> None:
    log = wal.beside(file)
    with log.open("r+b") as disk:
        disk.seek(chance.randrange(log.stat().st_size - FRAME))
        disk.write(chance.randbytes(64))


def _end_of_log(file: Path, chance: random.Random) -> None:
    log = wal.beside(file)
    with log.open("r+b") as disk:
        disk.truncate(log.stat().st_size - chance.randint(1, PAGE))


def _log_header(file: Path, chance: random.Random) -> None:
    with wal.beside(file).open("r+b") as disk:
        disk.write(chance.randbytes(wal.HEADER))


def _both(file: Path, chance: random.Random) -> None:
    _pages(file, chance)
    _log(file, chance)


DAMAGES: dict[str, Damage] = {
    "pages": _pages,
    "first page": _first,
    "cut": _cut,
    "log": _log,
    "end of log": _end_of_log,
    "log header": _log_header,
    "pages and log": _both,
}
assert EACH > IN_LOG
