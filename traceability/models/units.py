"""Cases and pallets: what lots are put into for the road, under one number."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id

UNIT_KINDS = ("case", "pallet")


class LogisticUnit(SQLModel, table=True):
    """A case or pallet. `code` is its SSCC (18 digits), or the farm's own without a GS1 prefix."""

    __tablename__ = "logistic_unit"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code"),
        CheckConstraint(f"kind IN {UNIT_KINDS}", name="kind"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id")
    site_id: str = Field(foreign_key="site.id")
    code: str
    is_sscc: bool
    kind: str
    made_at: datetime


class UnitLine(SQLModel, table=True):
    """What an act put into a unit or took out of it: so much of a lot, or a whole smaller unit."""

    __tablename__ = "unit_line"
    __table_args__ = (
        CheckConstraint("(lot_id IS NULL) <> (inner_id IS NULL)", name="lot_or_unit"),
        CheckConstraint("pieces >= 0", name="pieces"),
        CheckConstraint("weight_g >= 0", name="weight"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    act_id: str = Field(foreign_key="act.id", index=True)
    unit_id: str = Field(foreign_key="logistic_unit.id", index=True)
    lot_id: str | None = Field(default=None, foreign_key="lot.id", index=True)
    inner_id: str | None = Field(default=None, foreign_key="logistic_unit.id", index=True)
    pieces: int | None = None
    weight_g: int | None = None
    goes_in: bool  # otherwise it came out
