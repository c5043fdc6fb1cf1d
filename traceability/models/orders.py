"""What partners ordered: what they wanted, which what was shipped does not always say."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id


class PartnerOrder(SQLModel, table=True):
    """Grams of a crop that a partner ordered for one week; the newest of a week holds."""

    __tablename__ = "partner_order"
    __table_args__ = (CheckConstraint("weight_g >= 0", name="weight"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    crop_id: str = Field(foreign_key="crop.id", index=True)
    party_id: str = Field(foreign_key="party.id", index=True)
    week: date
    weight_g: int
    reference: str = ""  # the partner's own number
    made_at: datetime
    made_by: str
