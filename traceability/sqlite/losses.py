"""What a rescue could not read, said so that a person knows which hour of which probe it was."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, inspect
from sqlmodel import Session, SQLModel, select

from sensors import utc_from_ms
from traceability import database, rollups
from traceability.models import Device, Lot, Series, StoreLoss, rollup_mark
from traceability.projection import project
from traceability.rollups import Stretch
from traceability.sqlite.copying import Copied
from traceability.sqlite.salvage import Hole, Key
from traceability.store_id import renew

# Computed from these: where they are whole, it is computed anew, and nothing of it is lost.
_COMPUTED = "stay"
_HISTORY = {"act", "act_line", "lot"}
# Tables whose key is a series and a time.
_BY_SERIES = ("reading", "rollup_minute", "rollup_hour", "rollup_day")
# What a loss says of a file of which nothing at all was left.
EVERYTHING = "everything"
_FOR_EVER = 2**53
# By series, which is how they are kept: of all readings at once it would take minutes.
_LAST_READING = (
    "SELECT max((SELECT max(at_ms) FROM reading WHERE series_id = series.id)) FROM series"
)
# When a row was made, in the tables that say so.
_MOMENTS = ("recorded_at", "made_at", "created_at", "found_at", "start")


def describe(building: Path, copied: Copied, *, file: str) -> int:
    """Write what is missing into the new database, and give it a name of its own.

    Returns how many losses there are.
    """
    engine = database.connect(f"sqlite:///{building}")
    try:
        with database.writing_session(engine) as session:
            lost = _computed_anew(session, list(_losses(session, copied)))
            for loss in lost:
                loss.file = file
                session.add(loss)
            renew(session)
            return len(lost)
    finally:
        engine.dispose()


def record_torn(file: Path, transactions: int, *, kept: str) -> None:
    """Write down that whole transactions stood behind a torn place of the log."""
    engine = database.connect(f"sqlite:///{file}")
    try:
        with engine.execution_options(write=True).begin() as connection:
            # An older schema has no place for it; it was logged.
            if inspect(connection).has_table(str(StoreLoss.__tablename__)):
                last = connection.exec_driver_sql(_LAST_READING).scalar()
                start = _instant(last) if last else ""
                loss = _loss("log", why="torn", rows=transactions, start=start)
                loss.file = kept
                connection.execute(insert(StoreLoss), loss.model_dump(exclude={"id"}))
    finally:
        engine.dispose()


def all_of(session: Session) -> list[StoreLoss]:
    """Return every loss on record, oldest first."""
    return list(session.exec(select(StoreLoss).order_by(StoreLoss.id)).all())  # type: ignore[arg-type]


def unseen(session: Session) -> list[StoreLoss]:
    """Return those that no person has taken notice of, oldest first."""
    return [loss for loss in all_of(session) if loss.seen_at is None]


def take_notice(session: Session, *, by: str, at: datetime) -> list[StoreLoss]:
    """Note that a person knows of every loss on record; return those that were new. The caller
    commits."""
    found = unseen(session)
    for loss in found:
        loss.seen_at, loss.seen_by = at, by
        session.add(loss)
    return found


def sentence(loss: StoreLoss) -> str:
    """Say a loss in one line."""
    subject = f"{loss.what} of {loss.subject}" if loss.subject else loss.what
    start, end = loss.start or "the beginning", loss.end or "the end"
    rows = "some" if loss.rows is None else str(loss.rows)
    most = "" if loss.rows is None else f", {rows} rows at most"
    said = {
        "unreadable": f"rows between {start} and {end} are missing, some or all{most}",
        "orphan": f"{rows} rows were left out, for what they belong to is lost",
        "completed": f"{rows} rows were put together from what refers to them; look them over",
        "loose": f"{rows} rows were found on pages that belong nowhere; look them over",
        "torn": f"{rows} transactions at its end are lost; the last reading left is of {start}",
    }
    return f"{subject}: {said[loss.why]}"


def _losses(session: Session, copied: Copied) -> Iterator[StoreLoss]:
    if not copied.rows.total() and not copied.loose and (copied.holes or copied.unreadable):
        yield _loss(EVERYTHING)
        return
    names = _series_names(session)
    for hole in copied.holes:
        yield from _of_hole(session, hole, names)
    for table, rows in sorted(copied.orphans.items()):
        yield _loss(table, why="orphan", rows=rows)
    for table, rows in sorted(copied.completed.items()):
        yield _loss(table, why="completed", rows=rows)
    for table, rows in sorted(copied.loose.items()):
        yield _loss(table, why="loose", rows=rows)
    for table in copied.unreadable:
        yield _loss(table)


def _computed_anew(session: Session, lost: list[StoreLoss]) -> list[StoreLoss]:
    """Compute what can be, and return what is lost all the same."""
    touched = {loss.what for loss in lost}
    if _COMPUTED not in touched or touched & _HISTORY:
        return lost
    project(session, *session.exec(select(Lot)).all())
    return [loss for loss in lost if loss.what != _COMPUTED]


def _of_hole(session: Session, hole: Hole, names: dict[int, str]) -> Iterator[StoreLoss]:
    if hole.table not in _BY_SERIES:
        yield _loss(
            hole.table,
            start=_shown(session, hole.table, hole.after),
            end=_shown(session, hole.table, hole.before),
            rows=_between(hole),
        )
        return
    first = hole.after[0] if hole.after else min(names, default=0)
    last = hole.before[0] if hole.before else max(names, default=0)
    for number in sorted(n for n in names if first <= n <= last):
        after = hole.after if hole.after and hole.after[0] == number else None
        before = hole.before if hole.before and hole.before[0] == number else None
        if hole.table != "reading" and _made_again(session, number, after, before):
            continue
        start, end = (_moment(key) if key else "" for key in (after, before))
        yield _loss(hole.table, subject=names[number], start=start, end=end)


def _made_again(session: Session, series: int, after: Key | None, before: Key | None) -> bool:
    """Have rollups made again from readings; False where those have expired."""
    stretch = Stretch(series, after[1] if after else 0, before[1] if before else _FOR_EVER)
    rollups.make_again(session.connection(), [stretch])
    mark = select(rollup_mark.c.raw_from_ms).where(rollup_mark.c.series_id == series)
    return (session.connection().scalar(mark) or 0) <= stretch.start_ms


def _between(hole: Hole) -> int | None:
    """Return how many rows a stretch of row numbers may have had."""
    if not (hole.after and hole.before and len(hole.after) == 1):
        return None
    first, last = hole.after[0], hole.before[0]
    return last - first - 1 if isinstance(first, int) and isinstance(last, int) else None


def _shown(session: Session, table: str, key: Key | None) -> str:
    """Return a row's moment, where it has one, or its key."""
    if key is None:
        return ""
    known = SQLModel.metadata.tables
    columns = list(known[table].columns.keys()) if table in known else []
    for name in _MOMENTS:
        if name in columns and len(key) == 1:
            query = f'SELECT "{name}" FROM "{table}" WHERE rowid = :key'
            found = session.connection().exec_driver_sql(query, {"key": key[0]}).scalar()
            if found:
                return str(found).partition(".")[0] + "Z"
    return "/".join(str(part) for part in key)


def _series_names(session: Session) -> dict[int, str]:
    rows: Any = session.exec(
        select(Series, Device).where(Series.device_id == Device.id).order_by(Series.id)  # type: ignore[arg-type]
    )
    return {
        series.id: " ".join(filter(None, (device.code, series.quantity, series.channel)))
        for series, device in rows
    }


def _moment(key: Key) -> str:
    return _instant(key[1])


def _instant(at_ms: int) -> str:
    return f"{utc_from_ms(at_ms):%Y-%m-%d %H:%M:%S}Z"


def _loss(
    what: str,
    *,
    why: str = "unreadable",
    subject: str = "",
    start: str = "",
    end: str = "",
    rows: int | None = None,
) -> StoreLoss:
    return StoreLoss(
        found_at=datetime.now(UTC),
        file="",
        why=why,
        what=what,
        subject=subject,
        start=start,
        end=end,
        rows=rows,
    )
