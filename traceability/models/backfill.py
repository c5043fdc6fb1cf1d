"""Where history changed: spans of readings stored behind a newer one of their series."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table
from sqlmodel import SQLModel

backfill = Table(
    "backfill",
    SQLModel.metadata,
    Column("sequence", Integer, primary_key=True),
    Column("series_id", Integer, ForeignKey("series.id"), nullable=False),
    Column("start_ms", BigInteger, nullable=False),  # of the earliest late reading
    Column("end_ms", BigInteger, nullable=False),  # half-open: one after the last late one
    # Without AUTOINCREMENT an emptied table would hand out old sequence numbers again.
    sqlite_autoincrement=True,
)

# How far each consumer of `backfill` has read; what all have passed is pruned.
backfill_cursor = Table(
    "backfill_cursor",
    SQLModel.metadata,
    Column("consumer", String, primary_key=True),
    Column("sequence", Integer, nullable=False),  # the last one dealt with
)
