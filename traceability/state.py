"""What state a database is in: how large, how full, and whether its file is whole."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, inspect, text

from traceability.backup.sqlite_copy import fault_of
from traceability.database import sqlite_file


@dataclass(frozen=True, slots=True)
class State:
    """What `minori db check` tells.

    Attributes:
        bytes: Length of the file; None for a server.
        free_bytes: How much of it holds nothing any more and is used again.
        rows: Rows of each table.
        fault: What is wrong with the file; empty: nothing, or a server looks after it.
    """

    bytes: int | None
    free_bytes: int
    rows: Mapping[str, int]
    fault: str


def of(engine: Engine) -> State:
    """Return the state of a database; reads all of a SQLite file."""
    file = sqlite_file(engine.url.render_as_string(hide_password=False))
    fault = fault_of(file) if file else ""
    # What is damaged cannot be counted.
    rows = {} if fault else _counted(engine)
    free = free_bytes(engine) if file and not fault else 0
    return State(file.stat().st_size if file else None, free, rows, fault)


def free_bytes(engine: Engine) -> int:
    """Return what deleted rows left in a SQLite file, which does not shrink; 0 for a server."""
    if engine.dialect.name != "sqlite":
        return 0
    with engine.connect() as connection:
        pages = connection.scalar(text("PRAGMA freelist_count")) or 0
        return int(pages * (connection.scalar(text("PRAGMA page_size")) or 0))


def _counted(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        names = sorted(inspect(connection).get_table_names())
        return {
            name: int(connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0)  # noqa: S608
            for name in names
            if name != "alembic_version"
        }
