"""A lot: what one code names. Its amount, place and status are projections of its acts."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id

STAGES = ("growing", "harvested", "packed", "input")


class Lot(SQLModel, table=True):
    """One lot. `pieces` and `weight_g` are what is left now; None means never counted or weighed.

    `scope` is what the code is unique under: the GTIN or own code of the trade item once there
    is one, the crop before. GS1 names a lot by GTIN and code together, so we do too.
    """

    __table_args__ = (
        UniqueConstraint("organisation_id", "scope", "code"),
        CheckConstraint(f"stage IN {STAGES}", name="stage"),
        CheckConstraint("pieces >= 0", name="pieces"),
        CheckConstraint("weight_g >= 0", name="weight"),
        CheckConstraint("(crop_id IS NULL) <> (material_id IS NULL)", name="crop_or_material"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id")
    site_id: str = Field(foreign_key="site.id")
    code: str = Field(index=True)
    scope: str
    stage: str
    crop_id: str | None = Field(default=None, foreign_key="crop.id")
    material_id: str | None = Field(default=None, foreign_key="material.id")
    # The version it was sown under; None: sown before there was one, so the crop's first counts.
    recipe_id: str | None = Field(default=None, foreign_key="recipe.id")
    trade_item_id: str | None = Field(default=None, foreign_key="trade_item.id")
    packed_on: date | None = None
    best_before: date | None = None
    # projections of the acts, rebuilt by traceability.projection
    zone_id: str | None = Field(default=None, foreign_key="zone.id")
    pieces: int | None = None
    weight_g: int | None = None
    opened_at: datetime
    closed_at: datetime | None = None
    held_since: datetime | None = None
    hold_reason: str = ""

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Stay(SQLModel, table=True):
    """Which lot was in which zone, half-open; a projection of the acts. The heart of conditions."""

    __table_args__ = (CheckConstraint('"end" IS NULL OR "end" >= start', name="half_open"),)

    id: int | None = Field(default=None, primary_key=True)
    lot_id: str = Field(foreign_key="lot.id", index=True)
    zone_id: str = Field(foreign_key="zone.id", index=True)
    start: datetime
    end: datetime | None = None
