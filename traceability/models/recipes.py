"""How a crop is grown, version by version: its stages with what each of them wants."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id


class Recipe(SQLModel, table=True):
    """One version, never edited: lots that grew under it stay judged by it.

    `body` is a `traceability.recipes.Document` as JSON. No constraint makes (crop, version)
    unique: on a hub two sites of one owner may each have written a second version of one crop.
    """

    __table_args__ = (CheckConstraint("version > 0", name="version"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    crop_id: str = Field(foreign_key="crop.id", index=True)
    version: int
    since: datetime  # lots sown from then on grow under it
    made_by: str
    why: str = ""
    recorded_at: datetime
    body: dict[str, Any] = Field(sa_type=JSON)
