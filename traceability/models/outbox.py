"""What must still reach a hub, in order; written in the transaction of the change itself."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel


class Outbox(SQLModel, table=True):
    """One change of one row. `body` is the row as it was then; what never changes has none."""

    # Without AUTOINCREMENT an emptied table would hand out old sequence numbers again.
    __table_args__ = {"sqlite_autoincrement": True}

    sequence: int | None = Field(default=None, primary_key=True)
    kind: str  # the table's name: "act", "crop"
    ref: str  # the row's key
    created_at: datetime
    body: bytes | None = Field(default=None, sa_type=LargeBinary)  # JSON; "null": it was deleted
