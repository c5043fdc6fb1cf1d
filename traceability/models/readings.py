"""The narrow tables of the hot path: Core tables, written as plain rows, never as objects.

A reading is (series, time). On SQLite the primary key is the table (WITHOUT ROWID), which keeps a
row near 14 bytes; 160 series every 10 s are then about 19 MB a day.
"""

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Integer, SmallInteger, String, Table
from sqlmodel import SQLModel

reading = Table(
    "reading",
    SQLModel.metadata,
    Column("series_id", Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),  # ms since 1970, UTC
    Column("value", Double),  # in the quantity's unit, as decoded; NULL: asked, and none
    Column("quality", SmallInteger, nullable=False),  # sensors.Quality
    Column("reason", SmallInteger, nullable=False),  # sensors.Reason
    sqlite_with_rowid=False,
)

# Keys of messages whose payload has no time of its own, committed with their readings: after a
# crash between commit and acknowledgement the broker sends them again, and they are known.
delivery = Table(
    "delivery",
    SQLModel.metadata,
    Column("key", String, primary_key=True),
    Column("number", BigInteger, nullable=False, index=True),  # order of arrival
    sqlite_with_rowid=False,
)
