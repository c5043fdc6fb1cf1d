"""Tables that nothing here reads or writes any more, kept so that the version before this one
still runs on the schema. Drop each one release after the one that stopped using it."""

from sqlalchemy import CheckConstraint, Column, Float, ForeignKey, Table
from sqlmodel import AutoString, SQLModel

# Until 0.1 the one range a crop had for each quantity; its rows became one-stage recipes.
crop_target = Table(
    "crop_target",
    SQLModel.metadata,
    Column("crop_id", AutoString, ForeignKey("crop.id"), primary_key=True),
    Column("quantity", AutoString, primary_key=True),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    CheckConstraint("low < high", name="ordered"),
)
