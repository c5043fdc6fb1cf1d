"""What measures: device, series, placement."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id


class Device(SQLModel, table=True):
    """One probe or bridge, by the name the settings give it."""

    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    site_id: str = Field(foreign_key="site.id")
    code: str
    model: str = ""


class Series(SQLModel, table=True):
    """One quantity of one device; its small number keeps a stored reading to a few bytes."""

    __table_args__ = (UniqueConstraint("device_id", "quantity", "channel"),)

    id: int | None = Field(default=None, primary_key=True)
    device_id: str = Field(foreign_key="device.id")
    quantity: str  # a name in sensors.QUANTITIES; the unit is that quantity's
    channel: str = ""


class Placement(SQLModel, table=True):
    """Where a device was, from when to when (half-open), so that moving it rewrites no old lot."""

    __table_args__ = (
        UniqueConstraint("device_id", "start"),
        CheckConstraint('"end" IS NULL OR "end" > start', name="half_open"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    device_id: str = Field(foreign_key="device.id")
    zone_id: str = Field(foreign_key="zone.id", index=True)
    start: datetime
    end: datetime | None = None
