"""A database worth rescuing, and ways to damage it."""

import random
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sensors import Quality, Reading
from tests.factories import START, a_farm, harvested
from tests.filled import fill
from traceability import database
from traceability.readings import Delivery, Recorder
from traceability.sqlite import outline
from traceability.sqlite.copying import tables_of

PAGE = 4096
SERIES, EACH = 6, 3000


def a_store(file: Path) -> None:
    """Write a farm with lots, acts and some thousand readings; close it cleanly."""
    fill(f"sqlite:///{file}")
    engine = database.open_database(f"sqlite:///{file}")
    with database.writing_session(engine) as session:
        farm = a_farm(session)
        for number in range(40):
            harvested(session, farm, code=f"L{number}")
        site_id = farm.site.id
    recorder = Recorder(engine, site_id)
    for device in range(SERIES):
        for first in range(0, EACH, 500):
            recorder.append(
                [Delivery([_reading(device, number)]) for number in range(first, first + 500)]
            )
    engine.dispose()
    outline.keep(file)


def _reading(device: int, number: int) -> Reading:
    at = START + timedelta(seconds=10 * number)
    return Reading(f"probe-{device}", "co2", 400.0 + number, at, Quality.GOOD)


def contents(file: Path) -> dict[str, set[tuple[object, ...]]]:
    """Return every row of every table."""
    with closing(sqlite3.connect(file)) as direct:
        return {
            table: set(direct.execute(f'SELECT * FROM "{table}"')) for table in tables_of(direct)
        }


def pages_of(file: Path, name: str) -> list[int]:
    """Return the pages of a table or an index, its root first."""
    with closing(sqlite3.connect(file)) as direct:
        root = direct.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,))
        return _below(file, root.fetchone()[0])


def _below(file: Path, page: int) -> list[int]:
    data = file.read_bytes()[(page - 1) * PAGE : page * PAGE]
    at = 100 if page == 1 else 0
    if data[at] not in (2, 5):
        return [page]
    cells = int.from_bytes(data[at + 3 : at + 5], "big")
    pointers = [
        int.from_bytes(data[at + 12 + 2 * n : at + 14 + 2 * n], "big") for n in range(cells)
    ]
    children = [int.from_bytes(data[p : p + 4], "big") for p in pointers]
    children.append(int.from_bytes(data[at + 8 : at + 12], "big"))
    return [page, *(below for child in children for below in _below(file, child))]


def overwrite(file: Path, pages: Iterable[int], *, with_: bytes | None = None) -> None:
    """Put noise, or what is said, in place of pages."""
    chance = random.Random(1)
    with file.open("r+b") as disk:
        for page in pages:
            disk.seek((page - 1) * PAGE)
            disk.write(chance.randbytes(PAGE) if with_ is None else with_ * (PAGE // len(with_)))
