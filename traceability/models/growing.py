"""What is in the ground, for a forecast: planned sowings, and near weeks made from lots."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id


class SowingPlan(SQLModel, table=True):
    """A sowing somebody means to do. Never edited: one that was wrong is withdrawn."""

    __tablename__ = "sowing_plan"
    __table_args__ = (CheckConstraint("pieces > 0", name="pieces"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    crop_id: str = Field(foreign_key="crop.id", index=True)
    site_id: str = Field(foreign_key="site.id")
    sow_on: date
    pieces: int
    note: str = ""
    planned_at: datetime
    planned_by: str
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""


class ForecastLots(SQLModel, table=True):
    """The near weeks of a forecast as lots in the ground made them at one moment; never edited."""

    __tablename__ = "forecast_lots"

    id: str = Field(default_factory=new_id, primary_key=True)
    forecast_id: str = Field(foreign_key="forecast.id", index=True)
    made_at: datetime
    given_digest: str  # SHA-256 of the lots, weighings and plans
    body: str  # JSON of forecasting.LotsNow
