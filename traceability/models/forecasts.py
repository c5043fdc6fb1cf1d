"""Stored forecasts, and the wish for one. A floor never calls upward: `api` writes a job row,
an agent in `edge` acts on it."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from traceability.models.base import new_id


class ForecastRecord(SQLModel, table=True):
    """One forecast as it was made: never edited, only superseded by a later one."""

    __tablename__ = "forecast"

    id: str = Field(default_factory=new_id, primary_key=True)
    crop_id: str = Field(foreign_key="crop.id", index=True)
    # What it is narrowed to; all None: everything the crop brings.
    trade_item_id: str | None = Field(default=None, foreign_key="trade_item.id")
    site_id: str | None = Field(default=None, foreign_key="site.id")
    party_id: str | None = Field(default=None, foreign_key="party.id")
    made_at: datetime = Field(index=True)
    made_by: str
    horizon_weeks: int
    refusal: str | None = None  # the code, where no line can honestly be drawn
    body: str  # JSON of forecasting.Forecast, or of the refusal's code and sentence
    # SHA-256 of all the fit was given; the same again need not be fitted again.
    given_digest: str | None = None
    error: float | None = None  # WAPE of what is served, over past cutoffs
    naive_error: float | None = None


class Job(SQLModel, table=True):
    """Work somebody asked for, done outside the request."""

    id: str = Field(default_factory=new_id, primary_key=True)
    kind: str
    subject: str  # for a forecast, traceability.forecast_subject.Subject.key
    requested_at: datetime = Field(index=True)
    requested_by: str
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str | None = None
