"""What a closed lot lived through, kept for longer than the readings it was made from."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint
from sqlmodel import Field, SQLModel


class LotConditions(SQLModel, table=True):
    """One lot's; it is read only while the lot is closed as it was at `closed_at`.

    `body` is a `traceability.lot_conditions.Body` as JSON. `resolution`, `readings`, `good` and
    `gaps` say what it was made from.
    """

    __tablename__ = "lot_conditions"
    __table_args__ = (CheckConstraint("good >= 0 AND good <= 1", name="good"),)

    lot_id: str = Field(foreign_key="lot.id", primary_key=True)
    closed_at: datetime
    made_at: datetime
    settled_at: datetime | None = None  # None: made again once late readings had their day
    resolution: str  # the coarsest that was read: raw, 1min, 1h, 1d
    readings: int
    good: float | None = None  # the share of them that nothing was wrong with
    gaps: int  # stretches in which nothing trustworthy was heard
    body: dict[str, Any] = Field(sa_type=JSON)
