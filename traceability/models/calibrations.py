"""What somebody did to a probe so that it reads right: a dated event of one series."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint
from sqlmodel import Field, SQLModel

CALIBRATION_KINDS = ("one_point", "two_point", "slope", "in_device", "void")


class CalibrationEvent(SQLModel, table=True):
    """From `at` on, until the next one: value = raw x factor + offset, in the quantity's unit.

    Never edited: a later event of kind `void` takes one back, and raw readings stay as they are.
    """

    __tablename__ = "calibration"
    __table_args__ = (CheckConstraint(f"kind IN {CALIBRATION_KINDS}", name="kind"),)

    sequence: int | None = Field(default=None, primary_key=True)  # order of recording
    id: str = Field(unique=True)  # UUIDv7
    series_id: int = Field(foreign_key="series.id", index=True)
    kind: str
    at: datetime
    factor: float
    offset: float
    points: list[list[float]] = Field(sa_type=JSON)  # [raw, true], as they were compared
    performer: str
    why: str
    recorder: str
    recorded_at: datetime
    voids_id: str | None = Field(default=None, unique=True)  # the event this one takes back
