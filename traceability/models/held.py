"""Readings whose time is not known yet: taken while nobody trusted the wall clock (DESIGN 8)."""

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Integer, SmallInteger, String, Table
from sqlmodel import SQLModel

# Known by the boot and the time since it, so that two boots in 1970 never meet.
held_reading = Table(
    "held_reading",
    SQLModel.metadata,
    Column("boot", String, primary_key=True),
    Column("series_id", Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("since_boot_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("value", Double),
    Column("quality", SmallInteger, nullable=False),
    Column("reason", SmallInteger, nullable=False),
    Column("clocked_ms", BigInteger, nullable=False),  # what the clock nobody trusted said
    sqlite_with_rowid=False,
)
