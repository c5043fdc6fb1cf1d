"""What there is to know of this very database: its name, and what of it was lost."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel


class StoreFact(SQLModel, table=True):
    """Facts of this database itself, such as its store id: a restored one gets a new id."""

    __tablename__ = "store_fact"

    key: str = Field(primary_key=True)
    value: str


# unreadable: a stretch whose pages are gone; orphan: rows left out, for what they belong to is
# lost; completed: rows put together from indexes, with some facts missing; loose: rows found on
# pages that belong nowhere; torn: transactions behind a torn place of the log.
LOSSES = ("unreadable", "orphan", "completed", "loose", "torn")


class StoreLoss(SQLModel, table=True):
    """Rows that could not be read when a damaged file was rescued; kept for good."""

    __tablename__ = "store_loss"
    __table_args__ = (CheckConstraint(f"why IN {LOSSES}", name="why"),)

    id: int | None = Field(default=None, primary_key=True)
    found_at: datetime
    file: str  # what was set aside, where somebody may still find more
    why: str  # one of LOSSES
    what: str  # the table
    subject: str = ""  # of readings, the series as people know it: "room-1-co2 co2"
    start: str = ""  # the last that is there before the stretch: a time, or a key
    end: str = ""  # the first that is there after it
    rows: int | None = Field(default=None, sa_type=BigInteger)  # at most; None: nobody knows
    seen_at: datetime | None = None  # a person took notice; until then it is an alarm
    seen_by: str = ""
