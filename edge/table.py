"""Rows of a recorded climate: a moment, and what each column said then, in the quantity's unit."""

import csv
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from edge.errors import TableInvalid
from edge.table_map import Column, TableMap, TimeColumn
from sensors.quantities import convert

SAMPLES = 3
# Clocks that go back repeat an hour; further back than that, the file is not in order.
REPEATED = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Row:
    """One moment, aware UTC. `values` has every mapped column; None: blank, no value."""

    line: int
    at: datetime
    values: Mapping[str, float | None]


@dataclass(slots=True)
class Faults:
    """What was refused: how often by reason, and where first."""

    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, where: str) -> None:
        self.counts[reason] += 1
        kept = self.samples.setdefault(reason, [])
        if len(kept) < SAMPLES:
            kept.append(where)


def rows(file: Path, table_map: TableMap, faults: Faults) -> Iterator[Row]:
    """Yield the rows of a CSV file in its order; what cannot be read is counted and left out.

    Raises:
        TableInvalid: the file cannot be read, or lacks a column of the map.
    """
    wanted = [table_map.time.column, *(column.column for column in table_map.columns)]
    before: datetime | None = None
    for line, record in records(file, wanted):
        at = _moment(record, table_map.time, before, line, faults)
        if at is not None:
            before = at
            yield Row(line, at, _values(record, table_map.columns, line, faults))


def records(file: Path, wanted: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    """Yield (line, cells by column) of a CSV file in its order.

    Raises:
        TableInvalid: the file cannot be read, or lacks a `wanted` column.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.DictReader(source)
            _check_columns(file, reader.fieldnames or [], wanted)
            for record in reader:
                yield reader.line_num, record
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableInvalid(
            file=file,
            problem="cannot be read",
            expected="a CSV file in UTF-8 with a header line",
            got=str(error),
            next_step="check its name and encoding",
        ) from error


def count_lines(file: Path) -> int:
    """Return about how many rows there are, for a progress bar; 0 where it cannot be read."""
    try:
        with file.open("rb") as source:
            return max(
                0, sum(block.count(b"\n") for block in iter(lambda: source.read(65536), b"")) - 1
            )
    except OSError:
        return 0


def _check_columns(file: Path, present: Sequence[str], wanted: Sequence[str]) -> None:
    for name in wanted:
        if name not in present:
            raise TableInvalid(
                file=file,
                problem=f"no column {name!r}",
                expected="every column of the map",
                got=", ".join(present) or "an empty file",
                next_step="correct the map, or the header line",
            )


def _moment(
    record: Mapping[str, str | None],
    time: TimeColumn,
    before: datetime | None,
    line: int,
    faults: Faults,
) -> datetime | None:
    text = record[time.column] or ""
    try:
        local = datetime.strptime(text, time.format)  # noqa: DTZ007 its zone is the map's
    except ValueError:
        faults.add("unreadable time", f"line {line}: {text!r}")
        return None
    zone = ZoneInfo(time.time_zone)
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    at = local.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != local:
        faults.add("a time that never was (clocks went forward)", f"line {line}: {text!r}")
        return None
    # In autumn an hour comes twice: going back by less than that means its second time.
    if before is not None and timedelta() < before - at < REPEATED:
        at = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return at


def _values(
    record: Mapping[str, str | None], columns: list[Column], line: int, faults: Faults
) -> dict[str, float | None]:
    return {column.column: _value(record, column, line, faults) for column in columns}


def _value(
    record: Mapping[str, str | None], column: Column, line: int, faults: Faults
) -> float | None:
    text = (record[column.column] or "").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        faults.add("not a number", f"line {line}, {column.column}: {text!r}")
        return None
    if not math.isfinite(number):
        faults.add("not finite", f"line {line}, {column.column}: {text!r}")
        return None
    return convert(number, column.quantity, column.unit)
