"""Rows of a file of lots, made into what the record takes in: all of them or none."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session

from edge import store
from edge.lot_map import Inspected, LotMap, Named
from edge.settings import Settings
from edge.table import records
from traceability import catalogue
from traceability.amounts import Amount
from traceability.database import writing_session
from traceability.errors import BadValue, TraceabilityError
from traceability.lot_import import Finding, ImportedLot, bring_in
from traceability.models import Crop, Site, Zone

# Above this a cell is no amount; and Decimal("1e999999") is a number of a million digits.
_MOST = 10**12
# Before it time zones are guesses; a year below is a slip of the pen.
_FIRST_DAY = date(1970, 1, 1)
_GRAMS = {"g": Decimal(1), "kg": Decimal(1000)}


@dataclass(slots=True)
class Outcome:
    """What an import would do, or did."""

    rows: int = 0
    new_lots: int = 0
    new_acts: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)  # (line of the file, sentence)


def import_lots(
    file: Path,
    lot_map: LotMap,
    settings: Settings,
    *,
    recorder: str,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Outcome:
    """Record the lots of a CSV file; nothing is kept of a dry run, or where any row has a problem.

    A dry run records as the real one does, up to the commit: what it lists is what would happen.

    Raises:
        TableInvalid: the file cannot be read, or lacks a column of the map.
    """
    with (
        store.opened(settings, create=not dry_run) as engine,
        writing_session(engine) as session,
    ):
        site = store.ensure_place(session, settings)
        outcome = _record(session, site, file, lot_map, recorder, progress)
        if dry_run or outcome.problems:
            session.rollback()
    return outcome


def _record(
    session: Session,
    site: Site,
    file: Path,
    lot_map: LotMap,
    recorder: str,
    progress: Callable[[int], None],
) -> Outcome:
    outcome = Outcome()
    reader = _Reader(session, site, lot_map)
    for line, cells in records(file, lot_map.columns):
        outcome.rows += 1
        by = f"{recorder} (import of {file.name}, line {line})"
        try:
            # A row that fails halfway leaves nothing behind for the next one to trip over.
            with session.begin_nested():
                added = bring_in(session, site, reader.lot(line, cells), recorder=by)
        except TraceabilityError as error:
            outcome.problems.append((line, str(error)))
        else:
            outcome.new_acts += added
            outcome.new_lots += added > 0
        progress(1)
    return outcome


@dataclass(slots=True)
class _Reader:
    """Makes lots of rows; every cell it cannot read is a BadValue that names its column."""

    session: Session
    site: Site
    map: LotMap
    lines: dict[str, int] = field(default_factory=dict)  # by lot code

    def lot(self, line: int, cells: Mapping[str, str | None]) -> ImportedLot:
        columns = self.map.lot
        code = _text(cells, columns.code)
        first = self.lines.setdefault(code, line)
        if first != line:
            raise _bad(columns.code, "one row a lot", f"{code}, which is line {first} too")
        days = {
            step: self._day(cells, getattr(columns, step))
            for step in ("sown", "transplanted", "harvested")
        }
        owner = {"organisation_id": self.site.organisation_id}
        crop = self._named(self.map.crop, cells)
        if crop is None:
            raise _bad(self.map.crop.column, "a crop", "a blank")
        zone = self._named(self.map.zone, cells) if self.map.zone else None
        within = {"site_id": self.site.id}
        return ImportedLot(
            code=code,
            crop=catalogue.find(self.session, Crop, crop, **owner),
            zone=catalogue.find(self.session, Zone, zone, **within) if zone else None,
            sown_on=days["sown"],
            transplanted_on=days["transplanted"],
            harvested_on=days["harvested"],
            planted_pieces=_count(cells, columns.planted_pieces),
            harvested=Amount(_count(cells, columns.harvested_pieces), self._weight_g(cells)),
            findings=list(self._findings(cells, days)),
        )

    def _day(self, cells: Mapping[str, str | None], column: str) -> date | None:
        text = _text(cells, column)
        if not text:
            return None
        try:
            day = datetime.strptime(text, self.map.dates.format).date()  # noqa: DTZ007 a day only
        except ValueError as error:
            raise _bad(column, f"a day as {self.map.dates.format}", repr(text)) from error
        today = datetime.now(UTC).astimezone(ZoneInfo(self.site.time_zone)).date()
        if not _FIRST_DAY <= day <= today:
            raise _bad(column, f"a day from {_FIRST_DAY} to today", repr(text))
        return day

    def _named(self, named: Named, cells: Mapping[str, str | None]) -> str | None:
        if named.code is not None:
            return named.code
        word = _text(cells, named.column)
        if named.codes and word and word not in named.codes:
            raise _bad(named.column, f"one of {', '.join(named.codes)}", repr(word))
        return (named.codes.get(word) if named.codes else word) or None

    def _weight_g(self, cells: Mapping[str, str | None]) -> int | None:
        columns = self.map.lot
        weight = _number(cells, columns.harvested_weight)
        if weight is None:
            return None
        grams = weight * _GRAMS[columns.weight_unit]
        return int(grams.to_integral_value(ROUND_HALF_EVEN))

    def _findings(
        self, cells: Mapping[str, str | None], days: Mapping[str, date | None]
    ) -> Iterator[Finding]:
        for one in self.map.inspections:
            value = _number(cells, one.column)
            if value is not None:
                yield _finding(one, float(value), days[one.on])


def _finding(one: Inspected, value: float, day: date | None) -> Finding:
    if day is None:
        raise _bad(one.column, f"a day for what the map says is of the day {one.on}", "a blank")
    return Finding(one.measure, value, one.unit, one.method, day, one.on == "harvested")


def _text(cells: Mapping[str, str | None], column: str) -> str:
    return (cells.get(column) or "").strip() if column else ""


def _number(cells: Mapping[str, str | None], column: str) -> Decimal | None:
    text = _text(cells, column)
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 <= number < _MOST:
        raise _bad(column, "a number from 0", repr(text))
    return number


def _count(cells: Mapping[str, str | None], column: str) -> int | None:
    number = _number(cells, column)
    if number is None or number == int(number):
        return None if number is None else int(number)
    raise _bad(column, "a whole number", str(number))


def _bad(column: str, expected: str, got: str) -> BadValue:
    return BadValue(
        field=column, expected=expected, got=got, next_step="correct the row or the map"
    )
