"""What is grown and what is sold: a lot needs the second, a trade item, only from packing on."""

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id


class Crop(SQLModel, table=True):
    __table_args__ = (
        UniqueConstraint("organisation_id", "code"),
        CheckConstraint("largest_head_g > 0", name="largest_head"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id")
    code: str
    name: str
    name_ja: str = ""
    variety: str = ""
    largest_head_g: int  # a harvest above pieces x this is heavier than physics
    growing_days: int | None = None  # sowing to first harvest, as the grower plans it
    degree_day_base_c: float | None = None  # below it the crop stands still; None: not said


class TradeItem(SQLModel, table=True):
    """What is sold under one number: a GTIN, or the farm's own code until it has one."""

    __tablename__ = "trade_item"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code"),
        CheckConstraint("net_content_g > 0", name="net_content"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id")
    crop_id: str = Field(foreign_key="crop.id")
    code: str
    gtin: str | None = Field(default=None, unique=True)  # 14 digits
    name: str
    name_ja: str = ""
    net_content_g: int
    pack: str = ""  # "bag", "clamshell"
    pack_ja: str = ""
    shelf_life_days: int | None = None
    # What it is kept at from packing on; both or none.
    storage_low_c: float | None = None
    storage_high_c: float | None = None


class PackingMaterial(SQLModel, table=True):
    """A line of a trade item's packing recipe: what one pack takes beside the produce."""

    __tablename__ = "packing_material"
    __table_args__ = (
        CheckConstraint("pieces > 0 OR weight_g > 0", name="something"),
        CheckConstraint("(pieces IS NULL) <> (weight_g IS NULL)", name="one_unit"),
    )

    trade_item_id: str = Field(foreign_key="trade_item.id", primary_key=True)
    material_id: str = Field(foreign_key="material.id", primary_key=True)
    pieces: int | None = None
    weight_g: int | None = None
