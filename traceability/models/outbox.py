"""What must still reach a hub, in order; written in the transaction of the act itself."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class Outbox(SQLModel, table=True):
    # Without AUTOINCREMENT an emptied table would hand out old sequence numbers again.
    __table_args__ = {"sqlite_autoincrement": True}

    sequence: int | None = Field(default=None, primary_key=True)
    kind: str  # "act"
    ref: str  # the row's id
    created_at: datetime


class StoreFact(SQLModel, table=True):
    """Facts of this database itself, such as its store id: a restored one gets a new id."""

    __tablename__ = "store_fact"

    key: str = Field(primary_key=True)
    value: str
