"""What is kept of a series for longer than its readings: statistics of whole minutes, hours, days.

They are of raw values, as `reading` is: calibrations are applied on reading (ADR 0017).
"""

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Integer, String, Table
from sqlmodel import SQLModel


def _rollup(name: str) -> Table:
    return Table(
        name,
        SQLModel.metadata,
        Column(
            "series_id", Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False
        ),
        Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
        # How many readings, by quality; `bad` counts the stale ones and those without a value, too.
        Column("good", Integer, nullable=False),
        Column("uncertain", Integer, nullable=False),
        Column("bad", Integer, nullable=False),
        # Of good and uncertain values together; NULL where there are none.
        Column("total", Double),
        Column("low", Double),
        Column("high", Double),
        sqlite_with_rowid=False,
    )


rollup_minute = _rollup("rollup_minute")
rollup_hour = _rollup("rollup_hour")
rollup_day = _rollup("rollup_day")  # the site's local day, begins at its midnight

# How far each series is rolled up, and how far back its rows still go.
rollup_mark = Table(
    "rollup_mark",
    SQLModel.metadata,
    Column("series_id", Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    # Buckets that end here or earlier are made; later ones have still to be.
    Column("minute_ms", BigInteger, nullable=False),
    Column("hour_ms", BigInteger, nullable=False),
    Column("day_ms", BigInteger, nullable=False),
    Column("time_zone", String, nullable=False),  # whose days these are
    # What lies before has expired; 0: nothing has.
    Column("raw_from_ms", BigInteger, nullable=False, server_default="0"),
    Column("minute_from_ms", BigInteger, nullable=False, server_default="0"),
    Column("hour_from_ms", BigInteger, nullable=False, server_default="0"),
    Column("day_from_ms", BigInteger, nullable=False, server_default="0"),
)

# Stretches behind the marks whose buckets have to be made again: readings came in late.
rollup_due = Table(
    "rollup_due",
    SQLModel.metadata,
    Column("id", Integer, primary_key=True),
    Column("series_id", Integer, ForeignKey("series.id"), nullable=False),
    Column("start_ms", BigInteger, nullable=False),
    Column("end_ms", BigInteger, nullable=False),  # half-open
)

# On a hub: where minutes are all there is, because readings had waited too long at their edge.
thinned_span = Table(
    "thinned_span",
    SQLModel.metadata,
    Column("series_id", Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("end_ms", BigInteger, nullable=False),  # half-open
)
